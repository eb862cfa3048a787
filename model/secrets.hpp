#pragma once
/// Random texts, and the signatures of webhooks (Standard Webhooks 1.0, "Signature scheme").

#include "model/time.hpp"

#include <string>
#include <string_view>

namespace troupe {

/// `prefix` and 256 random bits in URL-safe base64 (RFC 4648 section 5). Throws when the system has none.
std::string random_secret(std::string_view prefix);

/// `whsec_` and the base64 of 32 random bytes.
std::string new_webhook_secret();
/// `whsec_` and the base64 of 24 to 64 bytes.
bool is_webhook_secret(std::string_view secret);
/// `v1,` and the base64 of the HMAC-SHA256 of `id.seconds.body` under the secret's bytes.
std::string webhook_signature(std::string_view secret, std::string_view id, int64_t seconds,
                              std::string_view body);

} // namespace troupe
