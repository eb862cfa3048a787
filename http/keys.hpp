#pragma once
/// Who may call: API keys, those of the configuration and those made through the API, and browsers that have
/// signed in with one. Held in memory as the store has them; the front's thread only, but for `load`.

#include "actors/gateway.hpp"
#include "config/settings.hpp"

#include <map>
#include <memory>

namespace troupe::http {

/// What a page has to send back as `X-CSRFToken` with what it writes: made of the session's cookie.
std::string csrf_token_of(std::string_view cookie);

class key_ring {
public:
  explicit key_ring(const settings& s);
  /// Reads what is stored; before the front's thread begins. Fails as the store does.
  failure load(questions& ask);

  /// Nobody needs a key.
  bool empty() const { return configured_.empty() && made_.empty(); }
  /// Null: it is not known.
  std::shared_ptr<const api_key> find(std::string_view key) const;

  size_t made() const { return made_.size(); }
  /// A key of the configuration, or another than this one, may make and drop keys.
  bool has_manager(std::string_view but_for = {}) const;
  void add(const access_key& k);
  /// A record that another node has changed; of other kinds nothing happens.
  void take(const record& r, bool gone);
  /// The SHA-256 of the key that is gone; empty: there was none.
  std::string drop(const std::string& id);

  struct signed_in {
    browser_session row;
    std::shared_ptr<const api_key> key;
  };
  size_t sessions() const { return sessions_.size(); }
  /// By the cookie's value; none: it is not known, has had its time, or its key is gone.
  std::optional<signed_in> session(std::string_view cookie, timestamp at) const;
  void add(const browser_session& x) { sessions_[x.sha256] = x; }
  void drop_session(const std::string& sha256) { sessions_.erase(sha256); }
  /// Sessions that have had their time; and, when there are `most` or more, the one that ends first.
  std::vector<std::string> outdated(timestamp at, size_t most) const;

private:
  std::shared_ptr<const api_key> find_hash(std::string_view sha256) const;

  std::vector<std::shared_ptr<const api_key>> configured_;
  std::map<std::string, std::shared_ptr<const api_key>> made_;
  std::map<std::string, browser_session> sessions_;
};

} // namespace troupe::http
