// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::types {

// Labels of letters, digits and inner hyphens, at most 63 characters each and 253 together; ASCII only.
bool IsHostName(std::string_view text);
// Four decimal numbers, as RFC 3986 writes them.
bool IsIpv4(std::string_view text);
// RFC 4291, without a zone.
bool IsIpv6(std::string_view text);

// The domain of a mail address in the one form that is kept: lower case, internationalised labels (IDNA 2008) in
// Unicode whichever way they came. Nothing unless it is a name of at least two labels, the last not a number.
std::optional<std::string> FoldDomain(std::string_view domain);

}  // namespace ashlar::types
