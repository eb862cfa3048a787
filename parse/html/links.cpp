#include "parse/html/links.hpp"

#include "model/text.hpp"

#include <boost/url.hpp>

#include <cstdio>

namespace troupe {
namespace {

/// Percent-encodes what a URL may not hold, and what would end a link in Markdown.
std::string encode(std::string_view s) {
  std::string out;
  for (const char c : s) {
    const auto u = static_cast<uint8_t>(c);
    if (u <= ' ' || u >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' ||
        c == '{' || c == '|' || c == '}') {
      char hex[4];
      std::snprintf(hex, sizeof hex, "%%%02X", u);
      out += hex;
    } else {
      out += c;
    }
  }
  return out;
}

} // namespace

struct link_resolver::state {
  boost::urls::url base;
  bool usable = false;
};

link_resolver::link_resolver(std::string_view base)
    : state_(std::make_unique<state>()) {
  const auto text = encode(trim(base));
  if (auto parsed = boost::urls::parse_uri(text)) {
    state_->base = *parsed;
    state_->base.remove_fragment();
    if (state_->base.encoded_path().empty()) state_->base.set_encoded_path("/");
    state_->usable = state_->base.has_authority();
  }
}
link_resolver::~link_resolver() = default;

std::string link_resolver::resolve(std::string_view reference) const {
  const auto text = encode(trim(reference));
  const auto colon = text.find(':');
  if (colon != std::string::npos && text.find_first_of("/?#") > colon) {
    auto scheme = text.substr(0, colon);
    for (char& c : scheme)
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (scheme == "javascript" || scheme == "data" || scheme == "vbscript" || scheme == "about") return {};
    return text;
  }
  if (text.empty()) return {};
  const auto parsed = boost::urls::parse_uri_reference(text);
  if (!state_->usable || !parsed) return text;
  boost::urls::url out;
  if (!boost::urls::resolve(state_->base, *parsed, out)) return text;
  return std::string(out.buffer());
}

} // namespace troupe
