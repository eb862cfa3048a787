/// The field numbers of records, deliveries and receipts. Add new ones; never change or reuse one.
#include "storage/codec.hpp"
#include "storage/layout.hpp"

namespace troupe::layout {
namespace {

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, access_key> {
  a(1, x.id);
  a(2, x.name);
  a(3, x.sha256);
  a(4, x.notebooks);
  a(5, x.may_write);
  a(6, x.created);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, browser_session> {
  a(1, x.sha256);
  a(2, x.key_sha256);
  a(3, x.user);
  a(4, x.expires);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, host_rule> {
  a(1, x.host);
  a(2, x.max_concurrency);
  a(3, x.delay);
  a(4, x.paused);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, webhook> {
  a(1, x.id);
  a(2, x.url);
  a(3, x.secret);
  a(4, x.old_secret);
  a(5, x.old_until);
  a(6, x.events);
  a(7, x.notebooks);
  a(8, x.batch);
  a(9, x.disabled);
  a(10, x.created);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, bulk_action> {
  a(1, x.id);
  a(2, x.request);
  a(3, x.at_batch);
  a(4, x.at_index);
  a(5, x.matched);
  a(6, x.done);
  a(7, x.failed);
  a(8, x.failures);
  a(9, x.ended);
  a(10, x.notebooks);
  a(11, x.created);
  a(12, x.updated);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, stored_original> {
  a(1, x.id);
  a(2, x.filename);
  a(3, x.content_type);
  a(4, x.hash);
  a(5, x.size);
  a(6, x.notebooks);
  a(7, x.created);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, delivery> {
  a(1, x.webhook);
  a(2, x.event);
  a(3, x.type);
  a(4, x.attempts);
  a(5, x.next);
  a(6, x.created);
  a(7, x.http_status);
  a(8, x.error);
  a(9, x.succeeded);
  a(10, x.ended);
}

template <class A, class T>
void fields(A& a, T& x) requires std::same_as<std::remove_const_t<T>, receipt> {
  a(1, x.key);
  a(2, x.fingerprint);
  a(3, x.status);
  a(4, x.location);
  a(5, x.content_type);
  a(6, x.body);
  a(7, x.created);
}

constexpr auto of = [](auto& a, auto& row) { fields(a, row); };

} // namespace

std::string encode(const record& x) {
  return std::visit([](const auto& row) { return codec::encode(row, of); }, x);
}
std::string encode(const delivery& x) {
  return codec::encode(x, of);
}
std::string encode(const receipt& x) {
  return codec::encode(x, of);
}

bool decode(std::string_view in, record& into) {
  return std::visit([in](auto& row) { return codec::decode(in, row, of); }, into);
}
bool decode(std::string_view in, delivery& x) {
  return codec::decode(in, x, of);
}
bool decode(std::string_view in, receipt& x) {
  return codec::decode(in, x, of);
}

} // namespace troupe::layout
