#include "cluster/tls.hpp"

#include "model/network.hpp"

#include <boost/asio/ssl/context.hpp>

#include <openssl/x509v3.h>

namespace troupe::cluster {
namespace {

namespace ssl = boost::asio::ssl;

failure wrong(const char* setting, const std::string& path, const std::string& what) {
  return fail(errc::invalid_request, std::string(setting) + ": " + path + ": " + what);
}

failure load(ssl::context& into, const settings& s) {
  const auto& c = s.cluster;
  auto* native = into.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
  // A session that is resumed would skip the look at the certificate; tickets cost memory beside.
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return 0; });
  into.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  boost::system::error_code error;
  into.load_verify_file(c.authority, error);
  if (error) return wrong("cluster.authority", c.authority, error.message());
  into.use_certificate_chain_file(c.certificate, error);
  if (error) return wrong("cluster.certificate", c.certificate, error.message());
  into.use_private_key_file(c.key, ssl::context::pem, error);
  if (error) return wrong("cluster.key", c.key, error.message());
  if (SSL_CTX_check_private_key(native) != 1)
    return wrong("cluster.key", c.key, "is not the key of the certificate");
  return fail(errc::none);
}

} // namespace

result<tls_contexts> load_tls(const settings& s) {
  if (s.cluster.certificate.empty()) return tls_contexts{};
  tls_contexts made{std::make_shared<ssl::context>(ssl::context::tls_server),
                    std::make_shared<ssl::context>(ssl::context::tls_client)};
  for (auto* one : {made.server.get(), made.client.get()})
    if (auto f = load(*one, s); f.code != errc::none) return f;
  return made;
}

bool expect_host(SSL* tls, const std::string& host) {
  if (parse_ip(host)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1;
  SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(tls, host.c_str()) == 1 && SSL_set_tlsext_host_name(tls, host.c_str()) == 1;
}

bool certificate_names(SSL* tls, const std::string& name) {
  auto* certificate = SSL_get0_peer_certificate(tls);
  return certificate && X509_check_host(certificate, name.data(), name.size(),
                                        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

std::string why_refused(SSL* tls, const std::string& otherwise) {
  const auto verdict = SSL_get_verify_result(tls);
  switch (verdict) {
  case X509_V_OK: return otherwise;
  case X509_V_ERR_CERT_HAS_EXPIRED: return "its certificate has expired";
  case X509_V_ERR_CERT_NOT_YET_VALID: return "its certificate is not valid yet";
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH: return "its certificate is for another host";
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    return "its certificate is a stranger's: cluster.authority has not signed it";
  default: return std::string("its certificate was refused: ") + X509_verify_cert_error_string(verdict);
  }
}

} // namespace troupe::cluster
