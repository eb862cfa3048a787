#include "actors/workers.hpp"

#include "actors/bulk.hpp"

#include "config/log.hpp"
#include "fetch/robots.hpp"
#include "fetch/url.hpp"

#include <fstream>
#include <sstream>

namespace troupe {
namespace {

/// Answers that services outside the actor system bring back: one promise for each order under way.
template <class Result>
struct pending_state {
  std::unordered_map<uint64_t, caf::typed_response_promise<Result>> waiting;
  uint64_t next = 1;
};

struct transfers_state : pending_state<fetch_result> {
  static inline const char* name = "transfers";
};
struct parser_state : pending_state<parse_result> {
  static inline const char* name = "parser";
};
struct listener_state : pending_state<listen_result> {
  static inline const char* name = "listener";
};

/// Runs `submit` and keeps a promise until an answer with its number comes back to the actor.
template <class Self, class Result, class Submit>
caf::result<Result> promise_of(Self self, Submit submit) {
  auto promise = self->template make_response_promise<Result>();
  const auto number = self->state.next++;
  self->state.waiting.emplace(number, promise);
  submit(number);
  return promise;
}

template <class Self, class Result>
void keep_promise(Self self, uint64_t number, Result& r) {
  const auto node = self->state.waiting.extract(number);
  if (!node.empty()) node.mapped().deliver(std::move(r));
}

using inner_transfers = transfers_actor::extend<caf::reacts_to<done_atom, uint64_t, fetch_result>>;
using inner_listener = listener_actor::extend<caf::reacts_to<done_atom, uint64_t, listen_result>>;
using inner_parser = parser_actor::extend<caf::reacts_to<done_atom, uint64_t, parse_result>>;

inner_transfers::behavior_type transfers(inner_transfers::stateful_pointer<transfers_state> self,
                                         transfer_loop* loop) {
  const auto me = caf::actor_cast<inner_transfers>(self);
  const caf::actor_addr address = me.address();
  return {
      [self, loop, address](fetch_atom, fetch_order& order) {
        return promise_of<decltype(self), fetch_result>(self, [&](uint64_t number) {
          loop->submit(std::move(order), [address, number](result<fetched> r) {
            const auto to = caf::actor_cast<inner_transfers>(address);
            if (!to) return;
            caf::anon_send(to, done_atom_v, number,
                           r ? fetch_result{fail(errc::none), std::move(*r)} : fetch_result{r.error(), {}});
          });
        });
      },
      [loop](cancel_atom, item_id item, attempt_token token) { loop->cancel(item, token); },
      [self](done_atom, uint64_t number, fetch_result& r) { keep_promise(self, number, r); },
  };
}

inner_parser::behavior_type parser(inner_parser::stateful_pointer<parser_state> self, parser_pool* pool) {
  const caf::actor_addr address = self->address();
  return {
      [self, pool, address](parse_atom, parse_order& order) {
        return promise_of<decltype(self), parse_result>(self, [&](uint64_t number) {
          pool->submit(std::move(order), [address, number](result<document> r) {
            const auto to = caf::actor_cast<inner_parser>(address);
            if (!to) return;
            caf::anon_send(to, done_atom_v, number,
                           r ? parse_result{fail(errc::none), std::move(*r)} : parse_result{r.error(), {}});
          });
        });
      },
      [pool](cancel_atom, item_id item, attempt_token token) { pool->cancel(item, token); },
      [self](done_atom, uint64_t number, parse_result& r) { keep_promise(self, number, r); },
  };
}

inner_listener::behavior_type listener(inner_listener::stateful_pointer<listener_state> self,
                                       media_pool* pool) {
  const caf::actor_addr address = self->address();
  return {
      [self, pool, address](listen_atom, media_order& order, const progress_taker& taker, uint32_t index) {
        return promise_of<decltype(self), listen_result>(self, [&](uint64_t number) {
          const auto tell = [taker, index, token = order.work.token](unsigned percent) {
            caf::anon_send(taker, progress_atom_v, index, token, uint32_t{percent});
          };
          pool->submit(std::move(order), tell, [address, number](media_outcome r) {
            if (const auto to = caf::actor_cast<inner_listener>(address))
              caf::anon_send(to, done_atom_v, number, listen_result{std::move(r.error), std::move(r.words)});
          });
        });
      },
      [pool](cancel_atom, item_id item, attempt_token token) { pool->cancel(item, token); },
      [self](done_atom, uint64_t number, listen_result& r) { keep_promise(self, number, r); },
  };
}

// -- robots -------------------------------------------------------------------------------------------

constexpr size_t most_remembered_hosts = 20'000;

struct robots_state {
  settings options;
  transfers_actor transfers;
  gate_actor gate;
  struct entry {
    robots rules;
    /// Why there are no rules.
    failure unknown{errc::none, {}, 0, std::nullopt};
    caf::actor_clock::time_point until;
    failure verdict(const std::string& path) const {
      if (unknown.code != errc::none) return unknown;
      return rules.allows(path) ? fail(errc::none) : fail(errc::robots_denied);
    }
  };
  std::unordered_map<std::string, entry> known;
  /// Who waits for a robots.txt that is being fetched.
  std::unordered_map<std::string, std::vector<std::pair<std::string, caf::typed_response_promise<failure>>>>
      waiting;
  uint32_t serial = 0;
  static inline const char* name = "robots";
};
using robots_pointer = robots_actor::stateful_pointer<robots_state>;

std::string text_of(const content_ref& body) {
  if (body.bytes) return *body.bytes;
  std::ifstream file{body.path, std::ios::binary};
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

/// A host without robots.txt allows everything; so does one whose robots.txt leads astray.
bool says_nothing(const failure& f) {
  return f.code == errc::http_4xx || f.code == errc::http_other || f.code == errc::bad_redirect ||
         f.code == errc::too_many_redirects || f.code == errc::decode_error;
}

robots_state::entry entry_of(const robots_state& s, const fetch_result& r, caf::actor_clock::time_point now) {
  if (r.error.code == errc::none)
    return {{text_of(r.page.body), s.options.fetch.user_agent},
            fail(errc::none),
            now + s.options.fetch.robots_ttl};
  if (says_nothing(r.error)) return {{}, fail(errc::none), now + s.options.fetch.robots_ttl};
  auto why = r.error;
  why.message = "robots.txt: " + std::string(r.error.text());
  return {{}, std::move(why), now + std::min(s.options.fetch.robots_ttl, s.options.work.backoff)};
}

void learn(robots_pointer self, const std::string& host, const fetch_result& r) {
  auto& s = self->state;
  if (s.known.size() >= most_remembered_hosts) s.known.clear();
  auto& e = s.known[host] = entry_of(s, r, self->clock().now());
  const auto delay = e.rules.crawl_delay().value_or(milliseconds{0});
  self->send(s.gate, pace_atom_v, host, int64_t{delay.count()});
  const auto node = s.waiting.extract(host);
  if (node.empty()) return;
  for (auto& [path, promise] : node.mapped())
    promise.deliver(e.verdict(path));
}

void ask_host(robots_pointer self, const std::string& host, const std::string& url) {
  auto& s = self->state;
  fetch_order order;
  order.work = {item_id{}, {0, ++s.serial}, s.options.fetch.total_timeout};
  order.url = robots_url(url);
  order.obey_robots = false;
  order.follow = true;
  order.max_bytes = static_cast<uint64_t>(s.options.fetch.robots_bytes);
  order.truncate = true;
  self->request(s.transfers, s.options.fetch.total_timeout + milliseconds{1'000}, fetch_atom_v,
                std::move(order))
      .then([self, host](const fetch_result& r) { learn(self, host, r); },
            [self, host](const caf::error&) {
              learn(self, host, {fail(errc::fetch_failed), {}});
            });
}

robots_actor::behavior_type robots_behavior(robots_pointer self, settings options, transfers_actor transfers,
                                            gate_actor gate) {
  self->state.options = std::move(options);
  self->state.transfers = std::move(transfers);
  self->state.gate = std::move(gate);
  return {
      [self](allow_atom, const std::string& url) -> caf::result<failure> {
        auto& s = self->state;
        const auto host = host_of(url);
        const auto it = s.known.find(host);
        if (it != s.known.end() && it->second.until > self->clock().now())
          return it->second.verdict(path_of(url));
        auto promise = self->make_response_promise<failure>();
        auto& queue = s.waiting[host];
        queue.emplace_back(path_of(url), promise);
        if (queue.size() == 1) ask_host(self, host, url);
        return promise;
      },
  };
}

// -- reader -------------------------------------------------------------------------------------------

struct reader_state {
  static inline const char* name = "reader";
};

/// What was read, or an error: who asked waits and asks again; others go on.
template <class T, class Read>
caf::result<T> reading_of(Read read) {
  try {
    return read();
  } catch (const unreadable& e) {
    log::error("the store cannot be read", {{"reason", e.what()}});
    return caf::make_error(caf::sec::runtime_error, e.what());
  }
}

constexpr uint32_t bulk_items = 64;

/// The next items that a bulk action is about, in the batch that it has come to.
void read_bulk_items(const catalog& store, const bulk_plan& plan, const batch& b, bulk_page& page) {
  const auto wanted = [&](const item& x) { return matches(x, plan.items); };
  for (const auto& x : store.items(b, page.at_index, bulk_items, wanted))
    page.targets.push_back({b.id, x.key.index, x.id});
}

/// Batches from the newest on; `at_batch` is the one that was come to, or none yet.
bulk_page read_bulk_page(const catalog& store, const bulk_action& what) {
  bulk_page page{{}, what.at_batch, what.at_index, false};
  const auto plan = read_bulk(what.request);
  const auto visible = [&](const batch& b) {
    const auto& n = what.notebooks;
    return (n.empty() || std::find(n.begin(), n.end(), raw(b.home)) != n.end()) && plan &&
           matches(b, plan->batches) && (plan->in == batch_id{} || b.id == plan->in);
  };
  const auto here = page.at_batch == batch_id{} ? std::nullopt : store.find_batch(page.at_batch);
  if (here && visible(*here) && !plan->of_batches && page.at_index < here->counts.total) {
    read_bulk_items(store, *plan, *here, page);
    return page;
  }
  if (plan && plan->in != batch_id{} && page.at_batch == plan->in) {
    page.ended = true;
    return page;
  }
  auto before = page.at_batch == batch_id{} ? batch_id{max_id} : page.at_batch;
  if (page.at_batch == batch_id{} && plan && plan->in != batch_id{}) before = batch_id{raw(plan->in) + 1};
  const auto next = store.batches(before, plan && plan->of_batches ? bulk_items : 1, visible);
  page.ended = before == batch_id{} && next.empty();
  page.at_batch = next.empty() ? before : next.back().id;
  page.at_index = 0;
  if (plan && plan->of_batches) {
    page.at_index = ~uint32_t{0};
    for (const auto& b : next)
      page.targets.push_back({b.id, std::nullopt, {}});
  }
  return page;
}

reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state>, const catalog* store) {
  return {
      [store](read_atom, const batch& b, uint32_t first, uint32_t limit) {
        return reading_of<item_page>([&]() -> caf::result<item_page> {
          item_page page;
          page.items = store->open_items(b, first, limit);
          page.next = first;
          return page;
        });
      },
      [store](read_atom, const batch& b, const std::string& position, uint32_t limit) {
        return reading_of<urgent_page>([&]() -> caf::result<urgent_page> {
          urgent_page page{{}, position};
          page.items = store->urgent_items(b, page.position, limit);
          return page;
        });
      },
      [store](read_atom, const digest& hash, uint64_t size) {
        return reading_of<content_ref>([&]() -> caf::result<content_ref> {
          if (auto found = store->content(hash, size)) return std::move(*found);
          return caf::make_error(caf::sec::runtime_error, "the content is not stored");
        });
      },
      [store](read_atom, const bulk_action& what) {
        return reading_of<bulk_page>(
            [&]() -> caf::result<bulk_page> { return read_bulk_page(*store, what); });
      },
      [store](deliver_atom, uint64_t id, uint32_t limit) {
        return reading_of<due_page>([&]() -> caf::result<due_page> {
          due_page page;
          const auto found = store->find_record(webhook{}, std::to_string(id));
          if (!found) return page;
          page.to = std::get<webhook>(*found);
          for (auto& d : store->due_deliveries(id, now(), limit, page.next)) {
            auto e = store->find_event(d.event);
            page.due.emplace_back(std::move(d), std::move(e));
          }
          return page;
        });
      },
      [store](deliver_atom) {
        return reading_of<std::vector<uint64_t>>([&]() -> caf::result<std::vector<uint64_t>> {
          std::vector<uint64_t> ids;
          for (const auto& r : store->records(webhook{}))
            ids.push_back(std::get<webhook>(r).id);
          return ids;
        });
      },
      [store](read_atom) {
        return reading_of<std::vector<batch>>(
            [&]() -> caf::result<std::vector<batch>> { return store->open_batches(); });
      },
  };
}

} // namespace

transfers_actor spawn_transfers(caf::actor_system& sys, transfer_loop& loop) {
  return sys.spawn(transfers, &loop);
}
parser_actor spawn_parser(caf::actor_system& sys, parser_pool& pool) {
  return sys.spawn(parser, &pool);
}

listener_actor spawn_listener(caf::actor_system& sys, media_pool& pool) {
  return sys.spawn(listener, &pool);
}

robots_actor spawn_robots(caf::actor_system& sys, const settings& s, transfers_actor transfers,
                          gate_actor gate) {
  return sys.spawn(robots_behavior, s, std::move(transfers), std::move(gate));
}

reader_actor spawn_reader(caf::actor_system& sys, const catalog& store, bool own_thread) {
  return own_thread ? sys.spawn<caf::detached>(reader, &store) : sys.spawn(reader, &store);
}

} // namespace troupe
