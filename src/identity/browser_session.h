// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "types/value.h"

namespace ashlar::identity {

inline constexpr std::string_view kSessionCookie = "__Host-session";
inline constexpr std::string_view kSignInCookie = "__Host-login";  // of who is on the way to a provider and back
inline constexpr std::string_view kCsrfHeader = "X-CSRF-Token";

// What a browser's cookie says: which session. Like a refresh token it is computed, not kept, but never changes.
// base64url(session || HMAC-SHA-256). Secret.
std::string WriteSessionCookie(std::string_view key, const types::Uuid& session);
// Nothing unless it was written with this key.
std::optional<types::Uuid> ReadSessionCookie(std::string_view key, std::string_view text);

// What the session's own pages know beside the cookie, and show with whatever writes. base64url(HMAC-SHA-256). Secret.
std::string CsrfTokenOf(std::string_view key, const types::Uuid& session);

}  // namespace ashlar::identity
