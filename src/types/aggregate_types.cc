// SPDX-License-Identifier: Apache-2.0
#include "types/aggregate_types.h"

#include <fmt/format.h>

#include "types/decimal.h"
#include "types/number_text.h"

namespace ashlar::types {
namespace {

constexpr int kMoreDecimals = 6;  // of an average

// A decimal of up to 38 digits: no field has it. Its cell is an integer, or a text of the unscaled number where that is
// wider than 64 bits.
class WideDecimal final : public Type {
 public:
  explicit WideDecimal(int scale) : scale_(scale) {}

  std::string_view name() const override { return "decimal"; }
  std::string text() const override { return fmt::format("decimal({},{})", kDecimalDigits, scale_); }
  Kind kind() const override { return Kind::kDecimal; }
  int scale() const override { return scale_; }

  std::expected<Value, FieldErrors> Parse(const json::Json& input) const override {
    const std::string* text = input.string();
    const json::Number* number = input.number();
    auto value = text != nullptr     ? ParseText(*text)
                 : number != nullptr ? ParseText(number->token)
                                     : Wrong("must be a number or a string that holds one");
    if (!value) return std::unexpected(FieldErrors{std::move(value).error()});
    return std::move(*value);
  }
  std::expected<Value, FieldError> ParseText(std::string_view input) const override {
    auto decimal = ParseDecimal(input, scale_);
    if (decimal) return *decimal;
    switch (decimal.error()) {
      case DecimalFault::kForm: return Wrong("must be a decimal number such as -12.5");
      case DecimalFault::kPrecision: return Wrong(fmt::format("must have at most {} decimals", scale_));
      case DecimalFault::kRange: break;
    }
    return Wrong(fmt::format("must have at most {} digits", kDecimalDigits));
  }
  FieldErrors Validate(const Value& value) const override {
    if (Fits(value.get<Decimal>()->unscaled, kDecimalDigits)) return {};
    return {{"", Detail::kTooLarge, fmt::format("must have at most {} digits", kDecimalDigits)}};
  }

  void Format(const Cell& cell, json::Writer& out) const override { Format(ToValue(cell), out); }
  void Format(const Value& value, json::Writer& out) const override {
    out.String(FormatDecimal(*value.get<Decimal>()));
  }
  Value ToValue(const Cell& cell) const override {
    if (cell.is_null()) return {};
    if (cell.tag == Cell::Tag::kInteger) return Decimal{cell.integer, scale_};
    auto wide = ParseDecimal(cell.text());
    return wide ? Value{Decimal{wide->unscaled, scale_}} : Value{};
  }

  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Field("format", "decimal");
    out.Field("maxLength", kDecimalDigits + 3);
    std::string fraction = scale_ == 0 ? "" : fmt::format("\\.[0-9]{{{}}}", scale_);
    out.Field("pattern", fmt::format("^-?[0-9]{{1,{}}}{}$", kDecimalDigits, fraction));
  }
  json::Json Example() const override { return json::Json(FormatDecimal({PowerOfTen(scale_), scale_})); }

 private:
  static std::unexpected<FieldError> Wrong(std::string message) {
    return std::unexpected(FieldError{"", Detail::kFormat, std::move(message)});
  }

  int scale_;
};

TypePtr Unbounded(std::string_view name) {
  const FieldType* row = FindFieldType(name);
  if (row == nullptr) return nullptr;
  auto made = row->make({});
  return made ? *made : nullptr;
}

bool IsJsonNumber(const Type& type) {
  const FieldType* row = FindFieldType(type.name());
  return row != nullptr && row->json == "number";
}

}  // namespace

TypePtr TypeOfCount() { return Unbounded("int"); }
TypePtr TypeOfDay() { return Unbounded("date"); }
TypePtr TypeOfMoment() { return Unbounded("datetime"); }

TypePtr TypeOfSum(const Type& type) {
  if (type.kind() == Kind::kDecimal) return std::make_shared<const WideDecimal>(type.scale());
  bool adds = type.kind() == Kind::kInt64 || type.kind() == Kind::kFloat64 || type.kind() == Kind::kDuration;
  return adds ? Unbounded(type.name()) : nullptr;
}

TypePtr TypeOfAverage(const Type& type) {
  bool whole = type.kind() == Kind::kInt64;
  if (whole && IsJsonNumber(type)) return Unbounded("float");
  if (whole || type.kind() == Kind::kDecimal) {
    return std::make_shared<const WideDecimal>((whole ? 0 : type.scale()) + kMoreDecimals);
  }
  return TypeOfSum(type);
}

TypePtr TypeThatWrites(std::string_view name, int scale) {
  if (name == "decimal") {
    return scale >= 0 && scale <= kDecimalDigits ? std::make_shared<const WideDecimal>(scale) : nullptr;
  }
  return Unbounded(name == "enum" ? "string" : name);  // whose constants are texts
}

}  // namespace ashlar::types
