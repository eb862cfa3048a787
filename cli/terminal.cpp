#include "cli/terminal.hpp"

#include "model/text.hpp"

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

namespace troupe::cli {
namespace {

constexpr unsigned usual_columns = 80;

bool locale_is_utf8() {
  for (const auto* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const char* value = std::getenv(name); value && *value)
      return ascii_lower(value).find("utf-8") != std::string::npos ||
             ascii_lower(value).find("utf8") != std::string::npos;
  return false;
}

/// The next character of a text and how many bytes it has; what is no UTF-8 is one byte.
std::pair<char32_t, size_t> next_of(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  const size_t bytes = lead < 0x80   ? 1
                       : lead < 0xc0 ? 0
                       : lead < 0xe0 ? 2
                       : lead < 0xf0 ? 3
                       : lead < 0xf8 ? 4
                                     : 0;
  if (bytes == 0 || bytes > text.size()) return {0xfffd, 1};
  char32_t c = bytes == 1 ? lead : lead & (0xff >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((static_cast<uint8_t>(text[i]) & 0xc0) != 0x80) return {0xfffd, 1};
    c = c << 6 | (static_cast<uint8_t>(text[i]) & 0x3f);
  }
  return {c, bytes};
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

size_t width_of(char32_t c) {
  static const bool known = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
  const int w = known ? wcwidth(static_cast<wchar_t>(c)) : 1;
  return w < 0 ? 1 : static_cast<size_t>(w);
}

} // namespace

screen screen::of(int fd) {
  screen s;
  s.terminal = isatty(fd) != 0;
  s.utf8 = locale_is_utf8();
  if (!s.terminal) return s;
  winsize w{};
  s.columns = ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : usual_columns;
  const char* term = std::getenv("TERM");
  const char* none = std::getenv("NO_COLOR");
  s.colours = !(none && *none) && term && std::string_view(term) != "dumb";
  return s;
}

std::string clean(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto [c, bytes] = next_of(text);
    if (is_control(c) || c == 0xfffd)
      out += '?';
    else
      out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return out;
}

size_t width_of(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    const auto [c, bytes] = next_of(text);
    columns += width_of(c);
    text.remove_prefix(bytes);
  }
  return columns;
}

std::string cut(std::string_view text, size_t columns, bool utf8) {
  if (width_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::string out;
  size_t used = 0;
  while (!text.empty()) {
    const auto [c, bytes] = next_of(text);
    if (used + width_of(c) > columns - 1) break;
    used += width_of(c);
    out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return out + (utf8 ? "…" : "~");
}

std::string grouped(uint64_t n) {
  auto digits = std::to_string(n);
  for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

std::string bytes_text(uint64_t n) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  auto value = double(n);
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit)
    value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

std::string duration_text(std::chrono::seconds s) {
  const auto n = std::max<int64_t>(0, s.count());
  char text[48];
  if (n < 60)
    std::snprintf(text, sizeof text, "%llds", static_cast<long long>(n));
  else if (n < 3600)
    std::snprintf(text, sizeof text, "%lldm%02llds", static_cast<long long>(n / 60),
                  static_cast<long long>(n % 60));
  else
    std::snprintf(text, sizeof text, "%lldh%02lldm", static_cast<long long>(n / 3600),
                  static_cast<long long>(n / 60 % 60));
  return text;
}

// -- tables ---------------------------------------------------------------------------------------------

table::table(std::vector<std::string> names)
    : names_(std::move(names)) {
  for (auto& n : names_) {
    numbers_.push_back(n.starts_with('>'));
    if (numbers_.back()) n.erase(0, 1);
    widths_.push_back(width_of(n));
  }
}

void table::add(std::vector<std::string> row) {
  for (size_t i = 0; i < row.size(); ++i) {
    row[i] = clean(row[i]);
    widths_[i] = std::max(widths_[i], width_of(row[i]));
  }
  rows_.push_back(std::move(row));
}

void table::print(std::ostream& to, const screen& on) const {
  if (on.colours) to << "\033[1m";
  print_row(to, on, names_);
  if (on.colours) to << "\033[0m";
  for (const auto& row : rows_)
    print_row(to, on, row);
}

void table::print_row(std::ostream& to, const screen& on, const std::vector<std::string>& row) const {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    const bool last = i + 1 == row.size();
    const std::string gap(widths_[i] - std::min(widths_[i], width_of(row[i])), ' ');
    line += numbers_[i] ? gap + row[i] : last ? row[i] : row[i] + gap;
    if (!last) line += "  ";
  }
  to << (on.columns > 0 ? cut(line, on.columns, on.utf8) : line) << "\n";
}

// -- progress -------------------------------------------------------------------------------------------

std::string progress_line::numbers(const progress& p) const {
  auto out = grouped(p.ended()) + "/" + grouped(p.total);
  if (p.failed > 0) out += "  " + grouped(p.failed) + " failed";
  if (p.processing > 0) out += "  " + grouped(p.processing) + " in work";
  const auto took = std::chrono::duration<double>(clock::now() - begun_).count();
  const auto done = before_ == ~uint64_t{0} ? 0 : p.ended() - std::min(p.ended(), before_);
  if (took > 1 && done > 0) {
    const auto rate = double(done) / took;
    char text[32];
    std::snprintf(text, sizeof text, rate < 10 ? "  %.1f/s" : "  %.0f/s", rate);
    out += text;
    if (p.ended() < p.total)
      out += "  eta " + duration_text(std::chrono::seconds{int64_t(double(p.total - p.ended()) / rate) + 1});
  }
  return out;
}

/// What does not fit is left out: first the state, then the bar, then the end of the numbers.
std::string progress_line::bar(const progress& p, const screen& on) const {
  const auto share = p.total == 0 ? 1.0 : double(p.ended()) / double(p.total);
  char percent[16];
  std::snprintf(percent, sizeof percent, "%5.1f%%  ", share * 100);
  const auto text = percent + numbers(p);
  const auto state = "  " + p.state;
  const auto room = on.columns > 0 ? on.columns - 1 : usual_columns;
  const auto used = width_of(text) + 1;
  if (used + 10 > room) return cut(text, room, on.utf8);
  const bool with_state = used + state.size() + 12 <= room;
  const auto cells = std::min<size_t>(40, room - used - (with_state ? state.size() : 0));
  const auto full = static_cast<size_t>(share * double(cells));
  std::string out;
  for (size_t i = 0; i < cells; ++i)
    out += on.utf8 ? (i < full ? "█" : "░") : (i < full ? "#" : ".");
  return out + " " + text + (with_state ? state : "");
}

void progress_line::draw(const std::string& line) {
  std::cerr << "\r" << line << "\033[K" << std::flush;
  open_ = true;
}

void progress_line::show(const progress& p) {
  if (before_ == ~uint64_t{0}) before_ = p.ended();
  const auto on = screen::of(STDERR_FILENO);
  if (on.terminal) return draw(bar(p, on));
  pending_ = numbers(p) + "  " + p.state;
  if (pending_ == last_ || clock::now() - drawn_ < std::chrono::seconds{1}) return;
  drawn_ = clock::now();
  last_ = pending_;
  std::cerr << last_ << "\n";
}

void progress_line::say(const std::string& text) {
  const auto on = screen::of(STDERR_FILENO);
  if (on.terminal) return draw(cut(text, on.columns - 1, on.utf8));
  if (text != last_) std::cerr << text << "\n";
  last_ = text;
}

void progress_line::end() {
  if (open_) std::cerr << "\n";
  if (!open_ && !pending_.empty() && pending_ != last_) std::cerr << pending_ << "\n";
  open_ = false;
  pending_.clear();
}

} // namespace troupe::cli
