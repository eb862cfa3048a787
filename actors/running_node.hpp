#pragma once
/// A node from the inside: what it knows of its batches and services, and its answers to messages. Included
/// by the node's own files only; every function runs on the node's turn.

#include "actors/held_items.hpp"
#include "actors/node.hpp"
#include "actors/sleeping_batches.hpp"

#include <deque>

namespace troupe {

constexpr milliseconds service_timeout{60'000};
/// As an index: no item that had ended is open again.
constexpr uint32_t nothing_reopened = ~uint32_t{0};

struct node_state {
  node_plan plan;
  std::optional<started_services> running;
  std::unordered_map<batch_id, supervisor_actor> supervisors;
  /// By those together.
  std::shared_ptr<held_items> held;
  std::shared_ptr<held_items> resting;
  /// What each supervisor is of.
  std::unordered_map<caf::actor_addr, std::pair<batch_id, notebook_id>> batches;
  /// Supervised ones of each notebook.
  std::unordered_map<notebook_id, size_t> open_of;
  sleeping_batches sleeping;
  /// When it looks at them next, and by which timer: others have been outrun.
  timestamp next_look = timestamp::max();
  uint64_t look_timer = 0;
  /// Services whose end is awaited; all others have ended.
  std::unordered_map<caf::actor_addr, std::string> alive;
  std::unordered_map<batch_id, milliseconds> restart_delays;
  /// Batches whose supervisor was told of a change that may have come too late for it.
  std::unordered_set<batch_id> changed;
  std::deque<caf::actor_clock::time_point> restarts;
  bool draining = false;
  bool restarting = false;
  bool stopping = false;
  static inline const char* name = "node";
};

class running_node {
public:
  using pointer = node_actor::stateful_pointer<node_state>;
  explicit running_node(pointer self)
      : self_(self)
      , s_(self->state) {}

  // Services, batches and their deaths (node.cpp).

  void start();
  void down(const caf::down_msg& msg);
  void supervise_again(batch_id b);
  void look_at_sleeping(uint64_t timer);
  void drain();
  void drain_overdue();

  // What is asked of it (node_requests.cpp).

  caf::result<submitted> submit(submission& x);
  caf::result<steered> steer_batch(const steering& x);
  caf::result<kept> keep(record& r);
  caf::result<bool> forget(uint64_t kind, std::string& name);
  caf::result<bool> redeliver(const delivery& d);
  caf::result<wait_reason> why(batch_id b, uint32_t index);
  caf::result<host_look> look(std::string& host);
  caf::result<bool> cancel(batch_id b);
  caf::result<bool> cancel_item(batch_id b, uint32_t index);

  /// Asks the writer and passes its answer on; `before` sees it first, on the node's turn.
  template <class T, class Before, class... Args>
  caf::result<T> ask_writer_and(Before before, Args... args) {
    if (!s_.running) return caf::make_error(caf::sec::runtime_error, "the server is starting");
    auto promise = self_->make_response_promise<T>();
    self_->request(s_.running->with.writer, service_timeout, std::move(args)...)
        .then(
            [self = self_, promise, before](T& answer) mutable {
              before(running_node(self), answer);
              promise.deliver(std::move(answer));
            },
            [promise](caf::error& e) mutable { promise.deliver(std::move(e)); });
    return promise;
  }
  template <class T = bool, class... Args>
  caf::result<T> ask_writer(Args... args) {
    return ask_writer_and<T>([](running_node, const T&) {}, std::move(args)...);
  }

private:
  template <class Handle>
  void watch(const Handle& service, const char* name) {
    s_.alive.emplace(service.address(), name);
    self_->monitor(service);
  }

  void recover(const std::vector<batch>& open);
  /// Not if that is to be done by whoever reads all open batches, or by nobody.
  bool may_supervise(const batch& b) const;
  /// Now, or when it is to begin.
  void supervise(const batch& b);
  void begin_supervising(const batch& b);
  /// What is asked of a batch that sleeps is its supervisor's to answer.
  void wake(batch_id b);
  void wake_by(timestamp due);
  size_t open_in(notebook_id n) const;
  size_t open() const { return s_.supervisors.size() + s_.sleeping.size(); }
  /// A supervisor may be about to end because it does not know yet: it is looked after when it has.
  void changed(const batch& b, uint32_t from);
  /// What a record says holds from now on.
  void apply(const record& r);
  failure admit(const submission& x) const;
  void record_cancel(batch_id b, caf::typed_response_promise<bool> promise);
  void supervisor_down(batch_id b, notebook_id home, const caf::down_msg& msg);
  /// One for all: what the others remember of a dead service's past is worth nothing.
  void restart_services(const std::string& why);
  void kill_supervisors();
  void stop_services();
  /// The next step of a drain or restart, once those that must go first are gone: supervisors, then services.
  void go_on();
  void count();

  pointer self_;
  node_state& s_;
};

} // namespace troupe
