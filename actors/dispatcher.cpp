#include "actors/dispatcher.hpp"

#include "actors/event_json.hpp"
#include "actors/timers.hpp"
#include "model/secrets.hpp"

#include <random>
#include <set>

namespace troupe {
namespace {

constexpr milliseconds store_timeout{30'000};
constexpr milliseconds storage_pause{1'000};
constexpr milliseconds longest_retry_after{24LL * 3600 * 1000};
/// Of a receiver's answer nothing is kept but its status.
constexpr uint64_t answer_bytes = 65'536;
constexpr double jitter = 0.2;

/// Deliveries to one webhook.
struct channel {
  std::set<std::pair<uint64_t, bool>> under_way;
  bool reading = false;
  /// Recorded while it was being read: the page may show them as they were before.
  std::set<std::pair<uint64_t, bool>> recorded;
  /// Something new came while it was being read.
  bool again = false;
  /// When it looks next by itself.
  timestamp timer{};
};

struct dispatcher_state {
  settings options;
  services with;
  std::vector<milliseconds> delays;
  std::unordered_map<uint64_t, channel> channels;
  metrics::counter delivered, not_delivered;
  uint32_t serial = 0;
  std::minstd_rand random{std::random_device{}()};
  static inline const char* name = "dispatcher";
};

class dispatching {
public:
  using pointer = dispatcher_actor::stateful_pointer<dispatcher_state>;
  explicit dispatching(pointer self)
      : self_(self)
      , s_(self->state) {}

  void start() {
    self_->request(s_.with.reader, store_timeout, deliver_atom_v)
        .then(
            [self = self_](const std::vector<uint64_t>& all) {
              for (const auto id : all)
                dispatching(self).wake(id);
            },
            [self = self_](const caf::error&) { self->delayed_send(self, storage_pause, start_atom_v); });
  }

  void wake(uint64_t id) {
    auto& c = s_.channels[id];
    c.again = c.reading;
    const auto most = static_cast<size_t>(s_.options.webhooks.concurrent);
    if (c.reading || c.under_way.size() >= most) return;
    c.reading = true;
    c.recorded.clear();
    self_->request(s_.with.reader, store_timeout, deliver_atom_v, id, static_cast<uint32_t>(2 * most))
        .then([self = self_, id](due_page& page) { dispatching(self).take(id, page); },
              [self = self_, id](const caf::error&) {
                self->state.channels[id].reading = false;
                self->delayed_send(self, storage_pause, wake_atom_v, id);
              });
  }

private:
  void take(uint64_t id, due_page& page) {
    auto& c = s_.channels[id];
    c.reading = false;
    const bool again = std::exchange(c.again, false);
    const auto recorded = std::exchange(c.recorded, {});
    if (!page.to || !page.to->disabled.empty()) {
      if (again) return wake(id);
      if (c.under_way.empty()) s_.channels.erase(id);
      return;
    }
    for (auto& [d, e] : page.due) {
      if (c.under_way.size() >= static_cast<size_t>(s_.options.webhooks.concurrent)) break;
      const std::pair name{raw(d.event), d.progress()};
      if (recorded.contains(name) || !c.under_way.insert(name).second) continue;
      e ? send(*page.to, d, *e) : give_up(d, "the log keeps the event no more");
    }
    if (page.next) wake_at(id, *page.next);
    if (again) wake(id);
  }

  /// One timer for each webhook, but for those that a nearer one has outrun.
  void wake_at(uint64_t id, timestamp due) {
    auto& c = s_.channels[id];
    if (c.timer > now() && c.timer <= due) return;
    const auto wait = std::clamp<milliseconds>(due - now(), milliseconds{1}, longest_timer);
    c.timer = now() + wait;
    self_->delayed_send(self_, wait, wake_atom_v, id);
  }

  void send(const webhook& to, const delivery& d, const event& e) {
    fetch_order order;
    order.work = {item_id{}, {~uint32_t{0}, ++s_.serial}, s_.options.webhooks.timeout};
    order.url = to.url;
    order.obey_robots = false;
    order.timeout = s_.options.webhooks.timeout;
    order.max_bytes = answer_bytes;
    order.truncate = true;
    order.post = message_of(d, e);
    order.headers = headers_for(to, d, *order.post);
    self_
        ->request(s_.with.transfers, s_.options.webhooks.timeout + milliseconds{1'000}, fetch_atom_v,
                  std::move(order))
        .then([self = self_, d](const fetch_result& r) { dispatching(self).sent(d, r); },
              [self = self_, d](const caf::error&) {
                dispatching(self).sent(d, {fail(errc::read_timeout), {}});
              });
  }

  std::vector<std::string> headers_for(const webhook& to, const delivery& d, const std::string& body) const {
    const auto id = delivery_name(d);
    const auto at = std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch()).count();
    auto signature = webhook_signature(to.secret, id, at, body);
    if (!to.old_secret.empty() && to.old_until > now())
      signature += ' ' + webhook_signature(to.old_secret, id, at, body);
    return {"Content-Type: application/json", "webhook-id: " + id, "webhook-timestamp: " + std::to_string(at),
            "webhook-signature: " + signature};
  }

  void sent(const delivery& d, const fetch_result& r) {
    auto after = d;
    ++after.attempts;
    after.next = now();
    after.http_status = r.error.code == errc::none ? r.page.http_status : r.error.http_status;
    const bool moved = r.error.code == errc::none && !r.page.moved_to.empty();
    after.error = moved ? "it was redirected; redirects are not followed" : std::string{};
    if (r.error.code != errc::none) after.error = r.error.text();
    after.succeeded = r.error.code == errc::none && !moved;
    (after.succeeded ? s_.delivered : s_.not_delivered).add();
    after.ended = after.succeeded || after.attempts > s_.delays.size();
    if (!after.ended) after.next += delay_before(after.attempts, r.error);
    // The store disables the webhook with this record.
    if (after.http_status == 410) after.ended = true;
    record(d, std::move(after));
  }

  milliseconds delay_before(uint32_t attempts, const failure& f) {
    const auto base = s_.delays[attempts - 1];
    const auto luck = std::uniform_real_distribution<>{0, jitter}(s_.random);
    const auto delay = base + milliseconds{static_cast<int64_t>(double(base.count()) * luck)};
    return f.retry_after ? std::max(delay, std::min(*f.retry_after, longest_retry_after)) : delay;
  }

  void give_up(const delivery& d, std::string why) {
    auto after = d;
    after.ended = true;
    after.next = now();
    after.error = std::move(why);
    record(d, std::move(after));
  }

  /// Until it is recorded, it stays under way: it would be sent again.
  void record(const delivery& before, delivery after) {
    self_->request(s_.with.writer, store_timeout, deliver_atom_v, before, after)
        .then([self = self_, before](bool stored) { dispatching(self).done(before, stored); },
              [self = self_, before](const caf::error&) { dispatching(self).done(before, false); });
  }

  /// What could not be recorded is sent again, once the store has had time to recover.
  void done(const delivery& d, bool stored) {
    const auto it = s_.channels.find(d.webhook);
    if (it == s_.channels.end()) return;
    const std::pair name{raw(d.event), d.progress()};
    it->second.under_way.erase(name);
    if (it->second.reading) it->second.recorded.insert(name);
    if (stored) return wake(d.webhook);
    self_->delayed_send(self_, storage_pause, wake_atom_v, d.webhook);
  }

  pointer self_;
  dispatcher_state& s_;
};

dispatcher_actor::behavior_type dispatcher(dispatching::pointer self, const settings& s, const services& with,
                                           metrics* meter) {
  if (meter) {
    self->state.delivered = meter->count(metric::webhook_attempts, {"succeeded"});
    self->state.not_delivered = meter->count(metric::webhook_attempts, {"failed"});
  }
  self->state.options = s;
  self->state.with = with;
  for (const auto& text : s.webhooks.delays)
    self->state.delays.push_back(parse_duration(text).value_or(milliseconds{0}));
  self->send(self, start_atom_v);
  return {
      [self](wake_atom, const std::vector<uint64_t>& ids) {
        for (const auto id : ids)
          dispatching(self).wake(id);
      },
      [self](start_atom) { dispatching(self).start(); },
      [self](wake_atom, uint64_t id) { dispatching(self).wake(id); },
  };
}

} // namespace

dispatcher_actor spawn_dispatcher(caf::actor_system& sys, const settings& s, const services& with,
                                  metrics* meter) {
  return sys.spawn(dispatcher, s, with, meter);
}

} // namespace troupe
