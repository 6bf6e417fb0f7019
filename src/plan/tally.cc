// SPDX-License-Identifier: Apache-2.0
#include "plan/tally.h"

#include <charconv>

#include "types/decimal.h"

namespace ashlar::plan {

using types::Decimal;
using types::Kind;
using types::Value;

namespace {

constexpr int kDecimalsOfNumbers = 20;  // before a mean is rounded to a float

}  // namespace

void Tally::Add(const Value& value) {
  if (value.is_null()) return;
  ++count_;
  const auto* duration = value.get<types::Duration>();
  total_.Add(duration == nullptr ? value : Value{duration->micros});
}

std::optional<Value> Tally::Finish() const {
  if (count_ == 0) return Value{};
  std::optional<Value> sum = total_.Finish();
  if (!sum) return std::nullopt;
  if (const double* real = sum->get<double>()) return Value{mean_ ? *real / static_cast<double>(count_) : *real};
  const Decimal& exact = *sum->get<Decimal>();
  return mean_ ? Mean(exact) : AsResult(exact);
}

std::optional<Value> Tally::Mean(const Decimal& sum) const {
  bool real = numbers_.result == Kind::kFloat64;
  auto mean = types::Divide(sum, {count_, 0}, real ? kDecimalsOfNumbers : numbers_.result_scale);
  if (!mean) return std::nullopt;
  if (!real) return AsResult(*mean);
  std::string text = types::FormatDecimal(*mean);
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<Value> Tally::AsResult(const Decimal& whole) const {
  if (numbers_.result == Kind::kDecimal) return Value{whole};
  if (whole.unscaled > INT64_MAX || whole.unscaled < INT64_MIN) return std::nullopt;
  auto number = static_cast<int64_t>(whole.unscaled);
  return numbers_.result == Kind::kDuration ? Value{types::Duration{number}} : Value{number};
}

}  // namespace ashlar::plan
