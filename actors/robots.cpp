#include "actors/robots.hpp"

#include "fetch/robots.hpp"
#include "fetch/url.hpp"

#include <fstream>
#include <sstream>

namespace troupe {
namespace {

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

} // namespace

robots_actor spawn_robots(caf::actor_system& sys, const settings& s, transfers_actor transfers,
                          gate_actor gate) {
  return sys.spawn(robots_behavior, s, std::move(transfers), std::move(gate));
}

} // namespace troupe
