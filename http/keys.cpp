#include "http/keys.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <future>

namespace troupe::http {
namespace {

bool same_hash(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool manages(const api_key& k) {
  return k.may_write && k.notebooks.empty();
}

result<std::vector<record>> all_of(questions& ask, record kind) {
  auto answered = std::make_shared<std::promise<result<std::vector<record>>>>();
  auto waiting = answered->get_future();
  ask.records(std::move(kind),
              [answered](result<std::vector<record>> r) { answered->set_value(std::move(r)); });
  return waiting.get();
}

} // namespace

std::string csrf_token_of(std::string_view cookie) {
  return sha256("csrf:" + std::string(cookie)).hex().substr(0, 32);
}

key_ring::key_ring(const settings& s) {
  for (const auto& k : s.http.keys)
    configured_.push_back(std::make_shared<const api_key>(k));
}

failure key_ring::load(questions& ask) {
  const auto keys = all_of(ask, access_key{});
  if (!keys) return keys.error();
  for (const auto& r : *keys)
    add(std::get<access_key>(r));
  const auto sessions = all_of(ask, browser_session{});
  if (!sessions) return sessions.error();
  for (const auto& r : *sessions)
    add(std::get<browser_session>(r));
  return fail(errc::none);
}

std::shared_ptr<const api_key> key_ring::find(std::string_view key) const {
  return find_hash(sha256(key).hex());
}

/// All are compared, in constant time each: how long it takes tells nothing.
std::shared_ptr<const api_key> key_ring::find_hash(std::string_view hash) const {
  std::shared_ptr<const api_key> found;
  for (const auto& k : configured_)
    if (same_hash(hash, k->sha256)) found = k;
  for (const auto& [id, k] : made_)
    if (same_hash(hash, k->sha256)) found = k;
  return found;
}

bool key_ring::has_manager(std::string_view but_for) const {
  return std::any_of(configured_.begin(), configured_.end(), [](const auto& k) { return manages(*k); }) ||
         std::any_of(made_.begin(), made_.end(),
                     [&](const auto& entry) { return entry.first != but_for && manages(*entry.second); });
}

void key_ring::add(const access_key& k) {
  made_[k.id] = std::make_shared<const api_key>(api_key{k.name, k.sha256, k.notebooks, k.may_write});
}

std::string key_ring::drop(const std::string& id) {
  const auto gone = made_.extract(id);
  return gone.empty() ? std::string{} : gone.mapped()->sha256;
}

std::optional<key_ring::signed_in> key_ring::session(std::string_view cookie, timestamp at) const {
  const auto it = sessions_.find(sha256(cookie).hex());
  if (it == sessions_.end() || it->second.expires <= at) return std::nullopt;
  auto key = find_hash(it->second.key_sha256);
  // Without keys everybody may do everything, and signing in says no more than a name.
  if (!key && !empty()) return std::nullopt;
  return signed_in{it->second, std::move(key)};
}

std::vector<std::string> key_ring::outdated(timestamp at, size_t most) const {
  std::vector<std::string> out;
  const browser_session* first = nullptr;
  for (const auto& [hash, x] : sessions_) {
    if (x.expires <= at)
      out.push_back(hash);
    else if (!first || x.expires < first->expires)
      first = &x;
  }
  if (first && sessions_.size() - out.size() >= most) out.push_back(first->sha256);
  return out;
}

void key_ring::take(const record& r, bool gone) {
  if (const auto* k = std::get_if<access_key>(&r)) gone ? void(drop(name_of(r))) : add(*k);
  if (const auto* x = std::get_if<browser_session>(&r)) gone ? drop_session(x->sha256) : add(*x);
}

} // namespace troupe::http
