#pragma once
/// Mutual TLS 1.3 between nodes: only what the cluster's own authority has signed is let in, under its name.

#include "config/settings.hpp"
#include "model/error.hpp"

#include <memory>

#include <openssl/types.h>

namespace boost::asio::ssl {
class context;
}

namespace troupe::cluster {

struct tls_contexts {
  std::shared_ptr<boost::asio::ssl::context> server;
  std::shared_ptr<boost::asio::ssl::context> client;
  explicit operator bool() const { return server != nullptr; }
};

/// Reads certificate, key and authority; empty contexts when none is configured. Fails with
/// `invalid_request` and the setting that is wrong.
result<tls_contexts> load_tls(const settings& s);

/// Before a handshake as client: the certificate must be for this host, a name or an address (RFC 6125).
/// False: it is neither.
bool expect_host(SSL* tls, const std::string& host);
/// The other side's certificate is for this name.
bool certificate_names(SSL* tls, const std::string& name);
/// Why a handshake failed, for people; `otherwise` when the certificate is not the reason.
std::string why_refused(SSL* tls, const std::string& otherwise);

} // namespace troupe::cluster
