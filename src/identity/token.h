// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "identity/jws.h"
#include "identity/key_ring.h"

namespace ashlar::identity {

class IssuerKeys;

// What a token says. One of the service's own is a JWT (RFC 7519) whose iss and aud are the service's name.
struct Claims {
  std::string subject;              // the User's id; empty for a service
  std::vector<std::string> roles;
  int64_t issued_at = 0;            // seconds since 1970
  int64_t expires_at = 0;
  std::string id;                   // jti
  std::string session;              // sid: that of a User who has signed in; empty for what the operator gives
  json::Json all;                   // every claim, for rules
  // Of a token of another issuer: whose it is, where that is no User of ours.
  std::string stranger;
  // Of a token of a client of the provider: which, and the scopes that open something.
  std::string client;
  std::vector<std::string> scopes;
  // Whose keys verified it, null for our own, and which of their sets: under another, what is kept of it is void.
  IssuerKeys* issuer = nullptr;
  uint64_t keys_number = 0;
};

std::string SignToken(const SigningKey& key, const std::string& service, const Claims& claims);

enum class TokenFault : uint8_t { kInvalid, kExpired };

// The claims of a token that one of the keys signed for the service and that is valid now. The key fixes the
// algorithm: what the header says beyond it (another alg or typ, crit, jku, jwk, x5u, x5c) is refused.
std::expected<Claims, TokenFault> VerifyToken(const KeyRing& keys, const std::string& service, Jws token,
                                              int64_t now_seconds);

}  // namespace ashlar::identity
