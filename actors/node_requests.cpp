/// What is asked of a node: most of it is the writer's to do, and somebody's to learn of.
#include "actors/running_node.hpp"

#include "actors/bulk.hpp"

namespace troupe {

caf::result<submitted> running_node::submit(submission& x) {
  auto refused = admit(x);
  if (refused.code != errc::none) return submitted{std::move(refused), {}};
  auto promise = self_->make_response_promise<submitted>();
  const bool last = x.last;
  // However long the store takes: a batch that it has taken is supervised. A dead writer answers an error.
  self_->request(s_.running->with.writer, caf::infinite, submit_atom_v, std::move(x))
      .then(
          [self = self_, promise, last](submitted& r) mutable {
            if (last && r.error.code == errc::none) running_node(self).changed(r.row, nothing_reopened);
            promise.deliver(std::move(r));
          },
          [promise](const caf::error&) mutable {
            promise.deliver(submitted{fail(errc::storage_error, "the store gave no answer"), {}});
          });
  return promise;
}

size_t running_node::open_in(notebook_id n) const {
  const auto it = s_.open_of.find(n);
  return s_.sleeping.of(n) + (it == s_.open_of.end() ? 0 : it->second);
}

failure running_node::admit(const submission& x) const {
  if (s_.draining) return fail(errc::overloaded, "the server is shutting down");
  if (!s_.running || s_.restarting) return fail(errc::overloaded, "the server is starting");
  if (x.part_of == batch_id{} && x.add_to == batch_id{} &&
      open() >= static_cast<size_t>(s_.plan.options->limits.open_batches))
    return fail(errc::overloaded, "limits.open_batches batches are unfinished");
  if (x.add_to == batch_id{} &&
      open_in(x.home) >= static_cast<size_t>(s_.plan.options->limits.open_batches_per_notebook))
    return fail(errc::notebook_full);
  return s_.plan.admission ? s_.plan.admission() : fail(errc::none);
}

caf::result<steered> running_node::steer_batch(const steering& x) {
  if (!s_.running || s_.draining) return steered{fail(errc::overloaded, "the server is not ready"), {}};
  const auto tell = [from = x.index.value_or(nothing_reopened)](running_node self, const steered& r) {
    if (r.error.code == errc::none) self.changed(r.row, from);
  };
  return ask_writer_and<steered>(tell, steer_atom_v, x);
}

void running_node::changed(const batch& b, uint32_t from) {
  const auto it = s_.supervisors.find(b.id);
  if (it == s_.supervisors.end()) return supervise(b);
  s_.changed.insert(b.id);
  self_->send(it->second, changed_atom_v, b, from);
}

caf::result<kept> running_node::keep(record& r) {
  const auto tell = [](running_node self, const kept& k) {
    if (k.error.code != errc::none) return;
    self.apply(k.row);
    if (self.s_.plan.on_kept) self.s_.plan.on_kept(k.row);
  };
  return ask_writer_and<kept>(tell, keep_atom_v, std::move(r));
}

void running_node::apply(const record& r) {
  if (!s_.running) return;
  const auto& with = s_.running->with;
  if (const auto* rule = std::get_if<host_rule>(&r)) self_->send(with.gate, rule_atom_v, *rule);
  if (const auto* b = std::get_if<bulk_action>(&r); b && !b->ended)
    spawn_bulk(self_->system(), *b, with, caf::actor_cast<node_actor>(self_));
  if (const auto* w = std::get_if<webhook>(&r)) self_->send(with.dispatcher, wake_atom_v, std::vector{w->id});
}

caf::result<bool> running_node::forget(uint64_t kind, std::string& name) {
  if (kind == record{host_rule{}}.index()) apply(record{host_rule{.host = name}});
  const auto tell = [kind, name](running_node self, bool) {
    if (self.s_.plan.on_forgotten) self.s_.plan.on_forgotten(kind, name);
  };
  return ask_writer_and<bool>(tell, remove_atom_v, kind, std::move(name));
}

caf::result<bool> running_node::redeliver(const delivery& d) {
  const auto tell = [to = d.webhook](running_node self, bool yes) {
    if (yes && self.s_.running)
      self.self_->send(self.s_.running->with.dispatcher, wake_atom_v, std::vector{to});
  };
  return ask_writer_and<bool>(tell, deliver_atom_v, d);
}

caf::result<wait_reason> running_node::why(batch_id b, uint32_t index) {
  if (const auto due = s_.sleeping.due_of(b))
    return wait_reason{"not_before", "Its batch is not to begin yet.", *due, {}};
  const auto it = s_.supervisors.find(b);
  if (it == s_.supervisors.end())
    return wait_reason{"starting", "Its batch is about to be taken up.", {}, std::nullopt};
  return self_->delegate(it->second, look_atom_v, index);
}

caf::result<host_look> running_node::look(std::string& host) {
  if (!s_.running) return caf::make_error(caf::sec::runtime_error, "the server is starting");
  return self_->delegate(s_.running->with.gate, look_atom_v, std::move(host));
}

caf::result<bool> running_node::cancel(batch_id b) {
  wake(b);
  const auto it = s_.supervisors.find(b);
  // Without a supervisor the wish is recorded, and carried out by the next.
  if (it == s_.supervisors.end()) return ask_writer(cancel_atom_v, b);
  auto promise = self_->make_response_promise<bool>();
  self_->request(it->second, service_timeout, cancel_atom_v)
      .then([promise](bool yes) mutable { promise.deliver(yes); },
            // It has just ended, or died: then the next one carries the wish out.
            [self = self_, promise, b](const caf::error&) mutable {
              running_node(self).record_cancel(b, promise);
            });
  return promise;
}

void running_node::record_cancel(batch_id b, caf::typed_response_promise<bool> promise) {
  if (!s_.running) {
    promise.deliver(caf::make_error(caf::sec::runtime_error, "the server is starting"));
    return;
  }
  self_->request(s_.running->with.writer, service_timeout, cancel_atom_v, b)
      .then([promise](bool yes) mutable { promise.deliver(yes); },
            [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
}

caf::result<bool> running_node::cancel_item(batch_id b, uint32_t index) {
  wake(b);
  const auto it = s_.supervisors.find(b);
  if (it == s_.supervisors.end())
    return caf::make_error(caf::sec::runtime_error, "the batch is not supervised now");
  return self_->delegate(it->second, cancel_atom_v, index);
}

} // namespace troupe
