#pragma once
/// One transfer: its curl handle, what it may connect to, what it has received. Used by the loop's thread.

#include "config/settings.hpp"
#include "fetch/transfer_loop.hpp"
#include "model/network.hpp"

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <vector>

namespace troupe {

/// Curl's handles that no transfer uses now: to make one costs more than to use it again.
class idle_handles {
public:
  idle_handles() = default;
  idle_handles(const idle_handles&) = delete;
  ~idle_handles();
  /// A handle with no options set.
  CURL* take();
  /// One that is in no multi handle any more.
  void give_back(CURL* handle);

private:
  std::vector<CURL*> idle_;
};

/// What transfers share.
struct transfer_context {
  decltype(settings::fetch) options;
  address_policy policy;
  uint64_t inline_bytes = 0;
  size_t url_bytes = 0;
  spool_factory make_spool;
  idle_handles handles;
  std::atomic<uint64_t> bytes{0};
  /// Transfers whose body waits; the loop's thread only.
  unsigned paused = 0;
  /// Outlives the loop: bodies return what they hold when the last stage lets go of them.
  std::shared_ptr<std::atomic<int64_t>> held = std::make_shared<std::atomic<int64_t>>(0);
};

class transfer {
public:
  transfer(transfer_context& context, fetch_order order, fetch_done done);
  ~transfer();
  transfer(const transfer&) = delete;

  CURL* handle() const { return curl_; }
  const work_order& work() const { return order_.work; }
  /// A body waits for others to leave memory.
  bool paused() const { return paused_; }
  void resume();
  /// Answers the order: what curl's result means, or, when `given_up` is set, that.
  void finish(CURLcode code, failure given_up = fail(errc::none));

private:
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);
  static int on_request(void* self, char* remote_ip, char* local_ip, int remote_port, int local_port);

  void set_options();
  void set_conditions();
  size_t take(std::string_view data);
  size_t pass_over(std::string_view data, long status);
  bool must_wait() const;
  failure store(std::string_view data);
  failure failure_of(CURLcode code) const;
  failure failure_of_timeout() const;
  failure failure_of_status(long status) const;
  std::string header(const char* name) const;
  result<fetched> outcome(CURLcode code);
  bool leads_elsewhere(long status) const;
  result<fetched> moved(long status) const;
  result<content_ref> body();

  transfer_context& context_;
  fetch_order order_;
  fetch_done done_;
  CURL* curl_;
  curl_slist* headers_ = nullptr;
  char error_text_[CURL_ERROR_SIZE] = {};
  std::string text_;
  std::unique_ptr<spool> file_;
  hasher hash_;
  uint64_t size_ = 0;
  uint64_t passed_over_ = 0;
  int64_t held_ = 0;
  bool blocked_ = false;
  bool truncated_ = false;
  bool paused_ = false;
  failure refused_{errc::none, {}, 0, std::nullopt};
};

} // namespace troupe
