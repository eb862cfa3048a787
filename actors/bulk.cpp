#include "actors/bulk.hpp"

#include "config/log.hpp"

#include <nlohmann/json.hpp>

namespace troupe {
namespace {

constexpr milliseconds timeout{60'000};
constexpr milliseconds storage_pause{1'000};
constexpr size_t most_failures = 100;

struct bulk_state {
  bulk_action row;
  bulk_plan plan;
  services with;
  node_actor node;
  /// Where the page ends that is being worked on.
  bulk_page page;
  size_t left = 0;
  nlohmann::ordered_json failures = nlohmann::ordered_json::array();
  static inline const char* name = "bulk";
};

class bulk_run {
public:
  using pointer = caf::stateful_actor<bulk_state>*;
  explicit bulk_run(pointer self)
      : self_(self)
      , s_(self->state) {}

  void read() {
    self_->request(s_.with.reader, timeout, read_atom_v, s_.row)
        .then([self = self_](bulk_page& page) { bulk_run(self).take(page); },
              [self = self_](const caf::error&) { self->delayed_send(self, storage_pause, start_atom_v); });
  }

private:
  void take(bulk_page& page) {
    s_.page = std::move(page);
    s_.row.matched += s_.page.targets.size();
    s_.left = s_.page.targets.size();
    if (s_.left == 0 || s_.plan.dry_run) return save();
    for (const auto& t : s_.page.targets)
      act(t);
  }

  void act(const bulk_target& t) {
    if (s_.plan.action == bulk_verb::cancel) return cancel(t);
    steering order{t.batch, steer::retry, s_.plan.retry, t.index};
    if (s_.plan.action == bulk_verb::pause) order.what = steer::pause;
    if (s_.plan.action == bulk_verb::resume) order.what = steer::resume;
    if (s_.plan.action == bulk_verb::remove) order.what = steer::remove;
    self_->request(s_.node, timeout, steer_atom_v, order)
        .then([self = self_, t](const steered& r) { bulk_run(self).done(t, r.error); },
              [self = self_, t](const caf::error&) { bulk_run(self).done(t, fail(errc::overloaded)); });
  }

  void cancel(const bulk_target& t) {
    const auto done_with = [self = self_, t](bool) { bulk_run(self).done(t, fail(errc::none)); };
    const auto failed = [self = self_, t](const caf::error&) {
      bulk_run(self).done(t, fail(errc::overloaded));
    };
    if (t.index)
      self_->request(s_.node, timeout, cancel_atom_v, t.batch, *t.index).then(done_with, failed);
    else
      self_->request(s_.node, timeout, cancel_atom_v, t.batch).then(done_with, failed);
  }

  void done(const bulk_target& t, const failure& f) {
    ++(f.code == errc::none ? s_.row.done : s_.row.failed);
    if (f.code != errc::none && s_.failures.size() < most_failures) {
      nlohmann::ordered_json entry{{"batch", batch_name(t.batch)}};
      if (t.index) entry["item"] = item_name(t.item);
      entry["code"] = info(f.code).name;
      entry["message"] = f.text();
      s_.failures.push_back(std::move(entry));
    }
    if (--s_.left == 0) save();
  }

  /// A page that was not stored is worked on again after a restart: no action does more the second time.
  void save() {
    s_.row.at_batch = s_.page.at_batch;
    s_.row.at_index = s_.page.at_index;
    s_.row.ended = s_.page.ended;
    s_.row.failures = s_.failures.dump();
    s_.row.updated = now();
    // A dry run does nothing that would have to be gone on with.
    if (s_.plan.dry_run && !s_.row.ended) return read();
    self_->request(s_.with.writer, timeout, keep_atom_v, record{s_.row})
        .then(
            [self = self_](const kept& k) {
              if (k.error.code != errc::none) return self->delayed_send(self, storage_pause, persist_atom_v);
              if (self->state.row.ended) return self->quit();
              bulk_run(self).read();
            },
            [self = self_](const caf::error&) { self->delayed_send(self, storage_pause, persist_atom_v); });
  }
  friend caf::behavior bulk(pointer, bulk_action, const services&, const node_actor&);

  pointer self_;
  bulk_state& s_;
};

caf::behavior bulk(bulk_run::pointer self, bulk_action what, const services& with, const node_actor& node) {
  auto& s = self->state;
  const auto plan = read_bulk(what.request);
  if (plan) s.plan = *plan;
  s.row = std::move(what);
  s.with = with;
  s.node = node;
  const auto failures = nlohmann::ordered_json::parse(s.row.failures, nullptr, false);
  if (failures.is_array()) s.failures = failures;
  if (plan) self->send(self, start_atom_v);
  // It goes with the services that it works with.
  self->link_to(with.writer);
  return {
      [self](start_atom) { bulk_run(self).read(); },
      [self](persist_atom) { bulk_run(self).save(); },
  };
}

} // namespace

caf::actor spawn_bulk(caf::actor_system& sys, bulk_action what, const services& with,
                      const node_actor& node) {
  return sys.spawn(bulk, std::move(what), with, node);
}

} // namespace troupe
