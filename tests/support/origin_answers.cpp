#include "tests/support/origin_answers.hpp"

#include <algorithm>
#include <sstream>

namespace troupe::test {
namespace {

std::string message(unsigned status, const std::string& type, const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

step send(std::string bytes) { return {step::kind::send, std::move(bytes), {}}; }
step wait(unsigned ms) { return {step::kind::wait, {}, std::chrono::milliseconds{ms}}; }
std::vector<step> html(const std::string& body, unsigned status = 200, const std::string& headers = {}) {
  return {send(message(status, "text/html; charset=utf-8", body, headers))};
}

std::vector<std::string> split(const std::string& path) {
  std::vector<std::string> out;
  std::istringstream in{path.substr(0, path.find('?'))};
  for (std::string part; std::getline(in, part, '/');)
    if (!part.empty()) out.push_back(part);
  return out;
}

unsigned number(const std::vector<std::string>& parts, size_t i, unsigned otherwise = 0) {
  return parts.size() > i ? static_cast<unsigned>(std::strtoul(parts[i].c_str(), nullptr, 10)) : otherwise;
}

std::vector<step> redirect(const std::vector<std::string>& parts, const origin::request& r) {
  std::string to;
  const auto n = number(parts, 1);
  if (r.path.find("/to?") != std::string::npos) to = r.path.substr(r.path.find('?') + 1);
  else if (parts.size() > 1 && parts[1] == "loop") to = "/redirect/loop";
  else to = n > 1 ? "/redirect/" + std::to_string(n - 1) : "/page/1";
  return html("moved", 302, "Location: " + to + "\r\n");
}

std::vector<step> drip(unsigned bytes, unsigned ms) {
  std::vector<step> out{send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n")};
  for (unsigned i = 0; i < bytes; ++i) {
    out.push_back(wait(ms));
    out.push_back(send("x"));
  }
  return out;
}

/// 100 MiB of zeros as gzip: one deflate block of a byte and its repetitions, said by hand so that no
/// compressor is needed. Stored once, repeated with length 258 at distance 1 in fixed Huffman codes.
std::string gzip_bomb() {
  std::string out{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10};
  uint32_t bits = 0;
  unsigned held = 0;
  const auto put = [&](uint32_t value, unsigned count) {
    bits |= value << held;
    for (held += count; held >= 8; held -= 8, bits >>= 8) out += static_cast<char>(bits & 0xff);
  };
  put(0b011, 3);             // final block, fixed codes
  put(0b00001100, 8);        // literal 0: code 00110000, first bit first
  const unsigned repeats = (100u << 20) / 258;
  for (unsigned i = 0; i < repeats; ++i) {
    put(0b10100011, 8);      // length 258: code 11000101
    put(0, 5);               // distance 1
  }
  put(0, 7);                 // end of block
  put(0, 8);
  return out + std::string(8, '\0');
}

std::vector<step> etag_page(const std::vector<std::string>& parts, const origin::request& r) {
  const auto tag = "\"tag-" + std::to_string(number(parts, 1)) + "\"";
  const auto asked = r.headers.find("if-none-match");
  if (asked != r.headers.end() && asked->second == tag) return {send("HTTP/1.1 304 Not Modified\r\nETag: " + tag + "\r\n\r\n")};
  return html(page_html(number(parts, 1)), 200, "ETag: " + tag + "\r\n");
}

std::string type_of(const std::string& path) { return path.substr(std::string("/type/").size()); }

} // namespace

void answers::set_robots(const std::string& host, const std::string& text) {
  const std::lock_guard lock{mutex_};
  robots_[host] = text;
}

std::vector<step> answers::flaky(const std::vector<std::string>& parts, const std::string& path) {
  unsigned before = 0;
  {
    const std::lock_guard lock{mutex_};
    before = seen_[path]++;
  }
  if (before >= number(parts, 2)) return html(page_html(std::hash<std::string>{}(path)));
  const auto code = number(parts, 1);
  return html("not now", code, code == 429 ? "Retry-After: 1\r\n" : "");
}

std::vector<step> answers::to(const origin::request& r) {
  const auto parts = split(r.path);
  const auto kind = parts.empty() ? std::string{"page"} : parts[0];
  if (kind == "page") return html(page_html(number(parts, 1), number(parts, 2, 2)));
  if (kind == "status") return html("status", number(parts, 1, 200));
  if (kind == "redirect") return redirect(parts, r);
  if (kind == "delay") return {wait(number(parts, 1)), html(page_html(number(parts, 2)))[0]};
  if (kind == "drip") return drip(number(parts, 1), number(parts, 2));
  if (kind == "hang") return {{step::kind::hang, {}, {}}};
  if (kind == "reset" && parts.size() > 1)
    return {send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<html>"), wait(20), {step::kind::reset, {}, {}}};
  if (kind == "reset") return {{step::kind::reset, {}, {}}};
  if (kind == "short")
    return {send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<html>short"), {step::kind::close, {}, {}}};
  if (kind == "garbage") return {send("this is no protocol\r\n\r\n"), {step::kind::close, {}, {}}};
  if (kind == "bomb") {
    static const auto bomb = gzip_bomb();
    return {send(message(200, "text/html", bomb, "Content-Encoding: gzip\r\n"))};
  }
  if (kind == "large") return {send(message(200, "text/plain", std::string(number(parts, 1), 'x')))};
  if (kind == "flaky") return flaky(parts, r.path);
  if (kind == "type") return {send(message(200, type_of(r.path), "a short body"))};
  if (kind == "empty") return html("<html><head><title>nothing</title></head><body><nav>a</nav></body></html>");
  if (kind == "binary") return {send(message(200, "application/octet-stream", std::string("\x7f" "ELF\0\1\2\3", 8)))};
  if (kind == "etag") return etag_page(parts, r);
  if (kind == "says") return html("<html><body><p>" + (parts.size() > 1 ? parts[1] : "") + "</p></body></html>");
  if (r.path == "/robots.txt") {
    const std::lock_guard lock{mutex_};
    const auto it = robots_.find(r.host.substr(0, r.host.find(':')));
    if (it != robots_.end()) return {send(message(200, "text/plain", it->second))};
  }
  return html("not here", 404);
}

std::string page_html(uint64_t n, unsigned kib) {
  static constexpr std::string_view words[] = {"actor", "batch", "commit", "document", "engine", "fetch", "gate", "host",
                                               "item", "journal", "kernel", "ledger", "mailbox", "notebook", "origin", "page"};
  std::string text = "<!DOCTYPE html><html lang=\"en\"><head><title>Page " + std::to_string(n) +
                     "</title></head><body><nav><a href=\"/\">Home</a> <a href=\"/all\">All pages</a></nav><article><h1>Page " +
                     std::to_string(n) + "</h1>\n";
  uint64_t state = n * 0x9e3779b97f4a7c15ull + 1;
  while (text.size() < kib * 1024ull) {
    text += "<p>This is paragraph text of page number " + std::to_string(n) + ", written so that no two are alike:";
    for (int i = 0; i < 30; ++i) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      text.append(" ").append(words[(state >> 33) % std::size(words)]);
    }
    text += ".</p>\n";
  }
  return text + "</article><footer>The end</footer></body></html>";
}

} // namespace troupe::test
