// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "types/type.h"

namespace ashlar::types {

// Bounds of what is ordered: numbers, days, times.
template <class T>
struct Range {
  std::optional<T> min, max;

  // `less` and `greater` begin the message, `format` writes a bound: "must not be less than " + "5".
  template <class Format>
  FieldErrors Check(const T& value, const Format& format, std::string_view less = "must not be less than ",
                    std::string_view greater = "must not be greater than ") const {
    if (min && value < *min) return {{"", Detail::kTooSmall, std::string(less) + format(*min)}};
    if (max && *max < value) return {{"", Detail::kTooLarge, std::string(greater) + format(*max)}};
    return {};
  }
  // What is said of a number that T cannot even hold. REQUIRES: both bounds.
  template <class Format>
  FieldError Beyond(bool negative, const Format& format) const {
    if (negative) return {"", Detail::kTooSmall, "must not be less than " + format(*min)};
    return {"", Detail::kTooLarge, "must not be greater than " + format(*max)};
  }
  // The nearest value within the bounds.
  T Clamp(T value) const {
    if (min && value < *min) return *min;
    if (max && *max < value) return *max;
    return value;
  }
};

// Bounds of what is counted: "must be at least 3 characters long".
struct Length {
  int64_t min = 0;
  int64_t max = 0;
  std::string_view unit;  // "character", "byte", "item"

  FieldErrors Check(size_t count) const;
  int64_t Clamp(int64_t count) const;
};

}  // namespace ashlar::types
