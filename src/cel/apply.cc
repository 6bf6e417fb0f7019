// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>

#include "base/json/json.h"
#include "base/utf8.h"
#include "cel/functions.h"
#include "cel/sum.h"
#include "types/datetime.h"
#include "types/decimal.h"
#include "types/number_text.h"
#include "types/regex.h"

namespace ashlar::cel {
namespace {

using types::Value;
using Answer = std::expected<Value, EvalError>;

Answer Wrong(std::string message) { return std::unexpected(EvalError{std::move(message)}); }

// A whole number is an int where it fits, any other a double; one that no double holds stays json.
Value NumberOf(const json::Number& number, const Value& json) {
  auto parts = types::ParseNumber(number.token);
  if (parts && parts->is_integer() && parts->integer_digits() <= 19) {
    if (auto whole = types::ToInt64(*parts)) return *whole;
  }
  double real = 0;
  auto [end, error] = std::from_chars(number.token.data(), number.token.data() + number.token.size(), real);
  if (error == std::errc()) return real;
  return parts && parts->integer_digits() <= 0 ? Value(0.0) : json;
}

// A json value as what it is beside a typed one: a bool, a number or a text; others stay json.
Value Plain(const Value& value) {
  const types::JsonText* text = value.get<types::JsonText>();
  if (text == nullptr) return value;
  auto parsed = json::Parse(text->text, {.depth = 128, .bytes = SIZE_MAX});
  if (!parsed) return value;
  if (parsed->is_null()) return {};
  if (const bool* boolean = parsed->boolean()) return *boolean;
  if (const std::string* string = parsed->string()) return *string;
  if (const json::Number* number = parsed->number()) return NumberOf(*number, value);
  return value;
}

bool IsNumeric(const Value& value) {
  return value.get<int64_t>() != nullptr || value.get<double>() != nullptr || value.get<types::Decimal>() != nullptr;
}

std::optional<std::weak_ordering> Order(const Value& left, const Value& right) {
  Value a = Plain(left);
  Value b = Plain(right);
  if (a.is_null() || b.is_null()) return std::nullopt;
  bool same = a.kind() == b.kind() || (IsNumeric(a) && IsNumeric(b));
  if (!same) return std::nullopt;
  return types::Compare(a, b);
}

bool Equal(const Value& left, const Value& right) {
  Value a = Plain(left);
  Value b = Plain(right);
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  bool same = a.kind() == b.kind() || (IsNumeric(a) && IsNumeric(b));
  return same && types::Compare(a, b) == std::weak_ordering::equivalent;
}

types::Decimal AsDecimal(const Value& value) {
  if (const types::Decimal* decimal = value.get<types::Decimal>()) return *decimal;
  return {*value.get<int64_t>(), 0};
}

Answer IntArithmetic(Op op, int64_t a, int64_t b) {
  int64_t result = 0;
  bool overflow = false;
  if (op == Op::kAdd) {
    overflow = __builtin_add_overflow(a, b, &result);
  } else if (op == Op::kSubtract) {
    overflow = __builtin_sub_overflow(a, b, &result);
  } else if (op == Op::kMultiply) {
    overflow = __builtin_mul_overflow(a, b, &result);
  } else {
    if (b == 0) return Wrong("division by zero");
    if (b == -1) {
      if (op == Op::kModulo) return Value(int64_t{0});
      overflow = __builtin_sub_overflow(int64_t{0}, a, &result);
    } else {
      result = op == Op::kDivide ? a / b : a % b;
    }
  }
  if (overflow) return Wrong("overflow");
  return Value(result);
}

Answer DoubleArithmetic(Op op, double a, double b) {
  if (op == Op::kDivide && b == 0) return Wrong("division by zero");
  double result = op == Op::kAdd ? a + b : op == Op::kSubtract ? a - b : op == Op::kMultiply ? a * b : a / b;
  if (!std::isfinite(result)) return Wrong("overflow");
  return Value(result);
}

Answer DecimalArithmetic(Op op, const Type& type, const types::Decimal& a, const types::Decimal& b) {
  std::optional<types::Decimal> result;
  if (op == Op::kAdd) result = types::Add(a, b);
  if (op == Op::kSubtract) result = types::Subtract(a, b);
  if (op == Op::kMultiply) result = types::Multiply(a, b);
  if (op == Op::kDivide) {
    if (b.unscaled == 0) return Wrong("division by zero");
    result = types::Divide(a, b, type.scale);
  }
  if (result && result->scale != type.scale) result = types::Rescale(*result, type.scale);
  if (!result) return Wrong("overflow");
  return Value(*result);
}

template <class Time>
Answer InRange(int64_t micros, bool overflow) {
  if constexpr (std::is_same_v<Time, types::Timestamp>) {
    overflow = overflow || micros < types::kFirstTimestamp.micros || micros > types::kLastTimestamp.micros;
  } else {
    overflow = overflow || micros < -types::kLongestDuration.micros || micros > types::kLongestDuration.micros;
  }
  if (overflow) return Wrong("overflow");
  return Value(Time{micros});
}

int64_t MicrosOf(const Value& value) {
  if (const types::Timestamp* timestamp = value.get<types::Timestamp>()) return timestamp->micros;
  return value.get<types::Duration>()->micros;
}

Answer Join(const std::string& a, const std::string& b) {
  if (a.size() + b.size() > kMostTextBytes) return Wrong("the text is too long");
  return Value(a + b);
}

Answer Arithmetic(Op op, const Type& type, const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return Wrong("null in arithmetic");
  if (type.tag == Type::Tag::kDecimal) return DecimalArithmetic(op, type, AsDecimal(a), AsDecimal(b));
  if (const int64_t* number = a.get<int64_t>()) return IntArithmetic(op, *number, *b.get<int64_t>());
  if (const double* number = a.get<double>()) return DoubleArithmetic(op, *number, *b.get<double>());
  if (const std::string* text = a.get<std::string>()) return Join(*text, *b.get<std::string>());
  int64_t micros = 0;
  bool overflow = op == Op::kAdd ? __builtin_add_overflow(MicrosOf(a), MicrosOf(b), &micros)
                                 : __builtin_sub_overflow(MicrosOf(a), MicrosOf(b), &micros);
  if (type.tag == Type::Tag::kTimestamp) return InRange<types::Timestamp>(micros, overflow);
  return InRange<types::Duration>(micros, overflow);
}

Answer Text(Op op, const Value& subject, const Value& part) {
  if (subject.is_null() || part.is_null()) return Wrong("null as a string");
  const std::string& a = *subject.get<std::string>();
  const std::string& b = *part.get<std::string>();
  if (op == Op::kStartsWith) return Value(a.starts_with(b));
  if (op == Op::kEndsWith) return Value(a.ends_with(b));
  if (op == Op::kContains) return Value(a.find(b) != std::string::npos);
  if (op == Op::kEqualIgnoringCase) return Value(FoldCase(a) == FoldCase(b));
  if (op == Op::kContainsIgnoringCase) return Value(FoldCase(a).find(FoldCase(b)) != std::string::npos);
  auto regex = types::Regex::Make(b);
  if (!regex) return Wrong("not a pattern");
  return Value(regex->MatchesPart(a));
}

Answer Sum(const Type& type, const types::List& list) {
  Total total(type.tag, type.scale);
  for (const Value& item : list.items) total.Add(item);
  auto sum = total.Finish();
  if (!sum) return Wrong("null in a sum, or overflow");
  return std::move(*sum);
}

Answer Size(const Value& value) {
  if (const std::string* text = value.get<std::string>()) return Value(static_cast<int64_t>(CountCodePoints(*text)));
  if (const types::Bytes* bytes = value.get<types::Bytes>()) return Value(static_cast<int64_t>(bytes->data.size()));
  if (const types::List* list = value.get<types::List>()) return Value(static_cast<int64_t>(list->items.size()));
  return Wrong("null has no size");
}

Answer Negate(const Type& type, const Value& value) {
  if (value.is_null()) return Wrong("null in arithmetic");
  if (const double* number = value.get<double>()) return Value(-*number);
  if (const int64_t* number = value.get<int64_t>()) return IntArithmetic(Op::kSubtract, 0, *number);
  if (const types::Duration* duration = value.get<types::Duration>()) return Value(types::Duration{-duration->micros});
  return DecimalArithmetic(Op::kSubtract, type, {0, type.scale}, *value.get<types::Decimal>());
}

Answer MemberOf(const Value& value, const Value& name) {
  const types::JsonText* text = value.get<types::JsonText>();
  if (text == nullptr) return Wrong("null has no members");
  auto parsed = json::Parse(text->text, {.depth = 128, .bytes = SIZE_MAX});
  const json::Json* member = parsed ? parsed->Find(*name.get<std::string>()) : nullptr;
  if (member == nullptr) return Wrong("no such member");
  if (member->is_null()) return Value();
  return Value(types::JsonText{json::ToText(*member)});
}

Answer Ordered(Op op, const Value& a, const Value& b) {
  std::optional<std::weak_ordering> order = Order(a, b);
  if (!order) return Wrong("these have no order");
  if (op == Op::kLess) return Value(*order < 0);
  if (op == Op::kLessOrEqual) return Value(*order <= 0);
  if (op == Op::kGreater) return Value(*order > 0);
  return Value(*order >= 0);
}

}  // namespace

Answer Apply(Op op, const Type& type, std::span<const Value> arguments) {
  const Value& a = arguments[0];
  const Value& b = arguments.size() > 1 ? arguments[1] : arguments[0];
  switch (op) {
    case Op::kNot: return a.get<bool>() == nullptr ? Wrong("null as a condition") : Answer(Value(!*a.get<bool>()));
    case Op::kEqual: return Value(Equal(a, b));
    case Op::kNotEqual: return Value(!Equal(a, b));
    case Op::kLess:
    case Op::kLessOrEqual:
    case Op::kGreater:
    case Op::kGreaterOrEqual: return Ordered(op, a, b);
    case Op::kIn: {
      const types::List* list = b.get<types::List>();
      if (list == nullptr) return Wrong("null is no list");
      return Value(
          std::any_of(list->items.begin(), list->items.end(), [&](const Value& item) { return Equal(a, item); }));
    }
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo: return Arithmetic(op, type, a, b);
    case Op::kNegate: return Negate(type, a);
    case Op::kMember:
    case Op::kIndex: return MemberOf(a, b);
    case Op::kSize: return Size(a);
    case Op::kSum: return a.get<types::List>() == nullptr ? Wrong("null is no list") : Sum(type, *a.get<types::List>());
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kContains:
    case Op::kMatches:
    case Op::kEqualIgnoringCase:
    case Op::kContainsIgnoringCase: return Text(op, a, b);
    case Op::kAnd:
    case Op::kOr:
    case Op::kConditional:
    case Op::kHas:
    case Op::kTimestamp:
    case Op::kDuration:
    case Op::kHasRole:
    case Op::kHasScope: break;
  }
  return Wrong("not a function of values");
}

}  // namespace ashlar::cel
