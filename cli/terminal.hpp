#pragma once
/// What goes to people: tables, bars and texts that fit where they are shown.

#include <chrono>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// Where output goes.
struct screen {
  bool terminal = false;
  /// 0: any number.
  unsigned columns = 0;
  bool utf8 = false;
  bool colours = false;

  /// Of a descriptor as it is now: a window may change its size. `NO_COLOR` and the locale are heeded.
  static screen of(int fd);
};

/// Text of others, made harmless: control characters, which move the cursor or do worse, become `?`.
std::string clean(std::string_view text);
/// How many columns a text of UTF-8 takes.
size_t width_of(std::string_view text);
/// The text, cut with an ellipsis where it takes more columns.
std::string cut(std::string_view text, size_t columns, bool utf8);

/// `1,234,567`.
std::string grouped(uint64_t n);
/// `1.5 GiB`.
std::string bytes_text(uint64_t n);
/// `1m20s`, `45s`, `3h05m`.
std::string duration_text(std::chrono::seconds s);

/// Rows in columns. In a terminal the last column is cut to the window; elsewhere nothing is.
class table {
public:
  /// Names that begin with `>` are of columns of numbers.
  explicit table(std::vector<std::string> names);
  void add(std::vector<std::string> row);
  size_t rows() const { return rows_.size(); }
  void print(std::ostream& to, const screen& on) const;

private:
  void print_row(std::ostream& to, const screen& on, const std::vector<std::string>& row) const;
  std::vector<std::string> names_;
  std::vector<bool> numbers_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> widths_;
};

/// How far a batch is.
struct progress {
  uint64_t total = 0;
  uint64_t succeeded = 0;
  uint64_t failed = 0;
  uint64_t processing = 0;
  std::string state;
  uint64_t ended() const { return succeeded + failed; }
};

/// A line that is drawn over again in a terminal; elsewhere a new line at each change, at most one a second.
/// Both on standard error.
class progress_line {
public:
  void show(const progress& p);
  /// Something in the place of the bar.
  void say(const std::string& text);
  /// Leaves the last line standing.
  void end();

private:
  using clock = std::chrono::steady_clock;
  std::string bar(const progress& p, const screen& on) const;
  std::string numbers(const progress& p) const;
  void draw(const std::string& line);

  clock::time_point begun_ = clock::now();
  clock::time_point drawn_{};
  uint64_t before_ = ~uint64_t{0};
  std::string last_;
  std::string pending_;
  bool open_ = false;
};

} // namespace troupe::cli
