#pragma once
/// A supervisor from the inside: what it knows of its batch, and its answers to messages. Included by the
/// supervisor's own files only; every function runs on the supervisor's turn.

#include "actors/supervisor.hpp"
#include "actors/timers.hpp"

#include <random>

namespace troupe {

/// Where an item that the supervisor has read stands.
enum class place : uint8_t { parked, turn, fetch, parse, persist, backoff };

/// What only some items need, or only those in work, is apart: most wait.
struct slot {
  item row;
  std::unique_ptr<known_url> known;
  place at = place::parked;
  caf::actor_addr actor;
  attempt_token token;
  timestamp started{};
  /// What the attempt fetches now: the item's URL, or where a redirect led.
  std::string url;
  int64_t redirects = 0;
  /// Of the attempt's budget, when the stage under way began. Waiting for a turn takes nothing from it.
  milliseconds left{};
  caf::actor_clock::time_point deadline{};
  std::unique_ptr<fetched> page;
  /// In a stage: when whoever does it has had enough time.
  caf::actor_clock::time_point overdue{};
  /// In backoff: when it is over.
  caf::actor_clock::time_point due{};
  /// What is being persisted.
  std::unique_ptr<ending> last;
  /// The gate counts it as in work.
  bool in_work = false;
  /// Where this attempt is worked on, and where the one before was, by the gate's number, if it failed there.
  workplace at_node;
  std::optional<uint32_t> failed_at;
};

struct supervisor_state {
  supervision of;
  std::unordered_map<uint32_t, slot> slots;
  /// Those that are not in backoff, and those that are.
  held_share held;
  held_share resting;
  std::unordered_map<caf::actor_addr, uint32_t> actors;
  /// Items that wait for an earlier one with the same URL.
  std::unordered_map<uint32_t, std::vector<uint32_t>> parked;
  std::unordered_set<uint32_t> to_cancel;
  /// Who waits for an item that was cancelled to be final.
  std::unordered_map<uint32_t, std::vector<caf::typed_response_promise<bool>>> cancel_waiters;
  /// How far its open items have been read, and how often that was begun anew, from further back.
  reading_mark reached;
  uint32_t begun_anew = 0;
  /// Items whose attempts ended while a page is on its way: it may have them as they were before.
  std::unordered_set<uint32_t> ended_meanwhile;
  /// Items that are not due for long and were passed over: the first of them, and when one is due.
  uint32_t passed_from = ~uint32_t{0};
  timestamp passed_due = timestamp::max();
  size_t in_backoff = 0;
  bool reading = false;
  bool draining = false;
  /// Every item is being ended, as this.
  bool cancelling = false;
  bool cancel_done = false;
  item_state ending_as = item_state::cancelled;
  /// A stretch of items that are tried again has been asked for.
  bool retrying = false;
  bool deadline_set = false;
  /// A look for stages that are overdue is to come.
  bool watching = false;
  /// Up to which event counts and state of the batch are known, and what was wished for it.
  event_number counted{};
  event_number steered{};
  std::minstd_rand random{std::random_device{}()};
  static inline const char* name = "supervisor";

  /// Ends the stage actors that are left.
  ~supervisor_state();
};

class supervising {
public:
  using pointer = supervisor_actor::stateful_pointer<supervisor_state>;
  explicit supervising(pointer self)
      : self_(self)
      , s_(self->state) {}

  // Reading (supervisor_reading.cpp): open items in order, a bounded number at a time.

  void begin();
  void read();
  void read_one(uint32_t index);

  // Stages (supervisor_stages.cpp): what follows on what.

  void turn(const std::vector<uint32_t>& indexes, const workplace& where);
  void fetched(uint32_t index, attempt_token token, fetch_result& r);
  void parsed(uint32_t index, attempt_token token, parse_result& r);
  void stored(uint32_t index, attempt_token token, const persist_result& r);
  void persist_again(uint32_t index);
  void progress(uint32_t index, attempt_token token, uint32_t percent);
  void retry(uint32_t index);

  // Steering (supervisor_steering.cpp): what is done with a batch from outside, and what it waits for.

  void changed(const batch& row, uint32_t from);
  void expire();
  void expire_item(uint32_t index);
  caf::result<wait_reason> why(uint32_t index);

  // Ends (supervisor_ends.cpp): deaths, cancelling, draining.

  void down(const caf::down_msg& msg);
  void watch();
  caf::result<bool> cancel();
  void end_all(item_state as);
  caf::result<bool> cancel_item(uint32_t index);
  void drain();

private:
  /// Nothing new is to be begun.
  bool holds_back() const { return s_.draining || s_.cancelling || s_.of.row.paused; }
  size_t held() const { return s_.slots.size() - s_.in_backoff; }
  void reading_ended();
  void count_held();
  void read_on(uint32_t limit);
  void read_urgent_again();
  void take_page(item_page& page, uint32_t begun);
  void take_one(item_page& page, uint32_t index);
  bool ends_at_once(slot& it);
  void pass_over(uint32_t index, timestamp due);
  void look_again_from(uint32_t index);
  size_t lookahead() const;
  void take(open_item& x, std::vector<wanted_turn>& wants);
  bool is_fresh(const slot& it) const;
  /// An item with the same URL as an earlier one takes over its outcome.
  void follow(slot& it, const std::optional<item>& original);
  void take_over(slot& it, const item& original);

  wanted_turn turn_of(const slot& it, bool first = false) const;
  void want(std::vector<wanted_turn> wants);
  void fetch(slot& it);
  void begin_attempt(slot& it);
  /// An upload has nothing to fetch.
  void parse_upload(slot& it);
  /// A redirect: the next fetch of the same attempt waits for its turn at the host that it leads to.
  void redirected(slot& it, std::string url);
  void failed(slot& it, failure f, std::string about = {});
  bool wants_media() const { return s_.of.row.job == job_type::url_parse_media; }
  void persist(slot& it, ending e);
  void finished(uint32_t index, const item& row);
  /// Nobody asked for these to be cancelled: the first is fetched in the place of the one that was.
  void promote(const std::vector<uint32_t>& followers);
  void again(slot& it, const item& row);
  void back_off(slot& it, milliseconds delay);
  slot* working(uint32_t index, attempt_token token, place at);
  void enter(slot& it, place at, phase now, caf::actor_addr actor);
  milliseconds time_of(const slot& it, place at) const;
  void lost(slot& it, errc why);
  work_order order_of(const slot& it) const;
  stage_taker taker() const { return caf::actor_cast<stage_taker>(self_); }
  /// The services of where it is worked on.
  services services_at(const slot& it) const;
  ending ending_of(slot& it, item_state to);
  void end_unattempted(slot& it, item_state to, failure f);
  void end_with_known(slot& it, bool unattempted);
  void leave_transfer(slot& it);
  /// `failed` blames nobody, and praises nobody.
  void leave_work(slot& it, bool failed);

  void learn(const batch& row);
  void set_deadline();
  void retry_on();
  /// Lets go of what only waits.
  void withdraw();
  void end_rest(uint32_t from);
  void tell_cancelled(uint32_t index);
  /// Ends the item's stage actor, which tells its service.
  void end_stage(slot& it);
  /// That, and its turn.
  void stop(slot& it);
  void drop_unpersisted();
  /// Quits when nothing is left to do here.
  void settle();

  pointer self_;
  supervisor_state& s_;
};

} // namespace troupe
