#include "cluster/authority.hpp"

#include "model/network.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace troupe::cluster {
namespace {

namespace fs = std::filesystem;

template <class T, void (*Free)(T*)>
struct freed {
  void operator()(T* x) const { Free(x); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY, EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed<X509, X509_free>>;
struct file_closer {
  void operator()(FILE* f) const { std::fclose(f); }
};
using file_ptr = std::unique_ptr<FILE, file_closer>;

constexpr long seconds_a_day = 24L * 3600;
/// Clocks of machines differ: a certificate holds from a little before it was made.
constexpr long clock_slack = 3600;
/// As `cluster.name`, and what a certificate's common name may have (RFC 5280, ub-common-name).
constexpr size_t longest_node_name = 64;

failure problem(const std::string& path, const std::string& what) {
  return fail(errc::invalid_request, path + ": " + what);
}

/// A new file that its owner alone may read.
file_ptr create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  return file_ptr(fd < 0 ? nullptr : ::fdopen(fd, "w"));
}

failure write_key(const std::string& path, EVP_PKEY* key) {
  const auto f = create(path);
  if (!f) return problem(path, "cannot be made, or is there already");
  const bool written = PEM_write_PKCS8PrivateKey(f.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  return written && std::fflush(f.get()) == 0 ? fail(errc::none) : problem(path, "cannot be written");
}

failure write_certificate(const std::string& path, X509* certificate) {
  const auto f = create(path);
  if (!f) return problem(path, "cannot be made, or is there already");
  const bool written = PEM_write_X509(f.get(), certificate) == 1 && std::fflush(f.get()) == 0;
  return written ? fail(errc::none) : problem(path, "cannot be written");
}

bool extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  if (!extension) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

/// A certificate without extensions, not yet signed.
certificate_ptr blank(const std::string& name, EVP_PKEY* key, int days) {
  certificate_ptr made{X509_new()};
  auto* x = made.get();
  unsigned char serial[16];
  if (RAND_bytes(serial, sizeof serial) != 1) return nullptr;
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
  BN_free(number);
  X509_set_version(x, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(x), (days < 0 ? days * 2 * seconds_a_day : 0) - clock_slack);
  X509_time_adj_ex(X509_getm_notAfter(x), days, 0, nullptr);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return X509_set_pubkey(x, key) == 1 ? std::move(made) : nullptr;
}

std::string alternative_names(const std::string& node, const std::vector<std::string>& hosts) {
  auto out = "DNS:" + node;
  for (const auto& host : hosts)
    out += (parse_ip(host) ? ",IP:" : ",DNS:") + host;
  return out;
}

/// A name that stands in an extension's text: what would end it or begin another is refused.
bool is_plain(const std::string& text) {
  return !text.empty() && text.size() <= 253 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:") ==
             std::string::npos &&
         (parse_ip(text) || text.find(':') == std::string::npos);
}

struct signer {
  certificate_ptr certificate;
  key_ptr key;
};

result<signer> read_authority(const std::string& directory) {
  const auto certificate_path = directory + "/ca.pem";
  const auto key_path = directory + "/ca-key.pem";
  const file_ptr c{std::fopen(certificate_path.c_str(), "re")};
  const file_ptr k{std::fopen(key_path.c_str(), "re")};
  if (!c) return problem(certificate_path, "cannot be read: troupe cluster init makes it");
  if (!k) return problem(key_path, "cannot be read");
  signer s{certificate_ptr{PEM_read_X509(c.get(), nullptr, nullptr, nullptr)},
           key_ptr{PEM_read_PrivateKey(k.get(), nullptr, nullptr, nullptr)}};
  if (!s.certificate) return problem(certificate_path, "is no certificate");
  if (!s.key || X509_check_private_key(s.certificate.get(), s.key.get()) != 1)
    return problem(key_path, "is not the key of ca.pem");
  return s;
}

} // namespace

failure make_authority(const std::string& directory, int days) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return problem(directory, error.message());
  const key_ptr key{EVP_EC_gen("P-256")};
  const auto made = key ? blank("Troupe cluster", key.get(), days) : nullptr;
  if (!made) return problem(directory, "no key can be made");
  auto* x = made.get();
  X509_set_issuer_name(x, X509_get_subject_name(x));
  const bool complete = extend(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                        extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                        extend(x, x, NID_subject_key_identifier, "hash") &&
                        X509_sign(x, key.get(), EVP_sha256()) > 0;
  if (!complete) return problem(directory, "the certificate cannot be made");
  if (auto f = write_key(directory + "/ca-key.pem", key.get()); f.code != errc::none) return f;
  return write_certificate(directory + "/ca.pem", x);
}

failure issue_certificate(const std::string& directory, const std::string& node,
                          const std::vector<std::string>& hosts, int days) {
  for (const auto& text : hosts)
    if (!is_plain(text))
      return fail(errc::invalid_request, "\"" + text + "\" is no host name and no address");
  if (!is_plain(node) || node.size() > longest_node_name || node.find("..") != node.npos || parse_ip(node) ||
      node == "ca" || node == "ca-key")
    return fail(errc::invalid_request, "\"" + node + "\" cannot be a node's name");
  const auto by = read_authority(directory);
  if (!by) return by.error();
  const key_ptr key{EVP_EC_gen("P-256")};
  const auto made = key ? blank(node, key.get(), days) : nullptr;
  if (!made) return problem(directory, "no key can be made");
  auto* x = made.get();
  auto* issuer = by->certificate.get();
  X509_set_issuer_name(x, X509_get_subject_name(issuer));
  const bool complete = extend(x, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                        extend(x, issuer, NID_key_usage, "critical,digitalSignature") &&
                        extend(x, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
                        extend(x, issuer, NID_authority_key_identifier, "keyid") &&
                        extend(x, issuer, NID_subject_alt_name, alternative_names(node, hosts)) &&
                        X509_sign(x, by->key.get(), EVP_sha256()) > 0;
  if (!complete) return problem(directory, "the certificate cannot be made");
  const auto base = directory + "/" + node;
  if (auto f = write_key(base + "-key.pem", key.get()); f.code != errc::none) return f;
  return write_certificate(base + ".pem", x);
}

} // namespace troupe::cluster
