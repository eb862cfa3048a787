#include "actors/writer.hpp"

#include "actors/tally.hpp"
#include "config/log.hpp"

#include <pthread.h>

namespace troupe {
namespace {

constexpr milliseconds sweep_pause{20};
constexpr size_t trim_at_once = 100'000;
constexpr uint32_t cancel_at_once = 2'000;
/// After one that waited for more in vain.
constexpr unsigned prompt_writes_after = 32;

/// The state of a WRITER.
struct writer_state {
  ledger* store = nullptr;
  hub* listeners = nullptr;
  settings options;
  /// Called with the sync's outcome, in the order of staging.
  std::vector<std::function<void(const failure&)>> waiting;
  bool flush_due = false;
  /// When the last two synced writes began.
  std::chrono::steady_clock::time_point last{};
  std::chrono::steady_clock::time_point before_last{};
  /// The next write has waited for more; so many writes are not going to.
  bool gathers = false;
  unsigned prompt_writes = 0;
  tally counted;
  static inline const char* name = "writer";
};
using writer_pointer = writer_actor::stateful_pointer<writer_state>;

/// Makes durable what is staged, and tells.
failure sync(writer_state& s) {
  std::vector<event> events;
  const bool writes = s.store->staged();
  const auto begun = std::chrono::steady_clock::now();
  if (writes) s.before_last = std::exchange(s.last, begun);
  auto outcome = s.store->flush(events);
  if (outcome.code == errc::none && writes) s.counted.wrote(events, std::chrono::steady_clock::now() - begun);
  if (outcome.code != errc::none) {
    s.counted.refused();
    log::error("the store refused a write", {{"reason", outcome.text()}});
  }
  s.listeners->publish(events);
  s.listeners->tell_outbox(s.store->take_told());
  return outcome;
}

void flush(writer_pointer self) {
  auto& s = self->state;
  s.flush_due = false;
  if (s.waiting.empty()) return;
  if (s.prompt_writes > 0) --s.prompt_writes;
  if (std::exchange(s.gathers, false) && s.waiting.size() < 2) s.prompt_writes = prompt_writes_after;
  // Listeners first: who is answered may ask at once what they were told.
  const auto outcome = sync(s);
  for (auto& tell : s.waiting)
    tell(outcome);
  s.waiting.clear();
}

/// How long to gather more for the next write: while one follows the other, syncs are what costs.
milliseconds gathering(const writer_state& s, std::chrono::steady_clock::time_point at) {
  if (s.prompt_writes > 0) return milliseconds{0};
  const auto interval = s.options.store.commit_interval;
  const auto since = at - s.last;
  if (s.last - s.before_last > 2 * interval || since >= interval) return milliseconds{0};
  return std::chrono::ceil<milliseconds>(interval - since);
}

/// Answers `value` after the next sync, or what `otherwise` makes of its failure.
template <class T, class Otherwise>
caf::result<T> after_sync(writer_pointer self, T value, Otherwise otherwise) {
  auto& s = self->state;
  auto promise = self->make_response_promise<T>();
  s.waiting.emplace_back([promise, value = std::move(value), otherwise](const failure& f) mutable {
    promise.deliver(f.code == errc::none ? std::move(value) : otherwise(f));
  });
  if (s.waiting.size() >= static_cast<size_t>(s.options.store.commit_items)) {
    flush(self);
  } else if (!s.flush_due) {
    s.flush_due = true;
    const auto wait = gathering(s, std::chrono::steady_clock::now());
    s.gathers = wait.count() > 0;
    if (s.gathers)
      self->delayed_send(self, wait, flush_atom_v);
    else
      self->send(self, flush_atom_v);
  }
  return promise;
}

caf::error storage_failed(const failure& f) {
  return caf::make_error(caf::sec::runtime_error, std::string(f.text()));
}

/// Answers a bool, or an error when the sync failed.
caf::result<bool> true_after_sync(writer_pointer self) {
  auto promise = self->make_response_promise<bool>();
  self->state.waiting.emplace_back([promise](const failure& f) mutable {
    if (f.code == errc::none)
      promise.deliver(true);
    else
      promise.deliver(storage_failed(f));
  });
  flush(self);
  return promise;
}

/// What is stored beside an acceptance.
void keep_beside(ledger& store, const submission& x, const batch& row) {
  if (x.told) {
    auto w = *x.told;
    w.id = store.new_id();
    w.batch = row.id;
    store.keep(record{std::move(w)});
  }
  if (!x.receipt) return;
  auto r = x.receipt->answer(row);
  r.key = x.receipt->key;
  r.fingerprint = x.receipt->fingerprint;
  r.created = now();
  store.keep(r);
}

caf::result<submitted> append(writer_pointer self, const submission& x) {
  auto& s = self->state;
  auto row = s.store->append(x.add_to, x.items);
  if (!row) return submitted{row.error(), {}};
  keep_beside(*s.store, x, *row);
  s.counted.extended(x.items.size());
  return after_sync(self, submitted{fail(errc::none), std::move(*row)}, [](const failure& f) {
    return submitted{f, {}};
  });
}

caf::result<submitted> submit(writer_pointer self, const submission& x) {
  if (x.add_to != batch_id{}) return append(self, x);
  auto& s = self->state;
  const auto id = x.part_of != batch_id{} ? x.part_of : s.store->begin(x.home, x.job, x.options);
  if (auto f = s.store->add(id, x.items); f.code != errc::none) {
    s.store->abandon(id);
    return submitted{std::move(f), {}};
  }
  if (!x.last) return submitted{fail(errc::none), {.id = id}};
  auto row = s.store->accept(id, x.options, x.held);
  keep_beside(*s.store, x, row);
  return after_sync(self, submitted{fail(errc::none), std::move(row)},
                    [store = s.store, id](const failure& f) {
                      store->abandon(id);
                      return submitted{f, {}};
                    });
}

caf::result<persist_result> persist(writer_pointer self, const ending& e) {
  auto staged = self->state.store->end(e);
  if (!staged) return persist_result{staged.error(), {}};
  return after_sync(self, persist_result{fail(errc::none), std::move(*staged)}, [](const failure& f) {
    return persist_result{f, {}};
  });
}

caf::result<uint32_t> end_items(writer_pointer self, batch_id b, uint32_t from, item_state as) {
  const auto next = self->state.store->end_items(b, from, cancel_at_once, as).value_or(~uint32_t{0});
  auto promise = self->make_response_promise<uint32_t>();
  self->state.waiting.emplace_back([promise, next](const failure& f) mutable {
    if (f.code == errc::none)
      promise.deliver(next);
    else
      promise.deliver(storage_failed(f));
  });
  flush(self);
  return promise;
}

// -- steering, records ---------------------------------------------------------------------------------

result<batch> steer_batch(ledger& store, const steering& x) {
  switch (x.what) {
  case steer::pause: return store.pause(x.id, true);
  case steer::resume: return store.pause(x.id, false);
  case steer::seal: return store.seal(x.id);
  case steer::remove: return store.remove_batch(x.id);
  case steer::retry: return x.index ? store.retry_item({x.id, *x.index}, x.plan) : store.retry(x.id, x.plan);
  }
  return fail(errc::internal_error);
}

caf::result<steered> answer_steered(writer_pointer self, result<batch> row) {
  if (!row) return steered{row.error(), {}};
  return after_sync(self, steered{fail(errc::none), std::move(*row)}, [](const failure& f) {
    return steered{f, {}};
  });
}

/// Numbers a record that has no number yet.
void number(ledger& store, record& r) {
  if (auto* w = std::get_if<webhook>(&r); w && w->id == 0) w->id = store.new_id();
  if (auto* b = std::get_if<bulk_action>(&r); b && b->id == 0) b->id = store.new_id();
  if (auto* o = std::get_if<stored_original>(&r); o && o->id == 0) o->id = store.new_id();
}

caf::result<kept> keep(writer_pointer self, record& r, const content_ref* body) {
  auto& store = *self->state.store;
  number(store, r);
  if (body) {
    auto f = store.keep_original(std::get<stored_original>(r), *body);
    if (f.code != errc::none) return kept{std::move(f), {}};
  } else {
    store.keep(r);
  }
  return after_sync(self, kept{fail(errc::none), std::move(r)}, [](const failure& f) { return kept{f, {}}; });
}

void trim(writer_pointer self) {
  auto& s = self->state;
  flush(self);
  const auto& o = s.options.store;
  const auto trimmed = s.store->trim_events(now() - o.event_retention, trim_at_once);
  const bool more = s.store->sweep(now(), {o.receipt_retention, o.original_retention, o.event_retention});
  sync(s);
  self->delayed_send(self, more || trimmed == trim_at_once ? sweep_pause : o.sweep_interval, trim_atom_v);
}

writer_actor::behavior_type writer(writer_pointer self, ledger* store, hub* listeners, settings options,
                                   metrics* meter) {
  self->state.store = store;
  self->state.counted = tally{meter};
  self->state.listeners = listeners;
  self->state.options = std::move(options);
  self->delayed_send(self, self->state.options.store.sweep_interval, trim_atom_v);
  return {
      [self](submit_atom, const submission& x) { return submit(self, x); },
      [self](abandon_atom, batch_id b) { self->state.store->abandon(b); },
      [self](persist_atom, const ending& e) { return persist(self, e); },
      [self](cancel_atom, batch_id b) -> caf::result<bool> {
        if (!self->state.store->cancel(b)) return false;
        return true_after_sync(self);
      },
      [self](cancel_atom, batch_id b, uint32_t from, item_state as) { return end_items(self, b, from, as); },
      [self](steer_atom, const steering& x) {
        return answer_steered(self, steer_batch(*self->state.store, x));
      },
      [self](retry_atom, batch_id b) {
        return answer_steered(self, self->state.store->retry_items(b, cancel_at_once));
      },
      [self](keep_atom, record& r) { return keep(self, r, nullptr); },
      [self](keep_atom, record& r, const content_ref& body) { return keep(self, r, &body); },
      [self](keep_atom, const receipt& r) {
        self->state.store->keep(r);
        return true_after_sync(self);
      },
      [self](remove_atom, uint64_t kind, const std::string& name) -> caf::result<bool> {
        if (!self->state.store->forget(kind, name)) return false;
        return true_after_sync(self);
      },
      [self](deliver_atom, const delivery& before, const delivery& after) {
        self->state.store->record_delivery(before, after);
        return after_sync(self, true, [](const failure&) { return false; });
      },
      [self](deliver_atom, const delivery& d) -> caf::result<bool> {
        if (!self->state.store->redeliver(d)) return false;
        return true_after_sync(self);
      },
      [self](link_atom, notebook_id n, source_id s, const std::string& notes) -> caf::result<bool> {
        if (!self->state.store->link(n, s, notes)) return false;
        return true_after_sync(self);
      },
      [self](remove_atom, notebook_id n, source_id s, bool force) -> caf::result<bool> {
        flush(self);
        auto removed = self->state.store->remove(n, s, force);
        if (!removed) return storage_failed(removed.error());
        return *removed;
      },
      [self](remove_atom, batch_id b, uint32_t index) -> caf::result<bool> {
        if (!self->state.store->drop_upload({b, index})) return false;
        return true_after_sync(self);
      },
      [self](flush_atom) { flush(self); },
      [self](trim_atom) { trim(self); },
  };
}

} // namespace

writer_actor spawn_writer(caf::actor_system& sys, ledger& store, hub& listeners, const settings& s,
                          bool own_thread, metrics* meter) {
  if (!own_thread) return sys.spawn(writer, &store, &listeners, s, meter);
  return sys.spawn<caf::detached>([=, &store, &listeners](writer_pointer self) {
    pthread_setname_np(pthread_self(), "writer");
    return writer(self, &store, &listeners, s, meter);
  });
}

} // namespace troupe
