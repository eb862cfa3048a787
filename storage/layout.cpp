#include "storage/layout.hpp"

#include <algorithm>

namespace troupe::layout::key {
namespace {

void put(std::string& out, uint64_t n, unsigned bytes) {
  while (bytes--)
    out += static_cast<char>(n >> (8 * bytes));
}

std::string prefixed(char kind, uint64_t a) {
  std::string out(1, kind);
  put(out, a, 8);
  return out;
}

} // namespace

std::string number(uint64_t n) {
  std::string out;
  put(out, n, 8);
  return out;
}

std::string item(const item_key& k) {
  std::string out = number(raw(k.batch));
  put(out, k.index, 4);
  return out;
}

std::string attempt(const item_key& k, uint32_t n) {
  std::string out = item(k);
  put(out, n, 4);
  return out;
}

std::string notebook(notebook_id n) {
  return prefixed('n', raw(n));
}
std::string batch_of(notebook_id n, batch_id b) {
  return prefixed('b', raw(n)) + number(raw(b));
}
std::string open_batch(batch_id b) {
  return prefixed('o', raw(b));
}
std::string acceptance(batch_id b) {
  return prefixed('a', raw(b));
}
std::string item_range(item_id first) {
  return prefixed('r', raw(first));
}
std::string upload(notebook_id n, std::string_view id) {
  return prefixed('i', raw(n)).append(id);
}
std::string linked_to(source_id s, notebook_id n) {
  return prefixed('l', raw(s)) + number(raw(n));
}
std::string link(notebook_id n, source_id s) {
  return prefixed('s', raw(n)) + number(raw(s));
}

std::string url(notebook_id n, job_type job, std::string_view text) {
  std::string out = prefixed('u', raw(n));
  put(out, static_cast<uint64_t>(job), 1);
  return out.append(sha256(text).view());
}

std::string text(notebook_id n, const digest& markdown) {
  return prefixed('t', raw(n)).append(markdown.view());
}
std::string content_use(const digest& hash, source_id s) {
  return std::string("c").append(hash.view()) + number(raw(s));
}
std::string content_use(const digest& hash, item_id x) {
  return content_use(hash, source_id{raw(x)});
}
std::string image(source_id s, std::string_view name) {
  return prefixed('m', raw(s)).append(name);
}
std::string released(const digest& hash) {
  return std::string("g").append(hash.view());
}
std::string finished(item_key k, event_number e) {
  std::string out = prefixed('f', raw(k.batch)) + number(raw(e));
  put(out, k.index, 4);
  return out;
}
std::string urgent(item_key k, uint8_t priority) {
  std::string out = prefixed('p', raw(k.batch));
  put(out, highest_priority - priority, 1);
  put(out, k.index, 4);
  return out;
}
std::string expiry(timestamp due, batch_id b) {
  return prefixed('e', static_cast<uint64_t>(due.time_since_epoch().count())) + number(raw(b));
}
std::string removed(batch_id b) {
  return prefixed('d', raw(b));
}
std::string record_named(size_t kind, std::string_view name) {
  return std::string{'v', static_cast<char>(kind)}.append(name);
}
std::string outbox(const delivery& d) {
  std::string out = prefixed('w', d.webhook);
  put(out, static_cast<uint64_t>(d.next.time_since_epoch().count()), 8);
  put(out, raw(d.event), 8);
  put(out, d.progress(), 1);
  return out;
}
std::string sent(const delivery& d) {
  std::string out = prefixed('x', d.webhook) + number(raw(d.event));
  put(out, d.progress(), 1);
  return out;
}
std::string receipt(const digest& k) {
  return std::string("k").append(k.view());
}
std::string receipt_age(timestamp made, const digest& k) {
  return prefixed('j', static_cast<uint64_t>(made.time_since_epoch().count())).append(k.view());
}
std::string quarantined(table t, std::string_view k) {
  return std::string(1, static_cast<char>(t)).append(k);
}

std::string after(std::string_view prefix) {
  std::string out{prefix};
  while (!out.empty() && static_cast<uint8_t>(out.back()) == 0xff)
    out.pop_back();
  if (!out.empty()) out.back() = static_cast<char>(static_cast<uint8_t>(out.back()) + 1);
  return out;
}

digest digest_at(std::string_view key, size_t offset) {
  digest out;
  if (key.size() >= offset + out.bytes.size())
    std::copy_n(key.begin() + static_cast<ptrdiff_t>(offset), out.bytes.size(), out.bytes.begin());
  return out;
}

uint64_t number_at(std::string_view k, size_t offset) {
  if (k.size() < offset + 8) return 0;
  uint64_t n = 0;
  for (size_t i = 0; i < 8; ++i)
    n = n << 8 | static_cast<uint8_t>(k[offset + i]);
  return n;
}

uint32_t number4_at(std::string_view k, size_t offset) {
  uint32_t n = 0;
  for (size_t i = 0; i < 4 && offset + i < k.size(); ++i)
    n = n << 8 | static_cast<uint8_t>(k[offset + i]);
  return n;
}

uint32_t index_of(std::string_view k) {
  return static_cast<uint32_t>(number_at(k, 4));
}

} // namespace troupe::layout::key
