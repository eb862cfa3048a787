#include "fetch/transfer_loop.hpp"

#include "fetch/multi_poll.hpp"
#include "fetch/transfer.hpp"
#include "fetch/transfer_meter.hpp"

#include <pthread.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

namespace troupe {
namespace {

constexpr milliseconds longest_wait{1'000};
/// While bodies wait for memory to come free, which wakes nobody.
constexpr milliseconds paused_wait{20};

struct order_key {
  item_id item;
  attempt_token token;
  friend bool operator==(const order_key&, const order_key&) = default;
};
struct hash_of_key {
  size_t operator()(const order_key& k) const {
    return std::hash<uint64_t>{}(raw(k.item) * 0x9e3779b97f4a7c15ull + (uint64_t{k.token.epoch} << 32) +
                                 k.token.number);
  }
};

CURLM* new_multi() {
  static const auto ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)ready;
  return curl_multi_init();
}

} // namespace

class transfer_loop::loop {
public:
  loop(const settings& s, spool_factory make_spool, metrics* meter)
      : meter_(meter) {
    context_.options = s.fetch;
    context_.inline_bytes = static_cast<uint64_t>(s.store.inline_original_bytes);
    context_.url_bytes = static_cast<size_t>(s.limits.url_bytes);
    context_.make_spool = std::move(make_spool);
    context_.policy = address_policy::of(s.fetch.allow_networks);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                      static_cast<long>(std::max<int64_t>(64, s.fetch.max_transfers)));
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "transfers");
      run();
    });
  }
  ~loop() {
    stop_ = true;
    poll_.wake();
    thread_.join();
    curl_multi_cleanup(multi_);
  }

  void submit(fetch_order order, fetch_done done) {
    {
      const std::lock_guard lock{mutex_};
      incoming_.emplace_back(std::move(order), std::move(done));
    }
    poll_.wake();
  }
  void cancel(item_id item, attempt_token token) {
    {
      const std::lock_guard lock{mutex_};
      cancelled_.push_back({item, token});
    }
    poll_.wake();
  }
  counters count() const {
    return {finished_, running_, context_.bytes, static_cast<uint64_t>(std::max<int64_t>(0, *context_.held))};
  }

private:
  void run() {
    while (!stop_) {
      take_incoming();
      poll_.turn(resume_paused() ? paused_wait : longest_wait);
      take_finished();
    }
    take_incoming();
    while (!transfers_.empty())
      end(transfers_.begin()->second.get(), CURLE_OK, fail(errc::cancelled));
  }

  void take_incoming() {
    std::vector<std::pair<fetch_order, fetch_done>> incoming;
    std::vector<order_key> cancelled;
    {
      const std::lock_guard lock{mutex_};
      incoming.swap(incoming_);
      cancelled.swap(cancelled_);
    }
    for (const auto& key : cancelled)
      give_up(key);
    for (auto& [order, done] : incoming)
      start(std::move(order), std::move(done));
  }

  void start(fetch_order order, fetch_done done) {
    const order_key key{order.work.item, order.work.token};
    // A supervisor that was started again may order what its predecessor had ordered.
    give_up(key);
    auto t = std::make_unique<transfer>(context_, std::move(order), std::move(done));
    curl_multi_add_handle(multi_, t->handle());
    transfers_.emplace(key, std::move(t));
    running_ = transfers_.size();
  }

  void give_up(const order_key& key) {
    if (const auto it = transfers_.find(key); it != transfers_.end())
      end(it->second.get(), CURLE_OK, fail(errc::cancelled));
  }

  /// All messages first: for each handle that it lets go of, curl looks through those that are left.
  void take_finished() {
    std::vector<std::pair<transfer*, CURLcode>> finished;
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      char* self = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
      finished.emplace_back(reinterpret_cast<transfer*>(self), message->data.result);
    }
    for (const auto& [t, code] : finished)
      end(t, code, fail(errc::none));
  }

  void end(transfer* t, CURLcode code, failure given_up) {
    const auto node = transfers_.extract(order_key{t->work().item, t->work().token});
    if (given_up.code == errc::none) meter_.ended(t->handle());
    t->finish(code, std::move(given_up));
    // Removing an unfinished transfer closes its connection.
    curl_multi_remove_handle(multi_, t->handle());
    ++finished_;
    running_ = transfers_.size();
  }

  bool resume_paused() {
    if (context_.paused == 0) return false;
    for (const auto& [key, t] : transfers_)
      if (t->paused()) t->resume();
    return context_.paused > 0;
  }

  transfer_meter meter_;
  transfer_context context_;
  CURLM* multi_ = new_multi();
  multi_poll poll_{multi_};
  std::unordered_map<order_key, std::unique_ptr<transfer>, hash_of_key> transfers_;
  std::atomic<bool> stop_ = false;
  std::atomic<uint64_t> finished_ = 0;
  std::atomic<uint64_t> running_ = 0;
  std::mutex mutex_;
  std::vector<std::pair<fetch_order, fetch_done>> incoming_;
  std::vector<order_key> cancelled_;
  std::thread thread_;
};

transfer_loop::transfer_loop(const settings& s, spool_factory make_spool, metrics* meter)
    : loop_(std::make_unique<loop>(s, std::move(make_spool), meter)) {}
transfer_loop::~transfer_loop() = default;
void transfer_loop::submit(fetch_order order, fetch_done done) {
  loop_->submit(std::move(order), std::move(done));
}
void transfer_loop::cancel(item_id item, attempt_token token) {
  loop_->cancel(item, token);
}
transfer_loop::counters transfer_loop::count() const {
  return loop_->count();
}

} // namespace troupe
