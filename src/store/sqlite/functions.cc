// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/functions.h"

#include <sqlite3.h>

#include <charconv>

#include "base/base64.h"
#include "base/json/json.h"
#include "base/utf8.h"
#include "base/utf8_words.h"
#include "cel/functions.h"
#include "cel/sum.h"
#include "store/sqlite/arguments.h"
#include "types/decimal.h"
#include "types/uuid.h"

namespace ashlar::store::sqlite {
namespace {

using types::Value;

// What stands for null where NULL is an error; see sql/expression.h.
bool IsMark(sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_BLOB; }

// What an arithmetic function does: '~' exchanges its sides.
struct Arithmetic {
  cel::Op op = cel::Op::kAdd;
  sqlite3_value* left;
  sqlite3_value* right;
};

Arithmetic ArithmeticOf(sqlite3_value* sign, sqlite3_value* left, sqlite3_value* right) {
  std::string_view text = TextOf(sign);
  if (text.starts_with('~')) std::swap(left, right);
  switch (text.back()) {
    case '+': return {cel::Op::kAdd, left, right};
    case '-': return {cel::Op::kSubtract, left, right};
    case '*': return {cel::Op::kMultiply, left, right};
    case '/': return {cel::Op::kDivide, left, right};
    default: return {cel::Op::kModulo, left, right};
  }
}

// (a, b, sign): the evaluator's own arithmetic, so that both cannot differ.
template <class Make>
std::optional<Value> Compute(sqlite3_value** arguments, cel::Type::Tag tag, Make make) {
  if (IsNull(arguments[0]) || IsNull(arguments[1])) return std::nullopt;
  Arithmetic asked = ArithmeticOf(arguments[2], arguments[0], arguments[1]);
  cel::Type type;
  type.tag = tag;
  Value sides[2] = {make(asked.left), make(asked.right)};
  auto value = cel::Apply(asked.op, type, sides);
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

void Join(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto value =
      Compute(arguments, cel::Type::Tag::kString, [](sqlite3_value* v) { return Value(std::string(TextOf(v))); });
  value ? ResultText(context, *value->get<std::string>()) : sqlite3_result_null(context);
}

// A duration's arithmetic; a time's differs in its range alone.
template <class Result, cel::Type::Tag kTag>
void Micros(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto value =
      Compute(arguments, kTag, [](sqlite3_value* v) { return Value(types::Duration{sqlite3_value_int64(v)}); });
  value ? sqlite3_result_int64(context, value->template get<Result>()->micros) : sqlite3_result_null(context);
}

// (a, scale of a, b, scale of b, sign, scale of the result)
void Decimal(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto a = DecimalOf(arguments[0], sqlite3_value_int(arguments[1]));
  auto b = DecimalOf(arguments[2], sqlite3_value_int(arguments[3]));
  if (!a || !b) return sqlite3_result_null(context);
  Arithmetic asked = ArithmeticOf(arguments[4], arguments[0], arguments[2]);
  if (asked.left != arguments[0]) std::swap(a, b);
  cel::Type type;
  type.tag = cel::Type::Tag::kDecimal;
  type.scale = sqlite3_value_int(arguments[5]);
  Value sides[2] = {*a, *b};
  auto value = cel::Apply(asked.op, type, sides);
  ResultDecimal(context, value ? std::optional(*value->get<types::Decimal>()) : std::nullopt);
}

// (a, scale, a larger scale); a mark stays one.
void Rescale(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (IsMark(arguments[0])) return sqlite3_result_value(context, arguments[0]);
  auto decimal = DecimalOf(arguments[0], sqlite3_value_int(arguments[1]));
  if (decimal) decimal = types::Rescale(*decimal, sqlite3_value_int(arguments[2]));
  ResultDecimal(context, decimal);
}

// (a, scale of a, b, scale of b): either may be the mark of null.
void DecimalEqual(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (IsNull(arguments[0]) || IsNull(arguments[2])) return sqlite3_result_null(context);
  if (IsMark(arguments[0]) || IsMark(arguments[2])) {
    return sqlite3_result_int(context, IsMark(arguments[0]) && IsMark(arguments[2]) ? 1 : 0);
  }
  auto a = DecimalOf(arguments[0], sqlite3_value_int(arguments[1]));
  auto b = DecimalOf(arguments[2], sqlite3_value_int(arguments[3]));
  if (!a || !b) return sqlite3_result_null(context);
  sqlite3_result_int(context, types::CompareDecimal(*a, *b) == 0 ? 1 : 0);
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

// An element of a list in its list form that is bytes.
void BytesOf(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto data = IsNull(arguments[0]) ? std::nullopt : Base64Decode(TextOf(arguments[0]));
  if (!data) return sqlite3_result_null(context);
  sqlite3_result_blob64(context, data->data(), data->size(), SQLITE_TRANSIENT);
}

// (list of doubles, place): the double, read exactly.
void RealAt(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (IsNull(arguments[0]) || IsNull(arguments[1])) return sqlite3_result_null(context);
  auto list = json::Parse(TextOf(arguments[0]), {.depth = 2, .bytes = SIZE_MAX});
  auto place = static_cast<size_t>(sqlite3_value_int64(arguments[1]));
  const json::Array* items = list ? list->array() : nullptr;
  if (items == nullptr || place >= items->size()) return sqlite3_result_null(context);
  const json::Number* number = (*items)[place].number();
  double real = 0;
  if (number == nullptr) return sqlite3_result_null(context);
  std::from_chars(number->token.data(), number->token.data() + number->token.size(), real);
  sqlite3_result_double(context, real);
}

void EndsWith(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (IsNull(arguments[0]) || IsNull(arguments[1])) return sqlite3_result_null(context);
  sqlite3_result_int(context, TextOf(arguments[0]).ends_with(TextOf(arguments[1])) ? 1 : 0);
}

// (json, name, what stands for null)
void JsonMember(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (IsNull(arguments[0]) || IsNull(arguments[1])) return sqlite3_result_null(context);
  Value sides[2] = {types::JsonText{std::string(TextOf(arguments[0]))}, std::string(TextOf(arguments[1]))};
  auto member = cel::Apply(cel::Op::kMember, cel::Type{}, sides);
  if (!member) return sqlite3_result_null(context);
  if (member->is_null()) return sqlite3_result_value(context, arguments[2]);
  ResultText(context, member->get<types::JsonText>()->text);
}

// The other side of a json, of the type that is named.
Value TypedOf(sqlite3_value* value, std::string_view type) {
  if (IsMark(value)) return {};
  if (type == "bool") return sqlite3_value_int(value) != 0;
  if (type == "int") return int64_t{sqlite3_value_int64(value)};
  if (type == "double") return sqlite3_value_double(value);
  if (type == "json") return types::JsonText{std::string(TextOf(value))};
  return std::string(TextOf(value));
}

// (json, type of the other, other): either may be the mark of null.
void JsonEqual(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (IsNull(arguments[0]) || IsNull(arguments[2])) return sqlite3_result_null(context);
  Value sides[2] = {TypedOf(arguments[0], "json"), TypedOf(arguments[2], TextOf(arguments[1]))};
  auto equal = cel::Apply(cel::Op::kEqual, cel::Type{}, sides);
  sqlite3_result_int(context, equal && *equal->get<bool>() ? 1 : 0);
}

// (json, type of the other, other): -1, 0, 1; NULL where they have no order.
void JsonCompare(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (IsNull(arguments[0]) || IsNull(arguments[2])) return sqlite3_result_null(context);
  Value sides[2] = {TypedOf(arguments[0], "json"), TypedOf(arguments[2], TextOf(arguments[1]))};
  auto less = cel::Apply(cel::Op::kLess, cel::Type{}, sides);
  if (!less) return sqlite3_result_null(context);
  auto greater = cel::Apply(cel::Op::kGreater, cel::Type{}, sides);
  sqlite3_result_int(context, *less->get<bool>() ? -1 : *greater->get<bool>() ? 1 : 0);
}

// The evaluator's own sum. It lives from the first row to SumEnd, which SQLite calls whatever happens.
cel::Total** TotalOf(sqlite3_context* context, int size) {
  return static_cast<cel::Total**>(sqlite3_aggregate_context(context, size));
}

template <cel::Type::Tag kTag>
void SumStep(sqlite3_context* context, int, sqlite3_value** arguments) {
  cel::Total** total = TotalOf(context, sizeof(cel::Total*));
  if (total == nullptr) return sqlite3_result_error_nomem(context);
  if (*total == nullptr) *total = new cel::Total(kTag, 0);
  Value value;
  if (IsNull(arguments[0])) {
    value = {};
  } else if constexpr (kTag == cel::Type::Tag::kInt) {
    value = int64_t{sqlite3_value_int64(arguments[0])};
  } else if constexpr (kTag == cel::Type::Tag::kDouble) {
    value = sqlite3_value_double(arguments[0]);
  } else if (auto decimal = DecimalOf(arguments[0], 0)) {
    value = *decimal;
  }
  (*total)->Add(value);
}

template <cel::Type::Tag kTag>
void SumEnd(sqlite3_context* context) {
  cel::Total** begun = TotalOf(context, 0);
  std::unique_ptr<cel::Total> total(begun == nullptr ? nullptr : *begun);
  if (total == nullptr) total = std::make_unique<cel::Total>(kTag, 0);
  auto sum = total->Finish();
  if (!sum) return sqlite3_result_null(context);
  if constexpr (kTag == cel::Type::Tag::kInt) sqlite3_result_int64(context, *sum->get<int64_t>());
  if constexpr (kTag == cel::Type::Tag::kDouble) sqlite3_result_double(context, *sum->get<double>());
  if constexpr (kTag == cel::Type::Tag::kDecimal) ResultDecimal(context, *sum->get<types::Decimal>());
}

// The words of all its texts; null is no text.
void Words(sqlite3_context* context, int count, sqlite3_value** arguments) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    if (!IsNull(arguments[i])) text.append(TextOf(arguments[i])).append(" ");
  }
  ResultText(context, IsValidUtf8(text) ? FoldWords(text) : "");
}

using Function = void (*)(sqlite3_context*, int, sqlite3_value**);

}  // namespace

bool AddFunctions(sqlite3* connection) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  using Tag = cel::Type::Tag;
  constexpr std::tuple<const char*, int, Function> kScalars[] = {
      {"ashlar_int", 3, Int},
      {"ashlar_double", 3, Double},
      {"ashlar_join", 3, Join},
      {"ashlar_time", 3, Micros<types::Timestamp, Tag::kTimestamp>},
      {"ashlar_span", 3, Micros<types::Duration, Tag::kDuration>},
      {"ashlar_decimal", 6, Decimal},
      {"ashlar_rescale", 3, Rescale},
      {"ashlar_decimal_equal", 4, DecimalEqual},
      {"ashlar_decimal_compare", 4, DecimalCompare},
      {"ashlar_fold", 1, Fold},
      {"ashlar_words", -1, Words},
      {"ashlar_ends_with", 2, EndsWith},
      {"ashlar_uuid", 1, Uuid},
      {"ashlar_bytes", 1, BytesOf},
      {"ashlar_real_at", 2, RealAt},
      {"ashlar_json_member", 3, JsonMember},
      {"ashlar_json_equal", 3, JsonEqual},
      {"ashlar_json_compare", 3, JsonCompare},
  };
  for (const auto& [name, arguments, function] : kScalars) {
    if (sqlite3_create_function_v2(connection, name, arguments, kFlags, nullptr, function, nullptr, nullptr, nullptr)) {
      return false;
    }
  }
  using End = void (*)(sqlite3_context*);
  constexpr std::tuple<const char*, Function, End> kSums[] = {
      {"ashlar_sum_int", SumStep<Tag::kInt>, SumEnd<Tag::kInt>},
      {"ashlar_sum_double", SumStep<Tag::kDouble>, SumEnd<Tag::kDouble>},
      {"ashlar_sum_decimal", SumStep<Tag::kDecimal>, SumEnd<Tag::kDecimal>}};
  for (const auto& [name, step, end] : kSums) {
    if (sqlite3_create_function_v2(connection, name, 1, kFlags, nullptr, nullptr, step, end, nullptr)) return false;
  }
  return true;
}

}  // namespace ashlar::store::sqlite
