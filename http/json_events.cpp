#include "http/json_events.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/src.hpp>

#include <array>
#include <cmath>
#include <cstdlib>

namespace troupe::http {
namespace {

namespace bj = boost::json;
using error = bj::error_code;

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

/// What Boost.JSON calls: texts that it hands over in parts are put together.
class handler {
public:
  static constexpr size_t max_object_size = SIZE_MAX;
  static constexpr size_t max_array_size = SIZE_MAX;
  static constexpr size_t max_key_size = SIZE_MAX;
  static constexpr size_t max_string_size = SIZE_MAX;

  explicit handler(json_events& to)
      : to_(to) {}
  bool stopped() const { return stopped_; }

  bool on_document_begin(error&) { return true; }
  bool on_document_end(error&) { return true; }
  bool on_object_begin(error& e) { return told(to_.begin_object(), e); }
  bool on_object_end(size_t, error& e) { return told(to_.end_object(), e); }
  bool on_array_begin(error& e) { return told(to_.begin_array(), e); }
  bool on_array_end(size_t, error& e) { return told(to_.end_array(), e); }
  bool on_key_part(bj::string_view part, size_t, error&) { return keep(part); }
  bool on_key(bj::string_view last, size_t, error& e) { return whole(last, e, &json_events::key); }
  bool on_string_part(bj::string_view part, size_t, error&) { return keep(part); }
  bool on_string(bj::string_view last, size_t, error& e) { return whole(last, e, &json_events::string); }
  bool on_number_part(bj::string_view part, error&) { return keep(part); }
  bool on_int64(int64_t v, bj::string_view, error& e) { return number_ended(to_.integer(v), e); }
  bool on_uint64(uint64_t v, bj::string_view, error& e) { return number_ended(to_.large_integer(v), e); }
  /// The parser's own value may be off by a unit in the last place.
  bool on_double(double, bj::string_view last, error& e) {
    keep(last);
    const double v = std::strtod(kept_.c_str(), nullptr);
    if (std::isfinite(v)) return number_ended(to_.number(v, kept_), e);
    e = bj::error::exponent_overflow;
    return false;
  }
  bool on_bool(bool v, error& e) { return told(to_.boolean(v), e); }
  bool on_null(error& e) { return told(to_.null(), e); }
  bool on_comment_part(bj::string_view, error&) { return true; }
  bool on_comment(bj::string_view, error&) { return true; }

private:
  bool told(bool goes_on, error& e) {
    stopped_ = !goes_on;
    if (stopped_) e = make_error_code(boost::system::errc::operation_canceled);
    return goes_on;
  }
  bool keep(bj::string_view part) {
    kept_.append(part.data(), part.size());
    return true;
  }
  bool number_ended(bool goes_on, error& e) {
    kept_.clear();
    return told(goes_on, e);
  }
  bool whole(bj::string_view last, error& e, bool (json_events::*event)(std::string_view)) {
    if (kept_.empty()) return told((to_.*event)({last.data(), last.size()}), e);
    keep(last);
    const bool goes_on = (to_.*event)(kept_);
    kept_.clear();
    return told(goes_on, e);
  }

  json_events& to_;
  std::string kept_;
  bool stopped_ = false;
};

class reading {
public:
  explicit reading(json_events& to)
      : parser_(options(), to) {}

  /// False: there is nothing more to be had of the text.
  bool take(std::string_view block, bool more) {
    if (at_ == 0 && block.starts_with(byte_order_mark)) {
      at_ = byte_order_mark.size();
      block.remove_prefix(at_);
    }
    const auto used = parser_.write_some(more, block.data(), block.size(), error_);
    at_ += used;
    if (!error_ && used < block.size()) error_ = bj::error::extra_data;
    return !error_;
  }
  failure outcome() const {
    if (!error_ || parser_.handler().stopped()) return fail(errc::none);
    return fail(errc::invalid_request,
                "the body: not JSON at byte " + std::to_string(at_) + ": " + error_.message());
  }

private:
  static bj::parse_options options() {
    bj::parse_options o;
    o.max_depth = 256;
    return o;
  }
  uint64_t at_ = 0;
  /// Never first: it takes a text that ends where it begins itself (basic_parser::sentinel) for one that is
  /// not over yet.
  bj::basic_parser<handler> parser_;
  error error_;
};

} // namespace

failure read_json(std::string_view text, json_events& to) {
  reading r{to};
  r.take(text, false);
  return r.outcome();
}

failure read_json(std::FILE* file, json_events& to) {
  reading r{to};
  std::array<char, 65'536> block;
  for (;;) {
    const auto n = std::fread(block.data(), 1, block.size(), file);
    if (std::ferror(file)) return fail(errc::storage_error, "the body cannot be read again");
    if (!r.take({block.data(), n}, n == block.size()) || n < block.size()) return r.outcome();
  }
}

} // namespace troupe::http
