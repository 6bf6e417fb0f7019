// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace ashlar::identity {

inline constexpr size_t kRecoveryCodes = 10;  // of a second factor
inline constexpr size_t kMostCode = 64;       // bytes, as somebody types one

// 120 bits of chance in letters and digits that are easy to type: "ABCDEF-GHIJKL-MNOPQR-STUVWX". Secret.
std::string NewRecoveryCode();

// What is kept of one, base64url: HMAC-SHA-256 under the service's key, of this user alone. Small letters, spaces and
// dashes are as good as none; so much chance needs no slow hash (ASVS 5.0, 6.5.2).
std::string HashRecoveryCode(std::string_view key, std::string_view user, std::string_view code);

}  // namespace ashlar::identity
