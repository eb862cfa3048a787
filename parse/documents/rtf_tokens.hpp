#pragma once
/// What RTF is made of (Rich Text Format Specification 1.9.1, "RTF Syntax").

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace troupe::documents {

struct rtf_token {
  enum class kind : uint8_t {
    open,
    close,
    /// A control word, with a number or without.
    word,
    /// A control symbol but `\'`.
    symbol,
    /// A byte of text as it stands.
    byte,
    /// A byte of text as `\'hh`.
    hex,
    end,
  };
  kind is = kind::end;
  std::string_view word;
  /// The word's number; 1 without one.
  long value = 1;
  bool given = false;
  /// The symbol, or the byte.
  char c = '\0';
  /// Of a symbol: the token before it was its group's `{`.
  bool first = false;

  /// As words such as `\b` say it: off is `\b0`.
  bool on() const { return !given || value != 0; }
};

class rtf_tokens {
public:
  explicit rtf_tokens(std::string_view data)
      : data_(data) {}

  /// Ends of lines between tokens mean nothing and are passed over.
  rtf_token next();
  /// Passes over the bytes that follow, as those of `\bin`; less than 0 is none.
  void skip(long bytes);

private:
  rtf_token read();
  rtf_token control();
  rtf_token word();
  rtf_token hex();
  /// Passes over those that are so, `most` at the most.
  template <class Is>
  void pass(Is is, size_t most);

  std::string_view data_;
  size_t at_ = 0;
  rtf_token::kind last_ = rtf_token::kind::end;
};

} // namespace troupe::documents
