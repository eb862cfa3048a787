#include "fetch/url.hpp"

#include "fetch/plain_url.hpp"
#include "model/text.hpp"

#include <curl/curl.h>

#include <memory>

namespace troupe {
namespace {

using handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(const handle& u, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(u.get(), what, &text, flags) != CURLUE_OK) return {};
  std::string out{text};
  curl_free(text);
  return out;
}

handle parse(std::string_view text, CURLUcode& code, unsigned flags = 0) {
  handle u{curl_url(), curl_url_cleanup};
  code = curl_url_set(u.get(), CURLUPART_URL, std::string(text).c_str(), flags);
  return u;
}

} // namespace

result<std::string> normalize_url(std::string_view text, size_t longest) {
  text = trim(text);
  if (text.empty()) return fail(errc::invalid_url, "the URL is empty");
  if (text.find('\0') != text.npos) return fail(errc::invalid_url, "the URL holds a NUL byte");
  if (text.size() > longest)
    return fail(errc::url_too_long, "the URL is longer than " + std::to_string(longest) + " bytes");
  if (split_plain(text)) return std::string(text);
  CURLUcode code{};
  const auto u = parse(text, code, CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return fail(errc::invalid_url, curl_url_strerror(code));
  const auto scheme = part(u, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return fail(errc::unsupported_scheme, "the scheme is " + scheme);
  if (part(u, CURLUPART_HOST).empty()) return fail(errc::invalid_url, "the URL names no host");
  curl_url_set(u.get(), CURLUPART_FRAGMENT, nullptr, 0);
  auto out = part(u, CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
  const auto host_end = std::min(out.find_first_of("/?#", scheme.size() + 3), out.size());
  // User names keep their case.
  const auto at_sign = out.rfind('@', host_end);
  for (auto i = at_sign == out.npos ? scheme.size() + 3 : at_sign; i < host_end; ++i)
    if (out[i] >= 'A' && out[i] <= 'Z') out[i] = static_cast<char>(out[i] + 32);
  return out;
}

result<std::string> resolve_url(std::string_view base, std::string_view reference, size_t longest) {
  CURLUcode code{};
  const auto u = parse(base, code);
  // Set over a URL that is there, a relative one is resolved against it (RFC 3986 section 5).
  if (code == CURLUE_OK)
    code = curl_url_set(u.get(), CURLUPART_URL, std::string(trim(reference)).c_str(),
                        CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) return fail(errc::invalid_url, curl_url_strerror(code));
  return normalize_url(part(u, CURLUPART_URL), longest);
}

std::string host_of(std::string_view url) {
  if (const auto plain = split_plain(url)) {
    const auto port = plain->port.empty() ? plain->scheme == "http" ? "80" : "443" : plain->port;
    return std::string(plain->host).append(":").append(port);
  }
  CURLUcode code{};
  const auto u = parse(url, code);
  if (code != CURLUE_OK) return {};
  return part(u, CURLUPART_HOST) + ":" + part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

std::string robots_url(std::string_view url) {
  if (const auto plain = split_plain(url))
    return std::string(plain->scheme).append("://").append(host_of(url)).append("/robots.txt");
  CURLUcode code{};
  const auto u = parse(url, code);
  if (code != CURLUE_OK) return {};
  return part(u, CURLUPART_SCHEME) + "://" + part(u, CURLUPART_HOST) + ":" +
         part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT) + "/robots.txt";
}

std::string path_of(std::string_view url) {
  if (const auto plain = split_plain(url)) return std::string(plain->path);
  CURLUcode code{};
  const auto u = parse(url, code);
  if (code != CURLUE_OK) return "/";
  const auto query = part(u, CURLUPART_QUERY);
  return part(u, CURLUPART_PATH) + (query.empty() ? "" : "?" + query);
}

} // namespace troupe
