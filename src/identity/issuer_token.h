// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <span>

#include "identity/jwks.h"
#include "identity/token.h"
#include "model/issuer.h"

namespace ashlar::identity {

inline constexpr int64_t kMostSkew = 60;  // seconds that another's clock may differ from ours

enum class IssuerFault : uint8_t {
  kInvalid,
  kExpired,
  kUnknownKey,  // it would do, but its key is none of these
};

// The claims of a token of another issuer, for us and valid now (RFC 7519, RFC 9068): signed by the one of `keys` that
// its header names, by an algorithm that fits the key, the set and the contract. Its `sub` is a subject or a stranger,
// its roles are those that the contract lets this issuer give; its session is none of ours.
std::expected<Claims, IssuerFault> VerifyIssuerToken(const model::Issuer& issuer, std::span<const VerificationKey> keys,
                                                     Jws token, int64_t now_seconds);

}  // namespace ashlar::identity
