// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace ashlar {

// Two lower-case digits a byte.
std::string HexEncode(std::string_view bytes);
// Digits of either case; nothing if there is anything else or a digit too few.
std::optional<std::string> HexDecode(std::string_view text);
// The value of one digit, or -1.
int HexDigit(char c);

}  // namespace ashlar
