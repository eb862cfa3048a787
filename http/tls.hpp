#pragma once
/// TLS of the front: TLS 1.2 and 1.3, forward secrecy only (RFC 9325), HTTP/1.1 by ALPN (RFC 7301).

#include "config/settings.hpp"
#include "model/error.hpp"

#include <memory>

namespace boost::asio::ssl {
class context;
}

namespace troupe::http {

/// Certificate chain and key, read from `http.tls_certificate` and `http.tls_key`. Null without these. Fails
/// with `invalid_request` and a text that names the file. Any thread; what it gives is for new connections.
result<std::shared_ptr<boost::asio::ssl::context>> load_tls(const settings& s);

} // namespace troupe::http
