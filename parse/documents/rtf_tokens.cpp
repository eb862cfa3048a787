#include "parse/documents/rtf_tokens.hpp"

#include "parse/documents/xml.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

namespace troupe::documents {
namespace {

constexpr size_t longest_number = 12;

bool letter(char c) {
  return std::isalpha(static_cast<uint8_t>(c));
}
bool digit(char c) {
  return std::isdigit(static_cast<uint8_t>(c));
}

} // namespace

template <class Is>
void rtf_tokens::pass(Is is, size_t most) {
  for (; most > 0 && at_ < data_.size() && is(data_[at_]); --most)
    ++at_;
}

rtf_token rtf_tokens::next() {
  const auto t = read();
  last_ = t.is;
  return t;
}

rtf_token rtf_tokens::read() {
  using kind = rtf_token::kind;
  pass([](char c) { return c == '\r' || c == '\n' || c == '\0'; }, data_.size());
  if (at_ >= data_.size()) return {};
  const char c = data_[at_++];
  if (c == '\\') return control();
  return {.is = c == '{' ? kind::open : c == '}' ? kind::close : kind::byte, .word = {}, .c = c};
}

rtf_token rtf_tokens::control() {
  if (at_ >= data_.size()) return {};
  if (letter(data_[at_])) return word();
  const char c = data_[at_++];
  if (c == '\'') return hex();
  return {.is = rtf_token::kind::symbol, .word = {}, .c = c, .first = last_ == rtf_token::kind::open};
}

rtf_token rtf_tokens::word() {
  const auto from = at_;
  pass(letter, data_.size());
  rtf_token t{.is = rtf_token::kind::word, .word = data_.substr(from, at_ - from)};
  const auto digits = at_;
  pass([](char c) { return c == '-'; }, 1);
  pass(digit, longest_number);
  t.given = at_ > digits;
  if (t.given) t.value = number(data_.substr(digits, at_ - digits));
  pass([](char c) { return c == ' '; }, 1);
  return t;
}

rtf_token rtf_tokens::hex() {
  const auto digits = std::string(data_.substr(at_, 2));
  skip(2);
  return {.is = rtf_token::kind::hex,
          .word = {},
          .c = static_cast<char>(std::strtoul(digits.c_str(), nullptr, 16))};
}

void rtf_tokens::skip(long bytes) {
  at_ += static_cast<size_t>(std::clamp<long>(bytes, 0, static_cast<long>(data_.size() - at_)));
}

} // namespace troupe::documents
