#include "model/content.hpp"

#include <openssl/evp.h>

namespace troupe {

std::string digest::hex() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(64);
  for (const uint8_t b : bytes) {
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

digest digest_from_hex(std::string_view text) {
  digest out;
  if (text.size() != 64) return {};
  const auto nibble = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (size_t i = 0; i < 32; ++i) {
    const int high = nibble(text[2 * i]);
    const int low = nibble(text[2 * i + 1]);
    if (high < 0 || low < 0) return {};
    out.bytes[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return out;
}

namespace {

/// Looked up once: OpenSSL 3 looks an algorithm up for each hash otherwise (crypto(7), "Implicit fetching").
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched ? fetched : EVP_sha256();
}

} // namespace

struct hasher::context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  ~context() { EVP_MD_CTX_free(md); }
};

hasher::hasher()
    : context_(std::make_unique<context>()) {
  EVP_DigestInit_ex(context_->md, algorithm(), nullptr);
}
hasher::~hasher() = default;

void hasher::update(std::string_view data) {
  EVP_DigestUpdate(context_->md, data.data(), data.size());
}

digest hasher::finish() {
  digest out;
  EVP_DigestFinal_ex(context_->md, out.bytes.data(), nullptr);
  return out;
}

digest sha256(std::string_view data) {
  digest out;
  EVP_Digest(data.data(), data.size(), out.bytes.data(), nullptr, algorithm(), nullptr);
  return out;
}

content_ref make_content(std::string data) {
  content_ref ref;
  ref.hash = sha256(data);
  ref.size = data.size();
  ref.bytes = std::make_shared<const std::string>(std::move(data));
  return ref;
}

} // namespace troupe
