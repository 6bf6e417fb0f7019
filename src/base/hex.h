// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar {

// The two lower-case digits of each byte, one pair behind the other.
inline constexpr std::array<char, 512> kHexPairs = [] {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, 512> pairs{};
  for (size_t byte = 0; byte < 256; ++byte) {
    pairs[2 * byte] = kDigits[byte >> 4];
    pairs[2 * byte + 1] = kDigits[byte & 15];
  }
  return pairs;
}();
inline const char* HexPair(uint8_t byte) { return kHexPairs.data() + 2 * size_t{byte}; }
// Two lower-case digits a byte.
std::string HexEncode(std::string_view bytes);
// Digits of either case; nothing if there is anything else or a digit too few.
std::optional<std::string> HexDecode(std::string_view text);
// The value of one digit, or -1.
inline constexpr std::array<int8_t, 256> kHexValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (char c = '0'; c <= '9'; ++c) values[static_cast<uint8_t>(c)] = static_cast<int8_t>(c - '0');
  for (char c = 'a'; c <= 'f'; ++c) {
    values[static_cast<uint8_t>(c)] = values[static_cast<uint8_t>(c - 'a' + 'A')] = static_cast<int8_t>(c - 'a' + 10);
  }
  return values;
}();
inline int HexDigit(char c) { return kHexValues[static_cast<uint8_t>(c)]; }

}  // namespace ashlar
