#include "tests/fetch/fetching.hpp"

#include <boost/crc.hpp>

#include <fstream>
#include <iterator>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

std::string little_endian(uint64_t n, unsigned bytes) {
  std::string out;
  for (unsigned i = 0; i < bytes; ++i)
    out += static_cast<char>(n >> (8 * i));
  return out;
}

const std::string gzip_head{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};

/// `data` in gzip (RFC 1952), as one block that is stored; less than 64 KiB.
std::string gzip(const std::string& data) {
  boost::crc_32_type sum;
  sum.process_bytes(data.data(), data.size());
  return gzip_head + '\x01' + little_endian(data.size(), 2) + little_endian(~data.size(), 2) + data +
         little_endian(sum.checksum(), 4) + little_endian(data.size(), 4);
}

/// Deflate (RFC 1951) writes its bits from the lowest upwards.
class bit_writer {
public:
  void put(unsigned bits, unsigned count) {
    for (; count > 0; --count, bits >>= 1) {
      if (used_ % 8 == 0) out_ += '\0';
      out_.back() = static_cast<char>(out_.back() | ((bits & 1) << (used_ % 8)));
      ++used_;
    }
  }
  std::string out_;

private:
  size_t used_ = 0;
};

/// gzip of a letter and `repeats` times 258 copies of it: 13 bits for 258 bytes.
std::string gzip_bomb(size_t repeats) {
  bit_writer w;
  w.put(0b011, 3);      // last block, fixed codes
  w.put(0b00001001, 8); // literal 0x60, its code from the highest bit
  for (size_t i = 0; i < repeats; ++i) {
    w.put(0b10100011, 8); // length 258
    w.put(0b00000, 5);    // distance 1
  }
  w.put(0, 7); // end of block
  return gzip_head + w.out_;
}

scripted compressed(std::string body) {
  return page(std::move(body), "200 OK", "Content-Encoding: gzip\r\n");
}

std::string file_content(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>(file), {}};
}

settings spooling_above(int64_t bytes) {
  auto s = loopback_settings();
  s.store.inline_original_bytes = bytes;
  return s;
}

} // namespace

BOOST_AUTO_TEST_SUITE(bodies)

BOOST_AUTO_TEST_CASE(compressed_bodies_are_decoded) {
  fetching f;
  const auto x = f.fetch("/a", compressed(gzip("hello, hello")));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->body.view() == "hello, hello");
  BOOST_TEST((x->body.hash == sha256("hello, hello")));
}

BOOST_AUTO_TEST_CASE(a_broken_compression_is_a_decode_error) {
  fetching f;
  BOOST_TEST(code_of(f.fetch("/a", compressed("this is no gzip at all"))) == "decode_error");
}

BOOST_AUTO_TEST_CASE(a_body_may_be_as_long_as_allowed_and_no_longer) {
  auto s = loopback_settings();
  s.fetch.max_body_bytes = 2'000;
  fetching f{s};
  BOOST_TEST(code_of(f.fetch("/fits", page(std::string(2'000, 'x')))) == "none");
  BOOST_TEST(code_of(f.fetch("/long", page(std::string(2'001, 'x')))) == "too_large");
  BOOST_TEST(code_of(f.fetch("/open", {"HTTP/1.0 200 OK\r\n\r\n" + std::string(300'000, 'x')})) ==
             "too_large");
}

BOOST_AUTO_TEST_CASE(an_order_may_set_a_limit_of_its_own) {
  fetching f;
  f.server().on("/a", page(std::string(2'000, 'x')));
  auto order = order_for(f.server().url("/a"));
  order.max_bytes = 1'999;
  BOOST_TEST(code_of(f.fetch(order)) == "too_large");
  order.max_bytes = 2'000;
  BOOST_TEST(code_of(f.fetch(order)) == "none");
}

BOOST_AUTO_TEST_CASE(the_limit_counts_what_is_decoded) {
  auto s = loopback_settings();
  s.fetch.max_body_bytes = 1'000'000;
  fetching f{s};
  const auto bomb = gzip_bomb(400'000);
  BOOST_TEST(bomb.size() < 1'000'000u);
  BOOST_TEST(code_of(f.fetch("/bomb", compressed(bomb))) == "too_large");
  BOOST_TEST(f.loop().count().bytes <= 1'000'000u);
  // By the time of a second answer the first transfer is gone.
  BOOST_TEST(code_of(f.fetch("/empty", page(""))) == "none");
  BOOST_TEST(f.loop().count().held_bytes == 0u);
}

BOOST_AUTO_TEST_CASE(a_long_body_goes_to_a_file) {
  fetching f{spooling_above(1'000)};
  std::string data;
  for (int i = 0; i < 100'000; ++i)
    data += static_cast<char>(i * 7);
  auto x = f.fetch("/a", page(data));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(!x->body.bytes);
  BOOST_REQUIRE(!x->body.path.empty());
  BOOST_TEST(x->body.size == data.size());
  BOOST_TEST((x->body.hash == sha256(data)));
  BOOST_TEST((file_content(x->body.path) == data));
  BOOST_TEST(f.loop().count().held_bytes == 0u);
}

BOOST_AUTO_TEST_CASE(the_file_is_gone_when_nobody_holds_it) {
  fetching f{spooling_above(10)};
  auto x = f.fetch("/a", page(std::string(5'000, 'x')));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(f.folder().files_below("incoming") == 1u);
  x = fail(errc::none);
  BOOST_TEST(f.folder().files_below("incoming") == 0u);
}

BOOST_AUTO_TEST_CASE(a_body_at_the_edge_stays_in_memory) {
  fetching f{spooling_above(5'000)};
  const auto x = f.fetch("/a", page(std::string(5'000, 'x')));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->body.path.empty());
  BOOST_TEST(x->body.view().size() == 5'000u);
  const auto y = f.fetch("/b", page(std::string(5'001, 'x')));
  BOOST_REQUIRE_MESSAGE(y, code_of(y));
  BOOST_TEST(!y->body.path.empty());
}

BOOST_AUTO_TEST_CASE(a_transfer_that_fails_leaves_no_file) {
  auto s = spooling_above(1'000);
  s.fetch.max_body_bytes = 100'000;
  fetching f{s};
  BOOST_TEST(code_of(f.fetch("/long", page(std::string(200'000, 'x')))) == "too_large");
  BOOST_TEST(code_of(f.fetch("/short", {"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" +
                                        std::string(50'000, 'x')})) == "truncated_body");
  f.stop();
  BOOST_TEST(f.folder().files_below("incoming") == 0u);
}

BOOST_AUTO_TEST_CASE(a_spool_that_cannot_be_made_fails_the_transfer) {
  tiny_server server;
  server.on("/a", page(std::string(5'000, 'x')));
  transfer_loop loop{spooling_above(10),
                     []() -> result<std::unique_ptr<spool>> { return fail(errc::storage_full); }};
  std::promise<outcome> promise;
  auto answer = promise.get_future();
  loop.submit(order_for(server.url("/a")), [&](outcome x) { promise.set_value(std::move(x)); });
  BOOST_TEST(code_of(answer_of(answer)) == "storage_full");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(held_bodies)

BOOST_AUTO_TEST_CASE(bodies_in_memory_are_counted_until_they_are_let_go) {
  fetching f;
  auto x = f.fetch("/a", page(std::string(3'000, 'x')));
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(f.loop().count().held_bytes == 3'000u);
  auto copy = x->body;
  x = fail(errc::none);
  BOOST_TEST(f.loop().count().held_bytes == 3'000u);
  copy = {};
  BOOST_TEST(f.loop().count().held_bytes == 0u);
}

BOOST_AUTO_TEST_CASE(bodies_wait_until_earlier_ones_are_let_go) {
  auto s = loopback_settings();
  s.fetch.held_bytes = 2'000;
  fetching f{s};
  auto first = f.fetch("/a", page(std::string(3'000, 'x')));
  BOOST_REQUIRE_MESSAGE(first, code_of(first));

  f.server().on("/b", page(std::string(10, 'y')));
  auto second = f.start(order_for(f.server().url("/b"), 2));
  BOOST_REQUIRE(f.server().wait_for_answers("/b", 1));
  BOOST_TEST((second.wait_for(300ms) == std::future_status::timeout));

  first = fail(errc::none);
  const auto x = answer_of(second);
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->body.view() == std::string(10, 'y'));
}

BOOST_AUTO_TEST_CASE(many_waiting_bodies_all_arrive) {
  auto s = loopback_settings();
  s.fetch.held_bytes = 1'000;
  fetching f{s};
  std::vector<std::future<outcome>> answers;
  for (uint64_t i = 1; i <= 12; ++i) {
    const auto path = "/" + std::to_string(i);
    f.server().on(path, page(std::string(60'000, 'x')));
    answers.push_back(f.start(order_for(f.server().url(path), i)));
  }
  // Which comes first is not said: each is let go as it comes, which lets another one in.
  std::atomic<size_t> done = 0;
  std::vector<std::thread> takers;
  for (auto& a : answers)
    takers.emplace_back([&done, &a] {
      if (a.wait_for(patience) == std::future_status::ready) done += a.get().has_value();
    });
  for (auto& t : takers)
    t.join();
  BOOST_TEST(done == 12u);
  BOOST_TEST(f.loop().count().held_bytes == 0u);
}

BOOST_AUTO_TEST_CASE(a_body_that_waits_can_be_cancelled) {
  auto s = loopback_settings();
  s.fetch.held_bytes = 2'000;
  fetching f{s};
  const auto first = f.fetch("/a", page(std::string(3'000, 'x')));
  f.server().on("/b", page("y"));
  auto second = f.start(order_for(f.server().url("/b"), 2));
  BOOST_REQUIRE(f.server().wait_for_answers("/b", 1));
  f.loop().cancel(item_id{2}, {1, 1});
  BOOST_TEST(code_of(answer_of(second)) == "cancelled");
}

BOOST_AUTO_TEST_CASE(a_body_may_outlive_the_loop) {
  outcome x = fail(errc::none);
  {
    fetching f;
    x = f.fetch("/a", page("still here"));
  }
  BOOST_REQUIRE_MESSAGE(x, code_of(x));
  BOOST_TEST(x->body.view() == "still here");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(given_up_transfers)

BOOST_AUTO_TEST_CASE(cancelling_closes_the_connection) {
  fetching f;
  f.server().on("/silent", {"", afterwards::hold});
  auto answer = f.start(order_for(f.server().url("/silent"), 5, 2));
  BOOST_REQUIRE(f.server().wait_for_answers("/silent", 1));
  f.loop().cancel(item_id{5}, {1, 2});
  BOOST_TEST(code_of(answer_of(answer)) == "cancelled");
  BOOST_TEST(f.server().wait_for_hangup());
}

BOOST_AUTO_TEST_CASE(cancelling_names_one_try_only) {
  fetching f;
  f.server().on("/silent", {"", afterwards::hold});
  auto answer = f.start(order_for(f.server().url("/silent"), 5, 2));
  BOOST_REQUIRE(f.server().wait_for_answers("/silent", 1));
  f.loop().cancel(item_id{5}, {1, 1});
  f.loop().cancel(item_id{6}, {1, 2});
  // Before a restart: another try that happens to have the same number.
  f.loop().cancel(item_id{5}, {0, 2});
  f.fetch("/other", page("x"));
  BOOST_TEST((answer.wait_for(0s) == std::future_status::timeout));
  f.loop().cancel(item_id{5}, {1, 2});
  BOOST_TEST(code_of(answer_of(answer)) == "cancelled");
}

BOOST_AUTO_TEST_CASE(cancelling_what_is_done_does_nothing) {
  fetching f;
  BOOST_TEST(code_of(f.fetch("/a", page("x"))) == "none");
  f.loop().cancel(item_id{1}, {1, 1});
  BOOST_TEST(code_of(f.fetch("/a", page("x"))) == "none");
}

BOOST_AUTO_TEST_CASE(a_loop_that_ends_answers_everything) {
  fetching f;
  f.server().on("/silent", {"", afterwards::hold});
  std::vector<std::future<outcome>> answers;
  for (uint64_t i = 1; i <= 5; ++i)
    answers.push_back(f.start(order_for(f.server().url("/silent"), i)));
  BOOST_REQUIRE(f.server().wait_for_answers("/silent", 1));
  f.stop();
  for (auto& a : answers) {
    BOOST_REQUIRE((a.wait_for(0s) == std::future_status::ready));
    BOOST_TEST(code_of(a.get()) == "cancelled");
  }
  BOOST_TEST(f.server().wait_for_hangup());
}

BOOST_AUTO_TEST_SUITE_END()
