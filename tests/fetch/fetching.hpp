#pragma once
/// A transfer loop beside a tiny server, for tests.

#include "fetch/transfer_loop.hpp"
#include "storage/file_store.hpp"
#include "tests/support/tiny_server.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <future>

namespace troupe::test {

/// Long enough for any transfer that ends at all.
constexpr auto patience = std::chrono::seconds(20);

using outcome = result<fetched>;

/// A folder that is gone afterwards.
class scratch_folder {
public:
  scratch_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "troupe-test-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(name.data()));
    path_ = name;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path() const { return path_.string(); }
  size_t files_below(const std::string& sub) const {
    size_t n = 0;
    for (const auto& e : std::filesystem::recursive_directory_iterator(path_ / sub))
      n += e.is_regular_file();
    return n;
  }

private:
  std::filesystem::path path_;
};

/// Settings under which the tiny server may be fetched from.
inline settings loopback_settings() {
  settings s;
  s.fetch.allow_networks = {"127.0.0.1/32"};
  return s;
}

inline fetch_order order_for(std::string url, uint64_t item = 1, uint32_t attempt = 1) {
  fetch_order o;
  o.work = {item_id{item}, {1, attempt}, std::chrono::minutes(5)};
  o.url = std::move(url);
  return o;
}

/// An order that follows redirects by itself.
inline fetch_order following(std::string url) {
  auto o = order_for(std::move(url));
  o.follow = true;
  return o;
}

/// Waits; fails the test when there is no answer in time.
inline outcome answer_of(std::future<outcome>& answer) {
  BOOST_REQUIRE(answer.wait_for(patience) == std::future_status::ready);
  return answer.get();
}

class fetching {
public:
  explicit fetching(const settings& s = loopback_settings())
      : files_(open(folder_))
      , loop_(std::make_unique<transfer_loop>(s, [this] { return files_->create(); })) {}

  tiny_server& server() { return server_; }
  transfer_loop& loop() { return *loop_; }
  scratch_folder& folder() { return folder_; }
  void stop() { loop_.reset(); }

  std::future<outcome> start(fetch_order order) {
    auto promise = std::make_shared<std::promise<outcome>>();
    auto answer = promise->get_future();
    loop_->submit(std::move(order), [promise](outcome x) { promise->set_value(std::move(x)); });
    return answer;
  }
  outcome fetch(fetch_order order) {
    auto answer = start(std::move(order));
    return answer_of(answer);
  }
  /// The outcome for a path of the server that answers so.
  outcome fetch(const std::string& path, scripted answer) {
    server_.on(path, std::move(answer));
    return fetch(order_for(server_.url(path)));
  }
  /// The outcome for a path of the server that answers so, redirects followed.
  outcome follow(const std::string& path, scripted answer) {
    server_.on(path, std::move(answer));
    return fetch(following(server_.url(path)));
  }

private:
  static std::unique_ptr<file_store> open(const scratch_folder& folder) {
    auto opened = file_store::open(folder.path(), nullptr);
    BOOST_REQUIRE(opened);
    return std::move(*opened);
  }

  scratch_folder folder_;
  std::unique_ptr<file_store> files_;
  tiny_server server_;
  std::unique_ptr<transfer_loop> loop_;
};

/// The stable name of the failure; `none` for a success.
inline std::string code_of(const outcome& x) {
  return std::string(info(x ? errc::none : x.error().code).name);
}

} // namespace troupe::test
