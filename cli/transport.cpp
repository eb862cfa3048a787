#include "cli/transport.hpp"

#include "cli/interrupt.hpp"

#include <curl/curl.h>

#include <memory>

namespace troupe::cli {
namespace {

constexpr long request_seconds = 300;
constexpr long connect_seconds = 10;
constexpr long clean_up_seconds = 5;

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

client::client(server_access with)
    : with_(std::move(with)) {
  while (with_.server.ends_with('/'))
    with_.server.pop_back();
}

namespace {

/// What an answer goes to while it comes.
struct receiving {
  CURL* from;
  const request& r;
  reply& into;
};

size_t take(char* data, size_t, size_t n, void* to) {
  auto& x = *static_cast<receiving*>(to);
  long status = 0;
  curl_easy_getinfo(x.from, CURLINFO_RESPONSE_CODE, &status);
  if (x.r.sink && status < 300) return x.r.sink({data, n}) ? n : 0;
  x.into.body.append(data, n);
  return n;
}

int check_interrupt(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return interrupted() ? 1 : 0;
}

/// Headers, multipart body: what has to live as long as a transfer.
struct parts {
  curl_slist* headers = nullptr;
  curl_mime* mime = nullptr;
  ~parts() {
    curl_slist_free_all(headers);
    curl_mime_free(mime);
  }
  void header(const std::string& line) { headers = curl_slist_append(headers, line.c_str()); }
};

void add_files(CURL* c, parts& p, const std::vector<std::string>& files) {
  p.mime = curl_mime_init(c);
  for (const auto& path : files) {
    auto* part = curl_mime_addpart(p.mime);
    curl_mime_name(part, "files");
    curl_mime_filedata(part, path.c_str());
  }
  curl_easy_setopt(c, CURLOPT_MIMEPOST, p.mime);
}

void set_request(CURL* c, parts& p, const request& r) {
  if (r.method != "GET") curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, r.method.c_str());
  if (!r.files.empty()) return add_files(c, p, r.files);
  if (r.method != "POST" && r.body.empty()) return;
  p.header("Content-Type: " + r.content_type);
  curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(r.body.size()));
  curl_easy_setopt(c, CURLOPT_POSTFIELDS, r.body.data());
}

void set_limits(CURL* c, const request& r) {
  if (r.cleans_up) {
    curl_easy_setopt(c, CURLOPT_TIMEOUT, clean_up_seconds);
    return;
  }
  curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, check_interrupt);
  if (!r.long_lived && r.files.empty()) return;
  curl_easy_setopt(c, CURLOPT_TIMEOUT, 0L);
  // A server that is gone without a word is noticed by TCP.
  curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
}

failure failure_of(CURLcode code, const std::string& server, const request& r) {
  if (interrupted() && !r.cleans_up) return fail(errc::cancelled, "interrupted");
  switch (code) {
  case CURLE_WRITE_ERROR: return fail(errc::cancelled, "what was taken from the answer could not be used");
  case CURLE_READ_ERROR:
  case CURLE_FILE_COULDNT_READ_FILE: return fail(errc::invalid_request, "a file cannot be read");
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
    return fail(errc::invalid_request, "--server: \"" + server + "\" is no address of a server");
  case CURLE_SSL_CACERT_BADFILE: return fail(errc::invalid_request, "--ca: the certificates cannot be read");
  default: return fail(errc::connect_refused, server + ": " + curl_easy_strerror(code));
  }
}

} // namespace

result<reply> client::send(const request& r) const {
  reply out;
  const auto c = make(with_.server + r.path, out.body);
  receiving to{c.get(), r, out};
  curl_easy_setopt(c.get(), CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(c.get(), CURLOPT_WRITEDATA, &to);
  if (!with_.ca.empty()) curl_easy_setopt(c.get(), CURLOPT_CAINFO, with_.ca.c_str());
  parts p;
  set_request(c.get(), p, r);
  set_limits(c.get(), r);
  if (!with_.key.empty()) p.header("Authorization: Bearer " + with_.key);
  for (const auto& line : r.headers)
    p.header(line);
  curl_easy_setopt(c.get(), CURLOPT_HTTPHEADER, p.headers);
  const auto code = curl_easy_perform(c.get());
  if (code != CURLE_OK) return failure_of(code, with_.server, r);
  curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &out.status);
  if (curl_header* found = nullptr;
      curl_easy_header(c.get(), "etag", 0, CURLH_HEADER, -1, &found) == CURLHE_OK)
    out.etag = found->value;
  return out;
}

std::string escaped(std::string_view text) {
  char* made = curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size()));
  std::string out = made ? made : "";
  curl_free(made);
  return out;
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
