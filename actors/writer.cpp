#include "actors/writer.hpp"

#include "config/log.hpp"

namespace troupe {
namespace {

constexpr milliseconds trim_interval{60'000};
constexpr size_t trim_at_once = 100'000;
constexpr uint32_t cancel_at_once = 2'000;

/// The state of a WRITER.
struct writer_state {
  ledger* store = nullptr;
  hub* listeners = nullptr;
  settings options;
  /// Called with the sync's outcome, in the order of staging.
  std::vector<std::function<void(const failure&)>> waiting;
  bool flush_due = false;
  static inline const char* name = "writer";
};
using writer_pointer = writer_actor::stateful_pointer<writer_state>;

void flush(writer_pointer self) {
  auto& s = self->state;
  s.flush_due = false;
  if (s.waiting.empty()) return;
  std::vector<event> events;
  const auto outcome = s.store->flush(events);
  if (outcome.code != errc::none) log::error("the store refused a write", {{"reason", outcome.text()}});
  // Listeners first: who is answered may ask at once what they were told.
  s.listeners->publish(events);
  for (auto& tell : s.waiting)
    tell(outcome);
  s.waiting.clear();
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

caf::result<submitted> submit(writer_pointer self, const submission& x) {
  auto& s = self->state;
  const auto id = x.part_of != batch_id{} ? x.part_of : s.store->begin(x.home, x.job, x.options);
  if (auto f = s.store->add(id, x.items); f.code != errc::none) {
    s.store->abandon(id);
    return submitted{std::move(f), {}};
  }
  if (!x.last) return submitted{fail(errc::none), {.id = id}};
  auto row = s.store->accept(id, x.options);
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

caf::result<uint32_t> cancel_items(writer_pointer self, batch_id b, uint32_t from) {
  const auto next = self->state.store->cancel_items(b, from, cancel_at_once).value_or(~uint32_t{0});
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

void trim(writer_pointer self) {
  auto& s = self->state;
  const auto trimmed = s.store->trim_events(now() - s.options.store.event_retention, trim_at_once);
  self->delayed_send(self, trimmed == trim_at_once ? milliseconds{1'000} : trim_interval, trim_atom_v);
}

writer_actor::behavior_type writer(writer_pointer self, ledger* store, hub* listeners, settings options) {
  self->state.store = store;
  self->state.listeners = listeners;
  self->state.options = std::move(options);
  self->delayed_send(self, trim_interval, trim_atom_v);
  return {
      [self](submit_atom, const submission& x) { return submit(self, x); },
      [self](abandon_atom, batch_id b) { self->state.store->abandon(b); },
      [self](persist_atom, const ending& e) { return persist(self, e); },
      [self](cancel_atom, batch_id b) -> caf::result<bool> {
        if (!self->state.store->cancel(b)) return false;
        return true_after_sync(self);
      },
      [self](cancel_atom, batch_id b, uint32_t from) { return cancel_items(self, b, from); },
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
                          bool own_thread) {
  return own_thread ? sys.spawn<caf::detached>(writer, &store, &listeners, s)
                    : sys.spawn(writer, &store, &listeners, s);
}

} // namespace troupe
