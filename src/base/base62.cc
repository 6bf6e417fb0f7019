// SPDX-License-Identifier: Apache-2.0
#include "base/base62.h"

#include <algorithm>
#include <cstdint>

namespace ashlar {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

}  // namespace

std::string Base62Encode(std::string_view bytes, size_t digits) {
  std::string number(bytes);
  std::string text(digits, kDigits[0]);
  for (size_t at = digits; at-- > 0;) {
    uint32_t rest = 0;
    for (char& byte : number) {
      rest = rest << 8 | static_cast<uint8_t>(byte);
      byte = static_cast<char>(rest / 62);
      rest %= 62;
    }
    text[at] = kDigits[rest];
  }
  return text;
}

std::optional<std::string> Base62Decode(std::string_view text, size_t size) {
  std::string number(size, '\0');
  for (char digit : text) {
    const size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    auto carry = static_cast<uint32_t>(value);
    for (size_t at = size; at-- > 0;) {
      carry += static_cast<uint8_t>(number[at]) * 62U;
      number[at] = static_cast<char>(carry & 0xff);
      carry >>= 8;
    }
    if (carry != 0) return std::nullopt;
  }
  return number;
}

bool IsBase62(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return kDigits.contains(c); });
}

}  // namespace ashlar
