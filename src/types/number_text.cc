// SPDX-License-Identifier: Apache-2.0
#include "types/number_text.h"

#include <algorithm>

namespace ashlar::types {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes the digits off the front.
std::string_view TakeDigits(std::string_view& text) {
  size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool TakeChar(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int64_t> TakeExponent(std::string_view& text) {
  constexpr int64_t kFarthest = 1'000'000'000;
  bool negative = TakeChar(text, '-');
  if (!negative) TakeChar(text, '+');
  std::string_view digits = TakeDigits(text);
  if (digits.empty()) return std::nullopt;
  int64_t exponent = 0;
  for (char digit : digits) exponent = std::min(kFarthest, exponent * 10 + (digit - '0'));
  return negative ? -exponent : exponent;
}

}  // namespace

std::optional<NumberText> ParseNumber(std::string_view text) {
  NumberText number;
  number.negative = TakeChar(text, '-');
  std::string_view integer = TakeDigits(text);
  if (integer.empty() || (integer.size() > 1 && integer.front() == '0')) return std::nullopt;
  std::string_view fraction;
  if (TakeChar(text, '.')) {
    fraction = TakeDigits(text);
    if (fraction.empty()) return std::nullopt;
  }
  int64_t exponent = 0;
  if (TakeChar(text, 'e') || TakeChar(text, 'E')) {
    std::optional<int64_t> read = TakeExponent(text);
    if (!read) return std::nullopt;
    exponent = *read;
    number.with_exponent = true;
  }
  if (!text.empty()) return std::nullopt;
  number.exponent = exponent - std::ssize(fraction);
  number.decimals = std::max<int64_t>(0, -number.exponent);
  number.digits.reserve(integer.size() + fraction.size());
  number.digits.append(integer).append(fraction);
  size_t last = number.digits.find_last_not_of('0');
  if (last == std::string::npos) {
    number.digits.clear();
    number.exponent = 0;
    return number;
  }
  number.exponent += std::ssize(number.digits) - 1 - static_cast<int64_t>(last);
  number.digits.resize(last + 1);
  number.digits.erase(0, number.digits.find_first_not_of('0'));
  return number;
}

std::optional<NumberText> ParseDigits(std::string_view text) {
  std::optional<NumberText> number = ParseNumber(text);
  return number && !text.contains('.') && !number->with_exponent ? number : std::nullopt;
}

std::optional<int64_t> ToInt64(const NumberText& number) {
  if (number.integer_digits() > 19) return std::nullopt;
  __int128 magnitude = 0;
  for (char digit : number.digits) magnitude = magnitude * 10 + (digit - '0');
  for (int64_t i = 0; i < number.exponent; ++i) magnitude *= 10;
  __int128 value = number.negative ? -magnitude : magnitude;
  if (value < INT64_MIN || value > INT64_MAX) return std::nullopt;
  return static_cast<int64_t>(value);
}

}  // namespace ashlar::types
