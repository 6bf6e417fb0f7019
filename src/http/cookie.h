// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace ashlar::http {

enum class CookieFault : uint8_t { kRepeated };

// The value of the cookie of that name, byte for byte, in any field of a request (RFC 6265bis, 4.2.1; HTTP/2 may send a
// field for each). What stands beside it is nobody's business here, be it sound or not. Linear in the size of the head.
std::expected<std::optional<std::string_view>, CookieFault> FindCookie(const Request& request, std::string_view name);

// Set-Cookie of a cookie that scripts cannot read, that goes to this host alone, over TLS or to this machine, with
// requests of pages of this site alone, until the browser ends. REQUIRES: the name begins with "__Host-"; the value is
// of letters, digits, - and _.
std::string HostCookie(std::string_view name, std::string_view value);
// The same, but that it comes along when a page of another site leads here by GET; for so long, or until the browser
// ends.
std::string LaxHostCookie(std::string_view name, std::string_view value, std::optional<int64_t> seconds = std::nullopt);
// The first one, to be forgotten at once.
std::string NoHostCookie(std::string_view name);

}  // namespace ashlar::http
