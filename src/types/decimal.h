// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "types/number_text.h"
#include "types/value.h"

namespace ashlar::types {

// Exact arithmetic on decimals of at most 38 digits, as many of them behind the point as one likes. What does not fit
// is nullopt, never a wrap and never a rounding that was not asked for.
inline constexpr int kDecimalDigits = 38;
// What a field may hold.
inline constexpr int kFieldDigits = 18;

// REQUIRES: 0 <= exponent <= 38.
__int128 PowerOfTen(int exponent);
// Whether the unscaled value has at most `digits` digits. REQUIRES: 0 <= digits <= 38.
bool Fits(__int128 unscaled, int digits);

enum class DecimalFault : uint8_t { kForm, kPrecision, kRange };
// JSON's grammar of numbers. With `scale`: of exactly that scale; more decimals than that as written are kPrecision.
std::expected<Decimal, DecimalFault> ParseDecimal(std::string_view text);
std::expected<Decimal, DecimalFault> ParseDecimal(std::string_view text, int scale);
std::expected<Decimal, DecimalFault> ToDecimal(const NumberText& number, int scale);

// All its decimals and never an exponent: "12.30", "-0.05", "7".
std::string FormatDecimal(const Decimal& decimal);
void AppendDecimal(const Decimal& decimal, std::string& out);

std::weak_ordering CompareDecimal(const Decimal& a, const Decimal& b);
// Exact, too. REQUIRES: not NaN.
std::weak_ordering CompareDecimal(const Decimal& a, double b);

// Sums and differences have the larger scale, products the sum of both.
std::optional<Decimal> Add(const Decimal& a, const Decimal& b);
std::optional<Decimal> Subtract(const Decimal& a, const Decimal& b);
std::optional<Decimal> Multiply(const Decimal& a, const Decimal& b);
// a / b to `scale` decimals, a half to the even neighbour. Nothing for b = 0.
std::optional<Decimal> Divide(const Decimal& a, const Decimal& b, int scale);
// The same number to `scale` decimals, a half to the even neighbour.
std::optional<Decimal> Rescale(const Decimal& decimal, int scale);

}  // namespace ashlar::types
