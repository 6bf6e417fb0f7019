// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "types/value.h"

namespace ashlar::identity {

// What a refresh token says: which session, and the how manieth of it. Whoever has the key can make every one of them
// again, so that nothing but the step is kept, and a lost answer can be given once more.
struct RefreshToken {
  types::Uuid session;
  int64_t step = 0;
  bool operator==(const RefreshToken&) const = default;
};

// base64url(session || step, 8 bytes, most significant first || HMAC-SHA-256 of both). Secret.
std::string WriteRefreshToken(std::string_view key, const RefreshToken& token);
// Nothing unless it was written with this key.
std::optional<RefreshToken> ReadRefreshToken(std::string_view key, std::string_view text);

}  // namespace ashlar::identity
