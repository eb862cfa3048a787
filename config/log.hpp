#pragma once
/// Structured logs: a message and its fields, as a line for people or one JSON object, on standard error.

#include "model/batch.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::log {

enum class level { trace, debug, info, warn, error, off };

/// A named value beside the message; ids of batches and items use the names `batch` and `item`.
struct field {
  std::string_view name;
  std::variant<std::string, int64_t> value;
  field(std::string_view n, std::string v)
      : name(n)
      , value(std::move(v)) {}
  field(std::string_view n, std::string_view v)
      : name(n)
      , value(std::string(v)) {}
  field(std::string_view n, const char* v)
      : name(n)
      , value(std::string(v)) {}
  field(batch_id id)
      : name("batch")
      , value(int64_t(raw(id))) {}
  field(item_id id)
      : name("item")
      , value(int64_t(raw(id))) {}
  template <std::integral T>
  field(std::string_view n, T v)
      : name(n)
      , value(int64_t(v)) {}
};

/// Sets level and form for the process; before any thread logs. `format` is `text` or `json`.
void start(std::string_view level, std::string_view format);

/// Writes one line. Any thread; never throws, never waits for more than the stream.
void write(level l, std::string_view message, std::initializer_list<field> fields = {});

inline void debug(std::string_view m, std::initializer_list<field> f = {}) {
  write(level::debug, m, f);
}
inline void info(std::string_view m, std::initializer_list<field> f = {}) {
  write(level::info, m, f);
}
inline void warn(std::string_view m, std::initializer_list<field> f = {}) {
  write(level::warn, m, f);
}
inline void error(std::string_view m, std::initializer_list<field> f = {}) {
  write(level::error, m, f);
}

} // namespace troupe::log
