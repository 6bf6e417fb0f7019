// SPDX-License-Identifier: Apache-2.0
#include "cel/sum.h"

#include <bit>
#include <cmath>

#include "types/decimal.h"

namespace ashlar::cel {
namespace {

constexpr int kMantissaBits = 52;
constexpr int kLowestExponent = -1074;

}  // namespace

void Total::Add(const types::Value& value) {
  if (const double* number = value.get<double>()) return AddDouble(*number);
  std::optional<__int128> whole;
  if (const int64_t* number = value.get<int64_t>()) {
    if (auto scaled = types::Rescale({*number, 0}, scale_)) whole = scaled->unscaled;
  } else if (const types::Decimal* decimal = value.get<types::Decimal>()) {
    if (auto scaled = types::Rescale(*decimal, scale_)) whole = scaled->unscaled;
  }
  if (!whole) {
    failed_ = true;
    return;
  }
  const __int128 unit = types::PowerOfTen(19);
  high_ += *whole / unit;
  low_ += *whole % unit;
}

void Total::AddDouble(double number) {
  if (!std::isfinite(number)) failed_ = true;
  auto bits = std::bit_cast<uint64_t>(number);
  uint64_t mantissa = bits & ((uint64_t{1} << kMantissaBits) - 1);
  auto exponent = static_cast<size_t>((bits >> kMantissaBits) & 0x7FF);
  if (exponent > 0) {
    mantissa |= uint64_t{1} << kMantissaBits;
    --exponent;
  }
  size_t word = exponent / 64;
  size_t shift = exponent % 64;
  uint64_t parts[2] = {mantissa << shift, shift == 0 ? 0 : mantissa >> (64 - shift)};
  bool negative = (bits >> 63) != 0;
  uint64_t carry = 0;
  for (size_t i = word; i < words_.size(); ++i) {
    uint64_t part = i - word < 2 ? parts[i - word] : 0;
    if (part == 0 && carry == 0 && i - word >= 2) return;
    unsigned long long out = 0;
    words_[i] =
        negative ? __builtin_subcll(words_[i], part, carry, &out) : __builtin_addcll(words_[i], part, carry, &out);
    carry = out;
  }
}

// To the nearest double, a half to the even one.
std::optional<double> Total::Rounded() const {
  std::array<uint64_t, 34> words = words_;
  bool negative = (words.back() >> 63) != 0;
  if (negative) {
    uint64_t carry = 1;
    for (uint64_t& word : words) {
      word = ~word + carry;
      carry = carry != 0 && word == 0 ? 1 : 0;
    }
  }
  int top = static_cast<int>(words.size()) - 1;
  while (top >= 0 && words[static_cast<size_t>(top)] == 0) --top;
  if (top < 0) return 0.0;
  auto bit = [&](int at) { return at >= 0 && ((words[static_cast<size_t>(at) / 64] >> (at % 64)) & 1) != 0; };
  int highest = top * 64 + 63 - std::countl_zero(words[static_cast<size_t>(top)]);
  int lowest = std::max(0, highest - kMantissaBits);
  uint64_t mantissa = 0;
  for (int at = highest; at >= lowest; --at) mantissa = mantissa << 1 | (bit(at) ? 1 : 0);
  if (bit(lowest - 1)) {
    bool beyond = false;
    for (int at = lowest - 2; at >= 0 && !beyond; --at) beyond = bit(at);
    if (beyond || (mantissa & 1) != 0) ++mantissa;
  }
  double number = std::ldexp(static_cast<double>(mantissa), lowest + kLowestExponent);
  if (!std::isfinite(number)) return std::nullopt;
  return negative ? -number : number;
}

std::optional<types::Value> Total::Finish() const {
  if (failed_) return std::nullopt;
  if (tag_ == Type::Tag::kDouble) {
    std::optional<double> number = Rounded();
    return number ? std::optional<types::Value>(*number) : std::nullopt;
  }
  __int128 whole = 0;
  bool overflow =
      __builtin_mul_overflow(high_, types::PowerOfTen(19), &whole) || __builtin_add_overflow(whole, low_, &whole);
  if (overflow) return std::nullopt;
  if (tag_ == Type::Tag::kDecimal) {
    if (!types::Fits(whole, types::kDecimalDigits)) return std::nullopt;
    return types::Value(types::Decimal{whole, scale_});
  }
  if (whole > INT64_MAX || whole < INT64_MIN) return std::nullopt;
  return types::Value(static_cast<int64_t>(whole));
}

}  // namespace ashlar::cel
