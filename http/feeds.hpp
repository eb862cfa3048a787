#pragma once
/// Event streams (WHATWG HTML, section 9.2) to any number of listeners, on a thread of their own.
///
/// All listeners of a batch, or of a notebook, share one feed: the log is read and rendered once for all of
/// them. Who comes late, or lags behind what the feed remembers, is served from the store until it has caught
/// up. A listener is a socket and a place in the log, no coroutine and no buffer; one that does not take a
/// piece within `http.write_timeout_ms` is dropped, and begins again where it left off. More listeners share
/// the log less often: what they are told is gathered longer, so that requests beside them are answered as
/// promptly.

#include "actors/gateway.hpp"
#include "config/settings.hpp"

#include <memory>
#include <variant>

namespace troupe::http {

/// Whose events.
using feed_topic = std::variant<batch_id, notebook_id>;

/// With what a listener came in: SHA-256 of its key, and of its session's cookie; empty without.
struct stream_owner {
  std::string key;
  std::string session;
};

class feeds {
public:
  feeds(const settings& s, gateway& to);
  ~feeds();
  /// Drops every listener. Answers of the gateway may come until the object goes.
  void stop();
  feeds(const feeds&) = delete;

  /// Takes over a socket to which the head of the answer has been written: what comes after `from` is sent to
  /// it. Any thread.
  void follow(feed_topic what, event_number from, stream_owner who, int socket);
  /// Drops the listeners that came with this key or this session.
  void drop(const std::string& sha256);
  /// `http.max_listeners` are there. Any thread.
  bool full() const;
  /// How many there are. Any thread.
  int64_t listeners() const;

private:
  class loop;
  std::unique_ptr<loop> loop_;
};

} // namespace troupe::http
