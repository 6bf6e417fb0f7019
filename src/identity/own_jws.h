// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "identity/jws.h"
#include "identity/key_ring.h"

namespace ashlar::identity {

// A signed token of ours with these claims, JSON. `typ` tells what it is for (RFC 8725, 3.11).
std::string SignOwn(const SigningKey& key, std::string_view typ, std::string_view claims);
// Whether one of the keys signed it, for what `typ` says. The key fixes the algorithm: what the header says beyond it
// (another alg or typ, crit, jku, jwk, x5u, x5c) is refused.
bool IsOwn(const KeyRing& keys, std::string_view typ, const Jws& token, int64_t now_seconds);

}  // namespace ashlar::identity
