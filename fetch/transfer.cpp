#include "fetch/transfer.hpp"

#include "fetch/url.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace troupe {
namespace {

constexpr long receive_buffer = 16'384;
constexpr uint64_t longest_error_body = 65'536;
constexpr size_t most_idle_handles = 1'024;

std::string number(uint64_t n) {
  return std::to_string(n);
}

} // namespace

idle_handles::~idle_handles() {
  for (auto* h : idle_)
    curl_easy_cleanup(h);
}

CURL* idle_handles::take() {
  if (idle_.empty()) return curl_easy_init();
  auto* h = idle_.back();
  idle_.pop_back();
  return h;
}

void idle_handles::give_back(CURL* handle) {
  if (idle_.size() >= most_idle_handles) return curl_easy_cleanup(handle);
  curl_easy_reset(handle);
  idle_.push_back(handle);
}

transfer::transfer(transfer_context& context, fetch_order order, fetch_done done)
    : context_(context)
    , order_(std::move(order))
    , done_(std::move(done))
    , curl_(context.handles.take()) {
  set_options();
  set_conditions();
}

transfer::~transfer() {
  *context_.held -= held_;
  context_.paused -= paused_;
  context_.handles.give_back(curl_);
  curl_slist_free_all(headers_);
}

void transfer::set_options() {
  const auto& o = context_.options;
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(curl_, option, value); };
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_ERRORBUFFER, error_text_);
  set(CURLOPT_URL, order_.url.c_str());
  set(CURLOPT_USERAGENT, o.user_agent.c_str());
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_NOSIGNAL, 1L);
  // Where it may go: http and https only, never through a proxy, to no address that is not allowed.
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_OPENSOCKETFUNCTION, &on_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_PREREQFUNCTION, &on_request);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_FOLLOWLOCATION, order_.follow && o.max_redirects > 0 ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, static_cast<long>(o.max_redirects));
  set(CURLOPT_SSL_VERIFYPEER, o.verify_tls ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, o.verify_tls ? 2L : 0L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  // How long it may take.
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(o.connect_timeout.count()));
  const auto timeout = order_.timeout.count() > 0 ? order_.timeout : o.total_timeout;
  set(CURLOPT_TIMEOUT_MS,
      static_cast<long>(std::max<int64_t>(1, std::min(timeout, order_.work.budget).count())));
  set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(o.stall_bytes_per_second));
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>((o.stall_timeout.count() + 999) / 1000));
  set(CURLOPT_BUFFERSIZE, receive_buffer);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, this);
}

void transfer::set_conditions() {
  for (const auto& line : order_.headers)
    headers_ = curl_slist_append(headers_, line.c_str());
  if (order_.post) {
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(order_.post->size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, order_.post->c_str());
  }
  if (headers_) curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
  if (!order_.known) return;
  if (const auto& tag = order_.known->etag; !tag.empty())
    headers_ = curl_slist_append(headers_, ("If-None-Match: " + tag).c_str());
  if (const auto& date = order_.known->last_modified; !date.empty())
    headers_ = curl_slist_append(headers_, ("If-Modified-Since: " + date).c_str());
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
}

// -- the address check --------------------------------------------------------------------------------

curl_socket_t transfer::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& t = *static_cast<transfer*>(self);
  const auto ip = ip_of(address->addr);
  if (!ip || !t.context_.policy.permits(*ip)) {
    t.blocked_ = true;
    return CURL_SOCKET_BAD;
  }
  t.blocked_ = false;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// A connection that is used again was opened by another transfer: it is checked again for this one.
int transfer::on_request(void* self, char* remote_ip, char*, int, int) {
  auto& t = *static_cast<transfer*>(self);
  const auto ip = parse_ip(remote_ip);
  if (ip && t.context_.policy.permits(*ip)) return CURL_PREREQFUNC_OK;
  t.blocked_ = true;
  return CURL_PREREQFUNC_ABORT;
}

// -- the body -----------------------------------------------------------------------------------------

size_t transfer::on_body(char* data, size_t, size_t count, void* self) {
  return static_cast<transfer*>(self)->take({data, count});
}

/// Only a body that has not begun waits: those that have must be able to end, or none would.
bool transfer::must_wait() const {
  return size_ == 0 && *context_.held > context_.options.held_bytes;
}

void transfer::resume() {
  if (must_wait()) return;
  paused_ = false;
  --context_.paused;
  curl_easy_pause(curl_, CURLPAUSE_CONT);
}

/// The body of an answer that carries no page: read, so that the connection can be used again, if it is
/// short.
size_t transfer::pass_over(std::string_view data, long status) {
  curl_off_t announced = -1;
  curl_easy_getinfo(curl_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
  // What has no end in sight is not waited for.
  if (announced < 0 && leads_elsewhere(status)) return 0;
  passed_over_ += data.size();
  if (passed_over_ <= longest_error_body) return data.size();
  refused_ = failure_of_status(status);
  return 0;
}

size_t transfer::take(std::string_view data) {
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  if (status < 200 || status >= 300) return pass_over(data, status);
  if (must_wait()) {
    context_.paused += !paused_;
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  const auto limit =
      order_.max_bytes ? order_.max_bytes : static_cast<uint64_t>(context_.options.max_body_bytes);
  if (order_.truncate && size_ + data.size() > limit) {
    truncated_ = true;
    data = data.substr(0, limit - size_);
  }
  if (size_ + data.size() > limit)
    refused_ = fail(errc::too_large, "the body is longer than " + number(limit) + " bytes, decoded");
  else
    refused_ = store(data);
  if (refused_.code != errc::none) return 0;
  size_ += data.size();
  context_.bytes += data.size();
  hash_.update(data);
  return truncated_ ? 0 : data.size();
}

failure transfer::store(std::string_view data) {
  if (!file_ && text_.size() + data.size() <= context_.inline_bytes) {
    text_ += data;
    held_ += static_cast<int64_t>(data.size());
    *context_.held += static_cast<int64_t>(data.size());
    return fail(errc::none);
  }
  if (!file_) {
    auto made = context_.make_spool();
    if (!made) return made.error();
    file_ = std::move(*made);
    if (auto f = file_->append(text_); f.code != errc::none) return f;
    text_ = {};
    *context_.held -= held_;
    held_ = 0;
  }
  return file_->append(data);
}

result<content_ref> transfer::body() {
  content_ref out;
  out.size = size_;
  out.hash = hash_.finish();
  if (file_) {
    auto file = file_->close();
    if (!file) return file.error();
    out.path = std::move(file->path);
    out.keeper = std::move(file->keeper);
    return out;
  }
  // The bytes stay counted as held until the last stage lets go of them.
  const auto count = std::exchange(held_, 0);
  out.bytes = {new std::string(std::move(text_)), [held = context_.held, count](const std::string* s) {
                 *held -= count;
                 delete s;
               }};
  return out;
}

// -- the outcome --------------------------------------------------------------------------------------

std::string transfer::header(const char* name) const {
  curl_header* found = nullptr;
  if (curl_easy_header(curl_, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  return found->value;
}

void transfer::finish(CURLcode code, failure given_up) {
  auto done = std::move(done_);
  if (given_up.code != errc::none)
    done(std::move(given_up));
  else
    done(outcome(code));
}

result<fetched> transfer::outcome(CURLcode code) {
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  if (leads_elsewhere(status) && !blocked_) return moved(status);
  if (code != CURLE_OK && !truncated_) {
    auto f = failure_of(code);
    f.http_status = static_cast<uint16_t>(status);
    return f;
  }
  fetched out;
  out.http_status = static_cast<uint16_t>(status);
  out.unchanged = status == 304 && order_.known;
  if ((status < 200 || status >= 300) && !out.unchanged) return failure_of_status(status);
  char* url = nullptr;
  curl_easy_getinfo(curl_, CURLINFO_EFFECTIVE_URL, &url);
  out.final_url = url ? url : order_.url;
  out.content_type = header("content-type");
  out.etag = header("etag");
  out.last_modified = header("last-modified");
  if (out.unchanged) return out;
  auto bytes = body();
  if (!bytes) return bytes.error();
  out.body = std::move(*bytes);
  return out;
}

/// A redirect that is not followed here: whatever its body was like, where it leads is known.
bool transfer::leads_elsewhere(long status) const {
  return status >= 300 && status < 400 && status != 304 && !order_.follow && !header("location").empty();
}

result<fetched> transfer::moved(long status) const {
  auto url = resolve_url(order_.url, header("location"), context_.url_bytes);
  if (!url) {
    auto f = fail(errc::bad_redirect, "the redirect leads to no URL: " + std::string(url.error().text()));
    f.http_status = static_cast<uint16_t>(status);
    return f;
  }
  fetched out;
  out.http_status = static_cast<uint16_t>(status);
  out.moved_to = std::move(*url);
  return out;
}

failure transfer::failure_of_status(long status) const {
  auto f = fail(status == 429   ? errc::http_429
                : status >= 500 ? errc::http_5xx
                : status >= 400 ? errc::http_4xx
                : status == 304 ? errc::http_other
                : status >= 300 ? errc::bad_redirect
                                : errc::http_other,
                "the host answered " + std::to_string(status));
  f.http_status = static_cast<uint16_t>(status);
  if (const auto text = header("retry-after"); !text.empty()) {
    const bool seconds = text.size() < 8 && text.find_first_not_of("0123456789") == text.npos;
    const auto date = seconds ? timestamp{} : parse_http_date(text);
    if (seconds)
      f.retry_after = std::chrono::seconds(std::stol(text));
    else if (date != timestamp{})
      f.retry_after = std::max(milliseconds{0}, milliseconds{date - now()});
  }
  return f;
}

failure transfer::failure_of_timeout() const {
  curl_off_t connected = 0;
  curl_easy_getinfo(curl_, CURLINFO_PRETRANSFER_TIME_T, &connected);
  if (connected == 0) return fail(errc::connect_timeout, error_text_);
  const bool slow = std::string_view(error_text_).find("too slow") != std::string_view::npos;
  return fail(slow ? errc::stalled : errc::read_timeout, error_text_);
}

failure transfer::failure_of(CURLcode code) const {
  if (refused_.code != errc::none) return refused_;
  if (blocked_) return fail(errc::blocked_address);
  long redirects = 0;
  curl_easy_getinfo(curl_, CURLINFO_REDIRECT_COUNT, &redirects);
  const auto text = *error_text_ ? std::string(error_text_) : std::string(curl_easy_strerror(code));
  switch (code) {
  case CURLE_COULDNT_RESOLVE_HOST: return fail(errc::dns_failure, text);
  case CURLE_COULDNT_CONNECT: return fail(errc::connect_refused, text);
  case CURLE_OPERATION_TIMEDOUT: return failure_of_timeout();
  case CURLE_PARTIAL_FILE: return fail(errc::truncated_body, text);
  case CURLE_GOT_NOTHING:
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR: return fail(errc::connection_reset, text);
  case CURLE_BAD_CONTENT_ENCODING: return fail(errc::decode_error, text);
  case CURLE_TOO_MANY_REDIRECTS: return fail(errc::too_many_redirects, text);
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_URL_MALFORMAT:
    if (text.starts_with("Received HTTP/0.9") || text.starts_with("Unsupported HTTP"))
      return fail(errc::protocol_error, "the host's answer is no HTTP");
    return fail(redirects > 0 || *error_text_ == 'P' ? errc::bad_redirect : errc::invalid_url, text);
  case CURLE_FILESIZE_EXCEEDED: return fail(errc::too_large, text);
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM: return fail(errc::protocol_error, text);
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS: return fail(errc::tls_error, text);
  default: return fail(errc::fetch_failed, text);
  }
}

} // namespace troupe
