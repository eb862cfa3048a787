#include "model/secrets.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace troupe {
namespace {

constexpr std::string_view secret_prefix = "whsec_";
constexpr size_t random_bytes = 32;

std::string base64(const unsigned char* data, size_t size) {
  std::string out(4 * ((size + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), data, static_cast<int>(size));
  return out;
}

std::string random_base64() {
  unsigned char bytes[random_bytes];
  if (RAND_bytes(bytes, sizeof bytes) != 1) throw std::runtime_error("no random bytes can be had");
  return base64(bytes, sizeof bytes);
}

/// Empty when the text is no base64 with its padding.
std::vector<unsigned char> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  std::vector<unsigned char> out(text.size() / 4 * 3);
  const int n = EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                static_cast<int>(text.size()));
  if (n < 0) return {};
  const auto padding = static_cast<size_t>(std::count(text.end() - 2, text.end(), '='));
  out.resize(static_cast<size_t>(n) - padding);
  return out;
}

} // namespace

std::string random_secret(std::string_view prefix) {
  auto text = random_base64();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  std::erase(text, '=');
  return std::string(prefix) + text;
}

std::string new_webhook_secret() {
  return std::string(secret_prefix) + random_base64();
}

bool is_webhook_secret(std::string_view secret) {
  if (!secret.starts_with(secret_prefix)) return false;
  const auto size = from_base64(secret.substr(secret_prefix.size())).size();
  return size >= 24 && size <= 64;
}

std::string webhook_signature(std::string_view secret, std::string_view id, int64_t seconds,
                              std::string_view body) {
  const auto key = from_base64(secret.substr(std::min(secret.size(), secret_prefix.size())));
  const auto text = std::string(id) + '.' + std::to_string(seconds) + '.' + std::string(body);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  return "v1," + base64(mac, size);
}

} // namespace troupe
