// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace ashlar {

// Bytes as one number, most significant first, in the digits 0-9, A-Z, a-z: exactly `digits` of them, zeros in front.
// REQUIRES: so many digits are enough.
std::string Base62Encode(std::string_view bytes, size_t digits);

// The number as exactly `size` bytes; nothing if there is anything but digits, or it is too large. So two different
// texts of one length never give the same bytes.
std::optional<std::string> Base62Decode(std::string_view text, size_t size);

// Whether a text has nothing but such digits.
bool IsBase62(std::string_view text);

}  // namespace ashlar
