// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ashlar::http {

// "/v1/a%20b" -> {"v1", "a b"}, behind the segments that are there. Each segment is decoded exactly once, so that the
// router and the checks cannot see different paths. Refused (false): what does not begin with a slash, bad escapes, NUL
// and other control characters, encoded slashes, backslashes, dot segments however they are written, empty segments but
// the last, invalid UTF-8.
bool ReadPath(std::string_view path, std::vector<std::string>& segments);

using Parameters = std::vector<std::pair<std::string, std::string>>;
// "a=1&b=x%20y+z" -> {{"a", "1"}, {"b", "x y z"}}. For bad escapes, control characters and invalid UTF-8 the parameter
// that has them, as it stood.
std::expected<Parameters, std::string> ParseQuery(std::string_view query);

// A name or value of a query string, percent-encoded but for unreserved characters (RFC 3986).
std::string EncodeQuery(std::string_view text);

}  // namespace ashlar::http
