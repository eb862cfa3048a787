#include "fetch/plain_url.hpp"

#include <array>

namespace troupe {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";

using characters = std::array<bool, 256>;
constexpr characters set_of(std::initializer_list<std::string_view> parts) {
  characters set{};
  for (const auto part : parts)
    for (const char c : part)
      set[static_cast<unsigned char>(c)] = true;
  return set;
}
constexpr auto of_host = set_of({letters, digits, "-."});
constexpr auto of_number = set_of({digits});
constexpr auto of_path = set_of({letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", digits, "-._~!$&'()*+,;=:@/?"});

/// Takes from the front of `text` what is in the set.
std::string_view take(std::string_view& text, const characters& set) {
  size_t n = 0;
  while (n < text.size() && set[static_cast<unsigned char>(text[n])])
    ++n;
  const auto taken = text.substr(0, n);
  text.remove_prefix(n);
  return taken;
}

/// A decimal number up to `most` without leading zeros; -1 for anything else.
int number_of(std::string_view text, int most) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0')) return -1;
  int n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    n = n * 10 + (c - '0');
  }
  return n <= most ? n : -1;
}

bool is_address(std::string_view host) {
  for (int parts = 1;; ++parts) {
    const auto end = host.find('.');
    if (number_of(host.substr(0, end), 255) < 0) return false;
    if (end == host.npos) return parts == 4;
    host.remove_prefix(end + 1);
  }
}

/// A host whose last label begins with a letter is no number in any spelling.
bool is_name(std::string_view host) {
  const auto last = host.substr(host.rfind('.') + 1);
  return !last.empty() && last.front() >= 'a' && last.front() <= 'z';
}

} // namespace

std::optional<plain_url> split_plain(std::string_view url) {
  plain_url out;
  out.scheme = url.substr(0, url.starts_with("https") ? 5 : 4);
  if (out.scheme != "http" && out.scheme != "https") return std::nullopt;
  url.remove_prefix(out.scheme.size());
  if (!url.starts_with("://")) return std::nullopt;
  url.remove_prefix(3);
  out.host = take(url, of_host);
  if (!is_name(out.host) && !is_address(out.host)) return std::nullopt;
  if (url.starts_with(':')) {
    url.remove_prefix(1);
    out.port = take(url, of_number);
    const auto number = number_of(out.port, 65'535);
    if (number <= 0 || number == (out.scheme == "http" ? 80 : 443)) return std::nullopt;
  }
  out.path = url;
  if (!take(url, of_path).starts_with('/') || !url.empty()) return std::nullopt;
  if (out.path.find("/.") != url.npos || out.path.ends_with('?')) return std::nullopt;
  return out;
}

} // namespace troupe
