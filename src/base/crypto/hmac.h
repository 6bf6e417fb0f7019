// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "base/crypto/sha256.h"

namespace ashlar {

// HMAC-SHA-256 (RFC 2104). Thread safe.
Digest HmacSha256(std::string_view key, std::string_view data);
// HMAC-SHA-1, for protocols that fix it (RFC 4226). Thread safe.
std::array<uint8_t, 20> HmacSha1(std::string_view key, std::string_view data);

// Whether both are the same, in a time that depends on their lengths alone.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace ashlar
