// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/functions.h"

#include <sqlite3.h>

#include <cmath>

#include "base/json/json.h"
#include "base/utf8.h"
#include "cel/functions.h"
#include "types/decimal.h"
#include "types/uuid.h"

namespace ashlar::store::sqlite {
namespace {

using types::Value;

std::string_view TextOf(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return {text, static_cast<size_t>(sqlite3_value_bytes(value))};
}
bool IsNull(sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_NULL; }

// An unscaled number: INTEGER, or TEXT where it is wider than 64 bits.
std::optional<types::Decimal> DecimalOf(sqlite3_value* value, int scale) {
  if (IsNull(value)) return std::nullopt;
  if (sqlite3_value_type(value) == SQLITE_INTEGER) return types::Decimal{sqlite3_value_int64(value), scale};
  auto wide = types::ParseDecimal(TextOf(value));
  if (!wide) return std::nullopt;
  return types::Decimal{wide->unscaled, scale};
}

void ResultText(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void ResultDecimal(sqlite3_context* context, const std::optional<types::Decimal>& decimal) {
  if (!decimal) return sqlite3_result_null(context);
  if (decimal->unscaled <= INT64_MAX && decimal->unscaled >= INT64_MIN) {
    return sqlite3_result_int64(context, static_cast<int64_t>(decimal->unscaled));
  }
  ResultText(context, types::FormatDecimal({decimal->unscaled, 0}));
}

cel::Op OpOf(sqlite3_value* sign) {
  switch (TextOf(sign)[0]) {
    case '+': return cel::Op::kAdd;
    case '-': return cel::Op::kSubtract;
    case '*': return cel::Op::kMultiply;
    case '/': return cel::Op::kDivide;
    default: return cel::Op::kModulo;
  }
}

// The evaluator's own arithmetic, so that both cannot differ.
template <class Make>
std::optional<Value> Compute(sqlite3_value** arguments, cel::Type::Tag tag, Make make) {
  if (IsNull(arguments[1]) || IsNull(arguments[2])) return std::nullopt;
  cel::Type type;
  type.tag = tag;
  Value sides[2] = {make(arguments[1]), make(arguments[2])};
  auto value = cel::Apply(OpOf(arguments[0]), type, sides);
  return value ? std::optional(std::move(*value)) : std::nullopt;
}

void Int(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto value =
      Compute(arguments, cel::Type::Tag::kInt, [](sqlite3_value* v) { return Value(int64_t{sqlite3_value_int64(v)}); });
  value ? sqlite3_result_int64(context, *value->get<int64_t>()) : sqlite3_result_null(context);
}

void Double(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto value =
      Compute(arguments, cel::Type::Tag::kDouble, [](sqlite3_value* v) { return Value(sqlite3_value_double(v)); });
  value ? sqlite3_result_double(context, *value->get<double>()) : sqlite3_result_null(context);
}

// A duration's arithmetic; a time's differs in its range alone.
template <class Result, cel::Type::Tag kTag>
void Micros(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto value =
      Compute(arguments, kTag, [](sqlite3_value* v) { return Value(types::Duration{sqlite3_value_int64(v)}); });
  value ? sqlite3_result_int64(context, value->template get<Result>()->micros) : sqlite3_result_null(context);
}

// (sign, a, scale of a, b, scale of b, scale of the result)
void Decimal(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto a = DecimalOf(arguments[1], sqlite3_value_int(arguments[2]));
  auto b = DecimalOf(arguments[3], sqlite3_value_int(arguments[4]));
  if (!a || !b) return sqlite3_result_null(context);
  int scale = sqlite3_value_int(arguments[5]);
  std::optional<types::Decimal> result;
  cel::Op op = OpOf(arguments[0]);
  if (op == cel::Op::kAdd) result = types::Add(*a, *b);
  if (op == cel::Op::kSubtract) result = types::Subtract(*a, *b);
  if (op == cel::Op::kMultiply) result = types::Multiply(*a, *b);
  if (op == cel::Op::kDivide && b->unscaled != 0) result = types::Divide(*a, *b, scale);
  if (result && result->scale != scale) result = types::Rescale(*result, scale);
  ResultDecimal(context, result);
}

void DecimalCompare(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto a = DecimalOf(arguments[0], sqlite3_value_int(arguments[1]));
  auto b = DecimalOf(arguments[2], sqlite3_value_int(arguments[3]));
  if (!a || !b) return sqlite3_result_null(context);
  auto order = types::CompareDecimal(*a, *b);
  sqlite3_result_int(context, order < 0 ? -1 : order > 0 ? 1 : 0);
}

void Fold(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (IsNull(arguments[0])) return sqlite3_result_null(context);
  ResultText(context, FoldCase(TextOf(arguments[0])));
}

void Uuid(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto uuid = IsNull(arguments[0]) ? std::nullopt : types::ParseUuid(TextOf(arguments[0]));
  if (!uuid) return sqlite3_result_null(context);
  sqlite3_result_blob(context, uuid->bytes.data(), static_cast<int>(uuid->bytes.size()), SQLITE_TRANSIENT);
}

std::optional<Value> MemberOf(sqlite3_value** arguments) {
  if (IsNull(arguments[0]) || IsNull(arguments[1])) return std::nullopt;
  Value sides[2] = {types::JsonText{std::string(TextOf(arguments[0]))}, std::string(TextOf(arguments[1]))};
  auto value = cel::Apply(cel::Op::kMember, cel::Type{}, sides);
  return value ? std::optional(std::move(*value)) : std::nullopt;
}

void JsonMember(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto member = MemberOf(arguments);
  if (!member || member->is_null()) return sqlite3_result_null(context);
  ResultText(context, member->get<types::JsonText>()->text);
}

void JsonHas(sqlite3_context* context, int, sqlite3_value** arguments) {
  sqlite3_result_int(context, MemberOf(arguments) ? 1 : 0);
}

// (json, type of the other, other): -1, 0, 1; NULL where they have no order.
void JsonCompare(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (IsNull(arguments[0]) || IsNull(arguments[2])) return sqlite3_result_null(context);
  std::string_view type = TextOf(arguments[1]);
  Value other;
  if (type == "bool") {
    other = sqlite3_value_int(arguments[2]) != 0;
  } else if (type == "int") {
    other = int64_t{sqlite3_value_int64(arguments[2])};
  } else if (type == "double") {
    other = sqlite3_value_double(arguments[2]);
  } else if (type == "json") {
    other = types::JsonText{std::string(TextOf(arguments[2]))};
  } else {
    other = std::string(TextOf(arguments[2]));
  }
  Value sides[2] = {types::JsonText{std::string(TextOf(arguments[0]))}, std::move(other)};
  auto is = [&](cel::Op op) {
    auto value = cel::Apply(op, cel::Type{}, sides);
    return value && *value->get<bool>();
  };
  if (is(cel::Op::kEqual)) return sqlite3_result_int(context, 0);
  if (is(cel::Op::kLess)) return sqlite3_result_int(context, -1);
  if (is(cel::Op::kGreater)) return sqlite3_result_int(context, 1);
  sqlite3_result_null(context);
}

struct Total {
  bool begun;
  bool failed;
  int64_t whole;
  double real;
  int64_t high;  // of the wide sum, in two halves: SQLite aligns for 8 bytes, not for 16
  uint64_t low;
};

__int128 Wide(const Total& total) {
  return static_cast<__int128>((static_cast<unsigned __int128>(static_cast<uint64_t>(total.high)) << 64) | total.low);
}

Total* TotalOf(sqlite3_context* context) {
  return static_cast<Total*>(sqlite3_aggregate_context(context, sizeof(Total)));
}

template <char kKind>
void SumStep(sqlite3_context* context, int, sqlite3_value** arguments) {
  Total* total = TotalOf(context);
  if (total == nullptr) return sqlite3_result_error_nomem(context);
  if (IsNull(arguments[0])) {
    total->failed = true;
  } else if constexpr (kKind == 'i') {
    total->failed |= __builtin_add_overflow(total->whole, int64_t{sqlite3_value_int64(arguments[0])}, &total->whole);
  } else if constexpr (kKind == 'r') {
    total->real += sqlite3_value_double(arguments[0]);
    total->failed |= !std::isfinite(total->real);
  } else {
    auto sum = types::Add({Wide(*total), 0}, DecimalOf(arguments[0], 0).value_or(types::Decimal{}));
    total->failed |= !sum.has_value();
    if (!sum) return;
    total->high = static_cast<int64_t>(sum->unscaled >> 64);
    total->low = static_cast<uint64_t>(sum->unscaled);
  }
}

template <char kKind>
void SumEnd(sqlite3_context* context) {
  Total* total = TotalOf(context);
  if (total == nullptr || total->failed) return sqlite3_result_null(context);
  if constexpr (kKind == 'i') return sqlite3_result_int64(context, total->whole);
  if constexpr (kKind == 'r') return sqlite3_result_double(context, total->real);
  if constexpr (kKind == 'd') return ResultDecimal(context, types::Decimal{Wide(*total), 0});
}

using Function = void (*)(sqlite3_context*, int, sqlite3_value**);

}  // namespace

bool AddFunctions(sqlite3* connection) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  constexpr std::tuple<const char*, int, Function> kScalars[] = {
      {"ashlar_int", 3, Int},
      {"ashlar_double", 3, Double},
      {"ashlar_time", 3, Micros<types::Timestamp, cel::Type::Tag::kTimestamp>},
      {"ashlar_span", 3, Micros<types::Duration, cel::Type::Tag::kDuration>},
      {"ashlar_decimal", 6, Decimal},
      {"ashlar_decimal_compare", 4, DecimalCompare},
      {"ashlar_fold", 1, Fold},
      {"ashlar_uuid", 1, Uuid},
      {"ashlar_json_member", 2, JsonMember},
      {"ashlar_json_has", 2, JsonHas},
      {"ashlar_json_compare", 3, JsonCompare},
  };
  for (const auto& [name, arguments, function] : kScalars) {
    if (sqlite3_create_function_v2(connection, name, arguments, kFlags, nullptr, function, nullptr, nullptr, nullptr)) {
      return false;
    }
  }
  using End = void (*)(sqlite3_context*);
  constexpr std::tuple<const char*, Function, End> kSums[] = {{"ashlar_sum_int", SumStep<'i'>, SumEnd<'i'>},
                                                              {"ashlar_sum_double", SumStep<'r'>, SumEnd<'r'>},
                                                              {"ashlar_sum_decimal", SumStep<'d'>, SumEnd<'d'>}};
  for (const auto& [name, step, end] : kSums) {
    if (sqlite3_create_function_v2(connection, name, 1, kFlags, nullptr, nullptr, step, end, nullptr)) return false;
  }
  return true;
}

}  // namespace ashlar::store::sqlite
