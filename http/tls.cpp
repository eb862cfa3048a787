#include "http/tls.hpp"

#include <boost/asio/ssl/context.hpp>

namespace troupe::http {
namespace {

namespace ssl = boost::asio::ssl;

constexpr const char* ciphers_of_tls12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char http11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/// Chooses HTTP/1.1 from what the client offers; one that offers something else alone is refused.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, length, http11, sizeof http11, offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

} // namespace

result<std::shared_ptr<ssl::context>> load_tls(const settings& s) {
  if (s.http.tls_certificate.empty()) return std::shared_ptr<ssl::context>{};
  auto made = std::make_shared<ssl::context>(ssl::context::tls_server);
  auto* native = made->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(native, ciphers_of_tls12);
  SSL_CTX_set_options(native, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  // A key that asks for a pass phrase is refused: nobody is there to type it.
  SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return 0; });
  boost::system::error_code error;
  made->use_certificate_chain_file(s.http.tls_certificate, error);
  if (error)
    return fail(errc::invalid_request,
                "http.tls_certificate: " + s.http.tls_certificate + ": " + error.message());
  made->use_private_key_file(s.http.tls_key, ssl::context::pem, error);
  if (error) return fail(errc::invalid_request, "http.tls_key: " + s.http.tls_key + ": " + error.message());
  if (SSL_CTX_check_private_key(native) != 1)
    return fail(errc::invalid_request,
                "http.tls_key: " + s.http.tls_key + " is not the key of the certificate");
  return made;
}

} // namespace troupe::http
