#include "media/pool.hpp"

#include "media/work.hpp"
#include "process/scheduling.hpp"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <thread>

namespace troupe {
namespace {

constexpr size_t most_waiting = 10'000;

struct job {
  media_order order;
  media::progress tell;
  media_pool::done answer;
  bool is(item_id item, attempt_token token) const {
    return order.work.item == item && order.work.token == token;
  }
};

/// Passes a percentage on when it has changed.
media::progress only_changes(media::progress tell) {
  return [tell = std::move(tell), last = 0u](unsigned percent) mutable {
    if (percent == last || !tell) return;
    last = percent;
    tell(percent);
  };
}

} // namespace

class media_pool::workers {
public:
  workers(const settings& s, std::string folder, spool_factory make_spool, std::string launcher)
      : options_(s)
      , folder_(std::move(folder))
      , make_spool_(std::move(make_spool))
      , launcher_(std::move(launcher)) {
    empty_folder();
    for (int64_t i = 0; i < s.media.concurrent; ++i)
      threads_.emplace_back([this, i] {
        pthread_setname_np(pthread_self(), "media");
        stand_back(static_cast<int>(options_.work.nice));
        serve(folder_ + "/" + std::to_string(i));
      });
  }
  ~workers() {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
      for (auto* r : running_)
        give_up(*r);
    }
    changed_.notify_all();
    threads_.clear();
    for (auto& j : waiting_)
      j.answer({fail(errc::cancelled), {}});
    empty_folder();
  }

  void submit(job j) {
    {
      const std::lock_guard lock{mutex_};
      if (waiting_.size() < most_waiting) {
        waiting_.push_back(std::move(j));
        j.answer = nullptr;
      }
    }
    if (j.answer) return j.answer({fail(errc::overloaded, "too much media waits to be listened to"), {}});
    changed_.notify_one();
  }

  void cancel(item_id item, attempt_token token) {
    std::optional<job> dropped;
    {
      const std::lock_guard lock{mutex_};
      for (auto* r : running_)
        if (r->what.is(item, token)) give_up(*r);
      const auto it =
          std::find_if(waiting_.begin(), waiting_.end(), [&](const job& j) { return j.is(item, token); });
      if (it != waiting_.end()) {
        dropped = std::move(*it);
        waiting_.erase(it);
      }
    }
    if (dropped) dropped->answer({fail(errc::cancelled), {}});
  }

private:
  struct run {
    job what;
    media::programs* with = nullptr;
    bool given_up = false;
  };

  static void give_up(run& r) {
    r.given_up = true;
    if (r.with) r.with->stop();
  }

  void empty_folder() const {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// From here until `leave` it can be given up.
  bool next(run& r) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return false;
    r.what = std::move(waiting_.front());
    waiting_.pop_front();
    running_.push_back(&r);
    return true;
  }

  void serve(const std::string& folder) {
    for (run r; next(r); r = {}) {
      media_outcome out;
      {
        media::programs with{options_, folder, launcher_, options_.media.timeout, only_changes(r.what.tell)};
        enter(r, with);
        out.error = work(r.what, with, out.words);
        leave(r);
      }
      r.what.answer(std::move(out));
    }
  }

  failure work(const job& j, media::programs& with, transcript& out) const {
    try {
      return media::work_on(j.order, with, make_spool_, out);
    } catch (const std::exception& e) {
      return fail(errc::internal_error, e.what());
    }
  }

  void enter(run& r, media::programs& with) {
    const std::lock_guard lock{mutex_};
    r.with = &with;
    if (r.given_up) with.stop();
  }
  void leave(run& r) {
    const std::lock_guard lock{mutex_};
    std::erase(running_, &r);
  }

  settings options_;
  std::string folder_;
  spool_factory make_spool_;
  std::string launcher_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<job> waiting_;
  std::vector<run*> running_;
  bool stopping_ = false;
  /// Joined first.
  std::vector<std::jthread> threads_;
};

media_pool::media_pool(const settings& s, std::string folder, spool_factory make_spool, std::string launcher)
    : workers_(std::make_unique<workers>(s, std::move(folder), std::move(make_spool), std::move(launcher))) {}
media_pool::~media_pool() = default;
void media_pool::submit(media_order order, media::progress tell, done answer) {
  workers_->submit({std::move(order), std::move(tell), std::move(answer)});
}
void media_pool::cancel(item_id item, attempt_token token) {
  workers_->cancel(item, token);
}

} // namespace troupe
