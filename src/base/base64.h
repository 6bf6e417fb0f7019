// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace ashlar {

// RFC 4648, section 4: with padding.
std::string Base64Encode(std::string_view bytes);
// RFC 4648, section 5: the alphabet for URLs and file names, without padding.
std::string Base64UrlEncode(std::string_view bytes);

// The bytes, or nothing unless `text` is exactly what the encoder above writes: same alphabet, same padding, no
// white space, unused bits zero. So two different texts never give the same bytes.
std::optional<std::string> Base64Decode(std::string_view text);
std::optional<std::string> Base64UrlDecode(std::string_view text);

}  // namespace ashlar
