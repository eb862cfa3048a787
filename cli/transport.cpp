#include "cli/transport.hpp"

#include <curl/curl.h>

#include <memory>

namespace troupe::cli {
namespace {

constexpr long request_seconds = 300;
constexpr long connect_seconds = 10;

size_t append(char* data, size_t, size_t n, void* to) {
  static_cast<std::string*>(to)->append(data, n);
  return n;
}

using easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

easy make(const std::string& url, std::string& body) {
  easy c{curl_easy_init(), curl_easy_cleanup};
  curl_easy_setopt(c.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(c.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(c.get(), CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(c.get(), CURLOPT_TIMEOUT, request_seconds);
  curl_easy_setopt(c.get(), CURLOPT_CONNECTTIMEOUT, connect_seconds);
  curl_easy_setopt(c.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c.get(), CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  return c;
}

} // namespace

client::client(std::string server, std::string key)
    : server_(std::move(server))
    , key_(std::move(key)) {
  while (server_.ends_with('/'))
    server_.pop_back();
}

result<reply> client::get(const std::string& path) const {
  return send(path, nullptr);
}
result<reply> client::post(const std::string& path, const std::string& json) const {
  return send(path, &json);
}

result<reply> client::send(const std::string& path, const std::string* json) const {
  reply r;
  const auto c = make(server_ + path, r.body);
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  if (!key_.empty()) headers = curl_slist_append(headers, ("Authorization: Bearer " + key_).c_str());
  curl_easy_setopt(c.get(), CURLOPT_HTTPHEADER, headers);
  if (json) {
    curl_easy_setopt(c.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(json->size()));
    curl_easy_setopt(c.get(), CURLOPT_POSTFIELDS, json->data());
  }
  const auto code = curl_easy_perform(c.get());
  curl_slist_free_all(headers);
  if (code != CURLE_OK) return fail(errc::connect_refused, server_ + ": " + curl_easy_strerror(code));
  curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &r.status);
  return r;
}

result<std::string> download(const std::string& url, std::string& content_type, std::string& final_url) {
  std::string body;
  const auto c = make(url, body);
  curl_easy_setopt(c.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(c.get(), CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(c.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(c.get(), CURLOPT_USERAGENT, "Troupe/" TROUPE_VERSION);
  if (const auto code = curl_easy_perform(c.get()); code != CURLE_OK)
    return fail(errc::fetch_failed, curl_easy_strerror(code));
  char* text = nullptr;
  if (curl_easy_getinfo(c.get(), CURLINFO_CONTENT_TYPE, &text) == CURLE_OK && text) content_type = text;
  if (curl_easy_getinfo(c.get(), CURLINFO_EFFECTIVE_URL, &text) == CURLE_OK && text) final_url = text;
  return body;
}

} // namespace troupe::cli
