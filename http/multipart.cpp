#include "http/multipart.hpp"

#include "model/text.hpp"

#include <algorithm>
#include <vector>

namespace troupe::http {
namespace {

constexpr size_t longest_boundary = 70;
constexpr size_t longest_filename = 255;

failure bad(std::string why) {
  return fail(errc::invalid_request, "multipart: " + std::move(why));
}

/// Characters of a token (RFC 9110 section 5.6.2).
bool is_token(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
    return std::isalnum(static_cast<uint8_t>(c)) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

/// The parameters behind the first `;`, by lower-case name; quoted values unquoted.
std::vector<std::pair<std::string, std::string>> parameters(std::string_view value) {
  std::vector<std::pair<std::string, std::string>> out;
  auto at = value.find(';');
  while (at < value.size()) {
    const auto from = value.find_first_not_of("; \t", at);
    if (from == value.npos) break;
    const auto equals = value.find('=', from);
    if (equals == value.npos) break;
    auto name = ascii_lower(trim(value.substr(from, equals - from)));
    std::string text;
    at = equals + 1;
    if (at < value.size() && value[at] == '"') {
      for (++at; at < value.size() && value[at] != '"'; ++at) {
        // Old Internet Explorer sent paths: a backslash escapes a quote and itself, nothing else.
        if (value[at] == '\\' && at + 1 < value.size() && (value[at + 1] == '"' || value[at + 1] == '\\'))
          ++at;
        text += value[at];
      }
      at = value.find(';', at);
    } else {
      const auto end = std::min(value.find(';', at), value.size());
      text = trim(value.substr(at, end - at));
      at = end;
    }
    out.emplace_back(std::move(name), std::move(text));
  }
  return out;
}

/// `UTF-8''a%20b` (RFC 5987, RFC 8187).
std::string extended_value(std::string_view s) {
  const auto quote = s.find('\'');
  const auto second = quote == s.npos ? s.npos : s.find('\'', quote + 1);
  return percent_decode(second == s.npos ? s : s.substr(second + 1));
}

/// What browsers encode in names and file names: the quote and line ends.
std::string decode_browser(std::string_view s) {
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    const auto three = ascii_lower(s.substr(i, 3));
    const char decoded = three == "%22" ? '"' : three == "%0d" ? '\r' : three == "%0a" ? '\n' : '\0';
    out += decoded ? decoded : s[i];
    if (decoded) i += 2;
  }
  return out;
}

std::string base64_decoded(std::string_view s) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : s) {
    const auto digit = alphabet.find(c);
    if (digit == alphabet.npos) continue;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    if (++count % 4 != 1) out += static_cast<char>(bits >> (count % 4 == 2 ? 4 : count % 4 == 3 ? 2 : 0));
  }
  return out;
}

std::string quoted_printable_decoded(std::string_view s) {
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '=') {
      out += s[i];
    } else if (s.substr(i + 1).starts_with("\r\n")) {
      i += 2;
    } else {
      out += percent_decode("%" + std::string(s.substr(i + 1, 2)));
      i += 2;
    }
  }
  return out;
}

/// How much of `s` can be decoded without what follows.
size_t decodable(std::string_view s, bool base64) {
  if (base64) {
    const auto letters = static_cast<size_t>(
        std::count_if(s.begin(), s.end(), [](char c) { return c != '\r' && c != '\n' && c != ' '; }));
    auto keep = letters % 4;
    auto end = s.size();
    while (keep > 0 && end > 0)
      keep -= std::string_view("\r\n ").find(s[--end]) == std::string_view::npos;
    return end;
  }
  const auto equals = s.rfind('=');
  return equals != s.npos && s.size() - equals < 3 ? equals : s.size();
}

} // namespace

multipart_parser::multipart_parser(std::string_view boundary, const multipart_limits& limits,
                                   multipart_events events)
    : delimiter_("\r\n--" + std::string(boundary))
    , limits_(limits)
    , events_(std::move(events))
    // The first boundary stands at the start, as if after a line end.
    , pending_("\r\n") {}

failure multipart_parser::feed(std::string_view bytes) {
  if (state_ == state::epilogue) return fail(errc::none);
  if (state_ == state::broken) return bad("it is broken already");
  pending_.append(bytes);
  bool more = true;
  failure f = fail(errc::none);
  while (more && f.code == errc::none)
    f = step(more);
  if (f.code != errc::none) state_ = state::broken;
  pending_.erase(0, used_);
  used_ = 0;
  return f;
}

failure multipart_parser::finish() {
  return state_ == state::epilogue ? fail(errc::none) : bad("the closing boundary is missing");
}

/// `more` is left false when what is pending does not decide what comes next.
failure multipart_parser::step(bool& more) {
  more = false;
  switch (state_) {
  case state::start: return at_start(more);
  case state::delimiter: return after_delimiter(more);
  case state::head: return in_head(more);
  case state::body: return in_body(more);
  default: used_ = pending_.size(); return fail(errc::none);
  }
}

failure multipart_parser::at_start(bool& more) {
  auto rest = std::string_view(pending_).substr(used_);
  // Line ends before the first boundary are tolerated, nothing else is.
  while (rest.size() > 4 && rest.starts_with("\r\n\r\n")) {
    used_ += 2;
    rest.remove_prefix(2);
  }
  if (rest.size() < delimiter_.size())
    return std::string_view(delimiter_).starts_with(rest) || rest == "\r\n\r\n" || rest == "\r\n\r"
               ? fail(errc::none)
               : bad("it does not begin with its boundary");
  if (!rest.starts_with(delimiter_)) return bad("it does not begin with its boundary");
  used_ += delimiter_.size();
  state_ = state::delimiter;
  more = true;
  return fail(errc::none);
}

/// Behind a boundary: a line end and the next part, or two hyphens and the end. In a body anything else means
/// that it was no boundary.
failure multipart_parser::after_delimiter(bool& more) {
  const auto rest = std::string_view(pending_).substr(used_);
  if (rest.size() < 2) return fail(errc::none);
  if (rest.starts_with("\r\n") || rest.starts_with("--")) {
    if (in_part_)
      if (auto f = end_part(); f.code != errc::none) return f;
    state_ = rest[0] == '-' ? state::epilogue : state::head;
    used_ += 2;
    head_ = {};
    has_disposition_ = false;
    encoding_ = encoding::none;
    more = true;
    if (state_ == state::head && ++parts_ > limits_.parts)
      return fail(errc::too_large, "multipart: too many parts");
    return fail(errc::none);
  }
  if (!in_part_) return bad("the boundary is not followed by a line end");
  state_ = state::body;
  more = true;
  return deliver(delimiter_);
}

failure multipart_parser::in_head(bool& more) {
  const auto rest = std::string_view(pending_).substr(used_);
  const auto end = rest.find("\r\n");
  if (end == rest.npos || end > limits_.head_bytes)
    return rest.size() > limits_.head_bytes ? fail(errc::too_large, "multipart: a part's head is too long")
                                            : fail(errc::none);
  used_ += end + 2;
  more = true;
  if (end > 0) return header_line(rest.substr(0, end));
  if (!has_disposition_) return bad("a part has no Content-Disposition with a name");
  in_part_ = true;
  // An empty body has its boundary at once, without a line end of its own.
  used_ -= 2;
  state_ = state::body;
  const auto after = std::string_view(pending_).substr(used_);
  if (after.size() >= delimiter_.size() && after.starts_with(delimiter_)) return events_.begin(head_);
  used_ += 2;
  return events_.begin(head_);
}

failure multipart_parser::header_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == line.npos || !is_token(line.substr(0, colon)))
    return bad("a header line of a part is malformed");
  const auto name = ascii_lower(line.substr(0, colon));
  const auto value = trim(line.substr(colon + 1));
  if (value.find('\r') != value.npos || value.find('\n') != value.npos)
    return bad("a header of a part has a stray line end");
  if (name == "content-type") head_.content_type = value;
  if (name == "content-transfer-encoding") {
    const auto lower = ascii_lower(value);
    encoding_ = lower == "base64"             ? encoding::base64
                : lower == "quoted-printable" ? encoding::quoted_printable
                                              : encoding::none;
  }
  if (name != "content-disposition") return fail(errc::none);
  bool extended = false;
  for (auto& [key, text] : parameters(value)) {
    if (key == "name") {
      head_.name = decode_browser(text);
      has_disposition_ = true;
    } else if (key == "filename*") {
      head_.filename = extended_value(text);
      extended = true;
    } else if (key == "filename" && !extended) {
      head_.filename = decode_browser(text);
    }
  }
  return fail(errc::none);
}

failure multipart_parser::in_body(bool& more) {
  const auto rest = std::string_view(pending_).substr(used_);
  const auto at = rest.find(delimiter_);
  if (at != rest.npos) {
    auto f = deliver(rest.substr(0, at));
    used_ += at + delimiter_.size();
    state_ = state::delimiter;
    more = true;
    return f;
  }
  // The end may be the beginning of a boundary.
  auto keep = std::min(rest.size(), delimiter_.size() - 1);
  while (keep > 0 && !std::string_view(delimiter_).starts_with(rest.substr(rest.size() - keep)))
    --keep;
  used_ += rest.size() - keep;
  return deliver(rest.substr(0, rest.size() - keep));
}

failure multipart_parser::deliver(std::string_view bytes) {
  if (bytes.empty()) return fail(errc::none);
  if (encoding_ == encoding::none) return events_.data(bytes);
  undecoded_.append(bytes);
  const bool base64 = encoding_ == encoding::base64;
  const auto n = decodable(undecoded_, base64);
  const auto whole = undecoded_.substr(0, n);
  undecoded_.erase(0, n);
  return events_.data(base64 ? base64_decoded(whole) : quoted_printable_decoded(whole));
}

failure multipart_parser::end_part() {
  in_part_ = false;
  if (!undecoded_.empty()) {
    const auto rest = std::exchange(undecoded_, {});
    if (auto f = events_.data(encoding_ == encoding::base64 ? base64_decoded(rest)
                                                            : quoted_printable_decoded(rest));
        f.code != errc::none)
      return f;
  }
  return events_.end();
}

std::string boundary_of(std::string_view content_type) {
  if (ascii_lower(trim(content_type.substr(0, content_type.find(';')))) != "multipart/form-data") return {};
  for (auto& [name, value] : parameters(content_type))
    if (name == "boundary" && !value.empty() && value.size() <= longest_boundary &&
        value.find_first_of("\r\n") == value.npos)
      return value;
  return {};
}

std::string clean_filename(std::string_view sent) {
  const auto slash = sent.find_last_of("/\\");
  if (slash != sent.npos) sent.remove_prefix(slash + 1);
  std::string out;
  for (const char c : sent)
    if (static_cast<uint8_t>(c) >= ' ' && c != 0x7f) out += c;
  while (out.size() > longest_filename)
    out.pop_back();
  out = trim(valid_utf8(out));
  return out.empty() || out == "." || out == ".." ? "file" : out;
}

} // namespace troupe::http
