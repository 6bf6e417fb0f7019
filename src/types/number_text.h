// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::types {

// A decimal number as somebody wrote it, taken apart exactly: +-digits * 10^exponent.
struct NumberText {
  bool negative = false;
  std::string digits;        // without leading and trailing zeros; empty is zero
  int64_t exponent = 0;
  int64_t decimals = 0;      // digits behind the point as written, the exponent counted: 1.50 has 2, 1.5e1 none
  bool with_exponent = false;

  bool is_zero() const { return digits.empty(); }
  bool is_integer() const { return is_zero() || exponent >= 0; }
  // Digits before the point: 0 for 0.5, 3 for 120.
  int64_t integer_digits() const { return is_zero() ? 0 : static_cast<int64_t>(digits.size()) + exponent; }
};

// JSON's grammar of numbers: -? digits [. digits] [e[+-] digits], no leading zeros. Exponents beyond a thousand
// million count as that.
std::optional<NumberText> ParseNumber(std::string_view text);
// Digits, with a minus sign or without: no point, no exponent.
std::optional<NumberText> ParseDigits(std::string_view text);
// Nothing if it is beyond 64 bits. REQUIRES: a whole number.
std::optional<int64_t> ToInt64(const NumberText& number);

}  // namespace ashlar::types
