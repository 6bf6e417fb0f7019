// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ashlar::contract {

inline constexpr uint8_t kLower = 1, kUpper = 2, kDigit = 4, kHyphen = 8, kUnderscore = 16;

// What the first and the other characters of a name may be, and how many there may be.
struct NameForm {
  uint8_t first = 0;
  uint8_t rest = 0;
  size_t most = 60;
};

constexpr bool IsOf(char c, uint8_t classes) {
  return ((classes & kLower) != 0 && c >= 'a' && c <= 'z') || ((classes & kUpper) != 0 && c >= 'A' && c <= 'Z') ||
         ((classes & kDigit) != 0 && c >= '0' && c <= '9') || ((classes & kHyphen) != 0 && c == '-') ||
         ((classes & kUnderscore) != 0 && c == '_');
}

constexpr bool HasForm(std::string_view name, NameForm form) {
  if (name.empty() || name.size() > form.most || !IsOf(name.front(), form.first)) return false;
  for (char c : name.substr(1)) {
    if (!IsOf(c, form.rest)) return false;
  }
  return true;
}

inline constexpr uint8_t kAlphanumeric = kLower | kUpper | kDigit;
inline constexpr NameForm kCamelCase = {.first = kLower, .rest = kAlphanumeric};
inline constexpr NameForm kPascalCase = {.first = kUpper, .rest = kAlphanumeric};

}  // namespace ashlar::contract
