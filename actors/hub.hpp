#pragma once
/// What is volatile, for those who watch: which stage each item in work is in, and news as it comes.

#include "actors/news.hpp"
#include "config/metrics.hpp"
#include "model/batch.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace troupe {

/// An item in work.
struct item_in_work {
  uint32_t index = 0;
  phase now = phase::waiting;
  /// Of the stage, where something tells.
  uint8_t percent = 0;
  /// Since when in this stage.
  std::chrono::steady_clock::time_point since{};
};

/// Called on the thread that brings the news; must not block nor call the hub.
using listener = std::function<void()>;

/// Any thread may call any function.
class hub {
public:
  /// How long stages take is measured in `meter`, unless that is null.
  explicit hub(metrics* meter = nullptr);

  /// Items in work are written by supervisors, and laid over the store's rows in answers.
  void set(item_key item, phase now);
  /// How far the stage is that the item is in; nothing when it is in none.
  void progress(item_key item, uint8_t percent);
  void clear(item_key item);
  void clear(batch_id batch);
  /// In the order of their indexes.
  std::vector<item_in_work> in_work(batch_id batch) const;
  /// How many they are. Of a row that knows of no later event than `told`, none of them has ended; while
  /// `synced` is the same, nobody has been told of a change to any row. Does not wait for those that write
  /// items, but for the moment in which a batch comes or items go.
  struct count {
    uint32_t items = 0;
    event_number told{};
    uint64_t synced = 0;
  };
  count count_in_work(batch_id batch) const;
  /// Of all batches: how many are in each stage.
  std::map<phase, size_t> stages() const;

  /// Called with the webhooks that have something new in the outbox; on the writer's thread, must not block.
  void on_outbox(std::function<void(const std::vector<uint64_t>&)> call);
  void tell_outbox(const std::vector<uint64_t>& webhooks) const;

  /// After each synced write, with events or without: items whose attempt has ended are in work no more, and
  /// the listeners of each event's batch are told.
  void publish(const std::vector<event>& events);

  /// Hears of one batch until the subscription is destroyed.
  class subscription {
  public:
    subscription() = default;
    subscription(hub* of, batch_id b, uint64_t n)
        : hub_(of)
        , batch_(b)
        , number_(n) {}
    subscription(subscription&& other) noexcept { *this = std::move(other); }
    subscription& operator=(subscription&& other) noexcept {
      std::swap(hub_, other.hub_);
      std::swap(batch_, other.batch_);
      std::swap(number_, other.number_);
      return *this;
    }
    ~subscription();

  private:
    hub* hub_ = nullptr;
    batch_id batch_{};
    uint64_t number_ = 0;
  };
  [[nodiscard]] subscription listen(batch_id batch, news what, listener l);
  /// Hears of the events of all batches.
  [[nodiscard]] subscription listen_all(listener l) {
    return listen(every_batch, news::events, std::move(l));
  }

private:
  static constexpr batch_id every_batch{};

  /// Items are under `mutex_`. Their number may be read with `entries_mutex_` alone.
  struct batch_in_work {
    std::unordered_map<uint32_t, item_in_work> items;
    std::atomic<uint32_t> count = 0;
  };

  void left(const item_in_work& x) const;
  /// Under `mutex_`.
  batch_in_work& entry_of(batch_id batch);
  /// Under `mutex_`. Whether it was in work; who calls lowers the count.
  bool take_out(item_key item);
  using entries = std::unordered_map<batch_id, batch_in_work>;
  /// Under both. The entry, when nothing of the batch is in work any more: to be freed without locks.
  entries::node_type lower(batch_id batch, uint32_t by);
  void tell(batch_id batch, news what) const;

  std::map<phase, metrics::histogram> took_;
  mutable std::mutex mutex_;
  /// Taken under `mutex_`, or alone. Threads of actors stand back behind those that answer: who answers would
  /// wait milliseconds for `mutex_` whenever one of them lost its core while it held it.
  mutable std::mutex entries_mutex_;
  /// Entries come and go under both locks: either is enough to find one.
  entries working_;
  struct told_of {
    news what;
    std::shared_ptr<listener> call;
  };
  std::unordered_map<batch_id, std::unordered_map<uint64_t, told_of>> listeners_;
  uint64_t next_ = 1;
  /// Written under both locks.
  event_number told_{};
  uint64_t synced_ = 0;
  std::function<void(const std::vector<uint64_t>&)> on_outbox_;
};

} // namespace troupe
