// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto/public_key.h"
#include "identity/key_ring.h"

namespace ashlar::identity {

// A key of another's set that may verify.
struct VerificationKey {
  std::string id;  // kid
  PublicKey key;
  std::optional<SignatureAlgorithm> algorithm;  // the only one that it is for, where the set says so
};

inline constexpr size_t kMostKeys = 64;  // of a set, whatever they are

// The keys of a JWK Set (RFC 7517) that can verify what is taken here. Those without an id, of other kinds, for other
// uses, unsound, or published with their private part are passed over. kInvalid: it is no set, it is too large, or none
// is left.
Result<std::vector<VerificationKey>> ReadJwks(std::string_view text);

// The public parts of our own that verify still.
std::string WriteJwks(const KeyRing& keys, int64_t now_seconds);

}  // namespace ashlar::identity
