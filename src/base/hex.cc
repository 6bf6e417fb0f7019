// SPDX-License-Identifier: Apache-2.0
#include "base/hex.h"

#include <array>

namespace ashlar {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

constexpr std::array<int8_t, 256> kValues = [] {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<uint8_t>(kDigits[i])] = static_cast<int8_t>(i);
    if (i >= 10) values[static_cast<uint8_t>(kDigits[i] - 'a' + 'A')] = static_cast<int8_t>(i);
  }
  return values;
}();

}  // namespace

int HexDigit(char c) { return kValues[static_cast<uint8_t>(c)]; }

std::string HexEncode(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (char byte : bytes) text.append(HexPair(static_cast<uint8_t>(byte)), 2);
  return text;
}

std::optional<std::string> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    int high = HexDigit(text[i]);
    int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

}  // namespace ashlar
