// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto/ecdsa.h"
#include "base/json/json.h"

namespace ashlar::identity {

// What a token of the service's own says: a JWT (RFC 7519) signed with ES256, iss and aud the service's name.
struct Claims {
  std::string subject;              // the User's id; empty for a service
  std::vector<std::string> roles;
  int64_t issued_at = 0;            // seconds since 1970
  int64_t expires_at = 0;
  std::string id;                   // jti
  std::string session;              // sid: that of a User who has signed in; empty for what the operator gives
  json::Json all;                   // every claim, for rules
};

std::string SignToken(const EcdsaKey& key, const std::string& service, const Claims& claims);

enum class TokenFault : uint8_t { kInvalid, kExpired };

// The claims of a token that the key signed for the service and that is valid now. The key's type fixes the algorithm:
// what the header says beyond it (another alg, kid or typ, crit, jku, jwk, x5u, x5c) is refused.
std::expected<Claims, TokenFault> VerifyToken(const EcdsaKey& key, const std::string& service, std::string_view token,
                                              int64_t now_seconds);

}  // namespace ashlar::identity
