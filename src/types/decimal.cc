// SPDX-License-Identifier: Apache-2.0
#include "types/decimal.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ashlar::types {
namespace {

using Unsigned = unsigned __int128;

constexpr std::array<__int128, kDecimalDigits + 1> kPowers = [] {
  std::array<__int128, kDecimalDigits + 1> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

Unsigned Magnitude(__int128 number) {
  return number < 0 ? Unsigned{0} - static_cast<Unsigned>(number) : static_cast<Unsigned>(number);
}

// The number with that magnitude, if it has at most 38 digits.
std::optional<Decimal> Signed(Unsigned magnitude, bool negative, int scale) {
  if (scale < 0 || scale > kDecimalDigits || magnitude >= static_cast<Unsigned>(kPowers[kDecimalDigits])) {
    return std::nullopt;
  }
  auto unscaled = static_cast<__int128>(magnitude);
  return Decimal{negative ? -unscaled : unscaled, scale};
}

// a * 10^exponent, if it has at most 38 digits.
std::optional<__int128> ShiftUp(__int128 number, int exponent) {
  if (number == 0) return 0;
  if (exponent > kDecimalDigits) return std::nullopt;
  __int128 shifted;
  if (__builtin_mul_overflow(number, kPowers[static_cast<size_t>(exponent)], &shifted)) return std::nullopt;
  return Fits(shifted, kDecimalDigits) ? std::optional(shifted) : std::nullopt;
}

// quotient + (remainder / divisor), a half to the even neighbour; `more` says that the remainder is a bit larger.
Unsigned RoundHalfEven(Unsigned quotient, Unsigned remainder, Unsigned divisor, bool more) {
  Unsigned rest = divisor - remainder;
  bool up = remainder > rest || (remainder == rest && (more || (quotient & 1) != 0));
  return up ? quotient + 1 : quotient;
}

// magnitude / 10^exponent, rounded; `more` says that the magnitude is a bit larger than that.
Unsigned ShiftDown(Unsigned magnitude, int exponent, bool more) {
  // Less than half of one.
  if (exponent > kDecimalDigits) return 0;
  auto divisor = static_cast<Unsigned>(kPowers[static_cast<size_t>(exponent)]);
  if (exponent == 0) return magnitude;
  return RoundHalfEven(magnitude / divisor, magnitude % divisor, divisor, more);
}

// Wide enough for 38 digits times 2^53 and what stands against it.
struct Wide {
  std::array<uint32_t, 8> limbs{};  // the lowest first

  explicit Wide(Unsigned number) {
    for (size_t i = 0; i < 4; ++i) limbs[i] = static_cast<uint32_t>(number >> (32 * i));
  }
  void Multiply(uint32_t factor) {
    uint64_t carry = 0;
    for (uint32_t& limb : limbs) {
      carry += uint64_t{limb} * factor;
      limb = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }
  int BitWidth() const {
    for (int i = 7; i >= 0; --i) {
      if (uint32_t limb = limbs[static_cast<size_t>(i)]; limb != 0) return 32 * i + 32 - __builtin_clz(limb);
    }
    return 0;
  }
  void ShiftLeft(int bits) {
    for (int i = 0; i < bits; ++i) Multiply(2);
  }
  std::strong_ordering operator<=>(const Wide& other) const {
    return std::lexicographical_compare_three_way(limbs.rbegin(), limbs.rend(), other.limbs.rbegin(),
                                                  other.limbs.rend());
  }
};

// fraction / 10^scale against a double. REQUIRES: 0 < fraction < 10^scale, 0 < b < 1.
std::weak_ordering CompareFraction(Unsigned fraction, int scale, double b) {
  int exponent = 0;
  auto mantissa = static_cast<uint64_t>(std::ldexp(std::frexp(b, &exponent), 53));
  // fraction * 2^shift against mantissa * 5^scale, both divided by 2^scale. The exponent is at most 0.
  int shift = 53 - exponent - scale;
  Wide left(fraction);
  Wide right(mantissa);
  for (int i = 0; i < scale; ++i) right.Multiply(5);
  if (left.BitWidth() + shift > right.BitWidth()) return std::weak_ordering::greater;
  left.ShiftLeft(shift);
  return left <=> right;
}

}  // namespace

__int128 PowerOfTen(int exponent) { return kPowers[static_cast<size_t>(exponent)]; }

bool Fits(__int128 unscaled, int digits) {
  return Magnitude(unscaled) < static_cast<Unsigned>(kPowers[static_cast<size_t>(digits)]);
}

std::expected<Decimal, DecimalFault> ParseDecimal(std::string_view text) {
  std::optional<NumberText> number = ParseNumber(text);
  if (!number) return std::unexpected(DecimalFault::kForm);
  if (number->decimals > kDecimalDigits) return std::unexpected(DecimalFault::kPrecision);
  return ToDecimal(*number, static_cast<int>(number->decimals));
}

std::expected<Decimal, DecimalFault> ParseDecimal(std::string_view text, int scale) {
  std::optional<NumberText> number = ParseNumber(text);
  if (!number) return std::unexpected(DecimalFault::kForm);
  return ToDecimal(*number, scale);
}

std::expected<Decimal, DecimalFault> ToDecimal(const NumberText& number, int scale) {
  if (number.decimals > scale) return std::unexpected(DecimalFault::kPrecision);
  if (number.is_zero()) return Decimal{0, scale};
  if (number.integer_digits() + scale > kDecimalDigits) return std::unexpected(DecimalFault::kRange);
  __int128 unscaled = 0;
  for (char digit : number.digits) unscaled = unscaled * 10 + (digit - '0');
  unscaled *= PowerOfTen(static_cast<int>(number.exponent + scale));
  return Decimal{number.negative ? -unscaled : unscaled, scale};
}

void AppendDecimal(const Decimal& decimal, std::string& out) {
  std::array<char, 2 * kDecimalDigits + 4> buffer;
  size_t at = buffer.size();
  auto put = [&](auto rest) {
    for (int i = 0; i <= decimal.scale || rest != 0; ++i) {
      if (i == decimal.scale && i > 0) buffer[--at] = '.';
      buffer[--at] = static_cast<char>('0' + static_cast<int>(rest % 10));
      rest /= 10;
    }
  };
  Unsigned magnitude = Magnitude(decimal.unscaled);
  magnitude <= UINT64_MAX ? put(static_cast<uint64_t>(magnitude)) : put(magnitude);  // the former divides much faster
  if (decimal.unscaled < 0) buffer[--at] = '-';
  out.append(buffer.data() + at, buffer.size() - at);
}

std::string FormatDecimal(const Decimal& decimal) {
  std::string text;
  AppendDecimal(decimal, text);
  return text;
}

std::weak_ordering CompareDecimal(const Decimal& a, const Decimal& b) {
  int scale = std::max(a.scale, b.scale);
  __int128 left = PowerOfTen(a.scale);
  __int128 right = PowerOfTen(b.scale);
  if (auto order = a.unscaled / left <=> b.unscaled / right; order != 0) return order;
  return a.unscaled % left * PowerOfTen(scale - a.scale) <=> b.unscaled % right * PowerOfTen(scale - b.scale);
}

std::weak_ordering CompareDecimal(const Decimal& a, double b) {
  if (b >= 1e38) return std::weak_ordering::less;
  if (b <= -1e38) return std::weak_ordering::greater;
  double whole = std::trunc(b);
  __int128 unit = PowerOfTen(a.scale);
  if (auto order = a.unscaled / unit <=> static_cast<__int128>(whole); order != 0) return order;
  __int128 fraction = a.unscaled % unit;
  double rest = b - whole;
  int left_sign = (fraction > 0) - (fraction < 0);
  int right_sign = (rest > 0) - (rest < 0);
  if (left_sign != right_sign || left_sign == 0) return left_sign <=> right_sign;
  auto order = CompareFraction(Magnitude(fraction), a.scale, std::abs(rest));
  return left_sign > 0 ? order : 0 <=> order;
}

std::optional<Decimal> Add(const Decimal& a, const Decimal& b) {
  int scale = std::max(a.scale, b.scale);
  auto left = ShiftUp(a.unscaled, scale - a.scale);
  auto right = ShiftUp(b.unscaled, scale - b.scale);
  __int128 sum;
  if (!left || !right || __builtin_add_overflow(*left, *right, &sum)) return std::nullopt;
  return Signed(Magnitude(sum), sum < 0, scale);
}

std::optional<Decimal> Subtract(const Decimal& a, const Decimal& b) { return Add(a, {-b.unscaled, b.scale}); }

std::optional<Decimal> Multiply(const Decimal& a, const Decimal& b) {
  __int128 product;
  if (__builtin_mul_overflow(a.unscaled, b.unscaled, &product)) return std::nullopt;
  return Signed(Magnitude(product), product < 0, a.scale + b.scale);
}

std::optional<Decimal> Divide(const Decimal& a, const Decimal& b, int scale) {
  if (b.unscaled == 0) return std::nullopt;
  bool negative = (a.unscaled < 0) != (b.unscaled < 0);
  Unsigned dividend = Magnitude(a.unscaled);
  Unsigned divisor = Magnitude(b.unscaled);
  Unsigned quotient = dividend / divisor;
  Unsigned remainder = dividend % divisor;
  int digits = b.scale - a.scale + scale;
  if (digits < 0) return Signed(ShiftDown(quotient, -digits, remainder != 0), negative, scale);
  for (int i = 0; i < digits && (quotient != 0 || remainder != 0); ++i) {
    if (quotient >= static_cast<Unsigned>(kPowers[kDecimalDigits - 1])) return std::nullopt;
    // One more digit: ten times the remainder, taken together step by step since it may not fit.
    unsigned digit = 0;
    Unsigned rest = 0;
    for (int step = 0; step < 10; ++step) {
      rest += remainder;
      if (rest >= divisor) {
        rest -= divisor;
        ++digit;
      }
    }
    quotient = quotient * 10 + digit;
    remainder = rest;
  }
  return Signed(RoundHalfEven(quotient, remainder, divisor, false), negative, scale);
}

std::optional<Decimal> Rescale(const Decimal& decimal, int scale) {
  if (scale >= decimal.scale) {
    auto unscaled = ShiftUp(decimal.unscaled, scale - decimal.scale);
    if (!unscaled || scale > kDecimalDigits) return std::nullopt;
    return Decimal{*unscaled, scale};
  }
  Unsigned rounded = ShiftDown(Magnitude(decimal.unscaled), decimal.scale - scale, false);
  return Signed(rounded, decimal.unscaled < 0, scale);
}

}  // namespace ashlar::types
