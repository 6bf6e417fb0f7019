// SPDX-License-Identifier: Apache-2.0
#include "base/crypto/sha256.h"
#include "base/hex.h"
#include "store/sql/dialect.h"
#include "types/datetime.h"
#include "types/decimal.h"
#include "types/list_form.h"
#include "types/uuid.h"

namespace ashlar::store::sql {
namespace {

using Tag = cel::Type::Tag;
using types::Kind;

constexpr int kDecimalsOfNumbers = 20;  // before a mean is rounded to a double (plan/tally.cc)
constexpr size_t kMostName = 63;  // bytes: what is longer would be cut

std::string_view TypeName(Kind kind) {
  switch (kind) {
    case Kind::kBool: return "boolean";
    case Kind::kInt64:
    case Kind::kDuration: return "bigint";
    case Kind::kFloat64: return "double precision";
    case Kind::kDecimal: return "numeric";
    case Kind::kText: return "text";
    case Kind::kBytes: return "bytea";
    case Kind::kUuid: return "uuid";
    case Kind::kDate: return "date";
    case Kind::kTimestamp: return "timestamptz";
    case Kind::kJson:
    case Kind::kList: return "json";
  }
  return "";
}

// Of an expression's type; empty: null's own.
std::string_view TypeName(Tag tag) {
  switch (tag) {
    case Tag::kBool: return "boolean";
    case Tag::kInt:
    case Tag::kDuration: return "bigint";
    case Tag::kDouble: return "double precision";
    case Tag::kDecimal: return "numeric";
    case Tag::kString: return "text";
    case Tag::kBytes: return "bytea";
    case Tag::kUuid: return "uuid";
    case Tag::kDate: return "date";
    case Tag::kTimestamp: return "timestamptz";
    case Tag::kJson:
    case Tag::kList: return "json";
    case Tag::kNull:
    case Tag::kRow:
    case Tag::kRows:
    case Tag::kAuth: break;
  }
  return "";
}

std::string Quoted(std::string_view text) {
  std::string quoted = text.contains('\\') ? " E'" : "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

std::string Typed(std::string_view text, std::string_view type) { return fmt::format("{}::{}", Quoted(text), type); }

// Of a number as FormatDecimal and the like write it; one with a sign in brackets, which bind less than a cast.
std::string Signed(std::string number) { return number.starts_with('-') ? fmt::format("({})", number) : number; }

// A held value is an array of one, since those compare null as they do any other.
class PostgresDialect final : public Dialect {
 public:
  std::string Mark(size_t number, const types::Value& value) const override {
    if (value.is_null()) return fmt::format("${}", number);
    return fmt::format("${}::{}", number, TypeName(value.kind()));
  }
  std::string MarkFor(size_t number, const types::Type& type) const override {
    return fmt::format("${}::{}", number, TypeName(type.kind()));
  }
  types::Value Bound(types::Value value) const override { return value; }

  std::optional<std::string> Literal(const types::Value& value) const override {
    if (const int64_t* number = value.get<int64_t>()) return Signed(fmt::format("{}", *number)) + "::bigint";
    if (const auto* date = value.get<types::Date>()) return Typed(types::FormatDate(*date), "date");
    if (const auto* time = value.get<types::Timestamp>()) return Typed(types::FormatTimestamp(*time), "timestamptz");
    if (const auto* span = value.get<types::Duration>()) return Signed(fmt::format("{}", span->micros)) + "::bigint";
    if (const auto* decimal = value.get<types::Decimal>()) return Signed(types::FormatDecimal(*decimal)) + "::numeric";
    if (const double* real = value.get<double>()) return Typed(fmt::format("{}", *real), "double precision");
    if (const auto* uuid = value.get<types::Uuid>()) return Typed(types::FormatUuid(*uuid), "uuid");
    if (const auto* bytes = value.get<types::Bytes>()) {
      return fmt::format("decode('{}', 'hex')", HexEncode(bytes->data));
    }
    if (const auto* list = value.get<types::List>()) return Typed(types::ToListForm(*list), "json");
    const auto* text = value.get<std::string>();
    if (text == nullptr || text->contains('\0')) return std::nullopt;
    return Typed(*text, "text");
  }

  std::string Null(const Type& type) const override {
    const std::string_view name = TypeName(type.tag);
    return name.empty() ? "NULL" : fmt::format("NULL::{}", name);
  }
  std::string Same(std::string_view a, std::string_view b) const override {
    return fmt::format("({} IS NOT DISTINCT FROM {})", a, b);
  }
  std::string As(std::string value, const Type& own, const Type& as) const override {
    if (own.tag == Tag::kList && as.tag == Tag::kList) return fmt::format("({})::text", value);  // json has no equality
    if (own.tag == as.tag) return value;
    if (as.tag == Tag::kJson) {
      return own.tag == Tag::kDouble ? fmt::format("to_json(ashlar_exact({}))", value)
                                     : fmt::format("to_json({})", value);
    }
    if (as.tag != Tag::kDecimal) return value;
    return own.tag == Tag::kDouble ? fmt::format("ashlar_exact({})", value) : fmt::format("({})::numeric", value);
  }

  std::string Held(std::string value, const Type& own, const Type& as, NullMeans null) const override {
    std::string array = fmt::format("ARRAY[{}]", As(std::move(value), own, as));
    if (null != NullMeans::kError) return array;
    return as.tag == Tag::kJson ? fmt::format("ashlar_json_held(({})[1])", array)  // json has no equality
                                : fmt::format("NULLIF({}, {})", array, HeldNull(as));
  }
  std::string HeldNull(const Type& type) const override {
    return fmt::format("ARRAY[{}]", type.tag == Tag::kList ? "NULL::text" : Null(type));
  }
  std::string IsHeldNull(std::string_view held, const Type& type) const override {
    if (type.tag == Tag::kJson) return fmt::format("(({})::text = '{{NULL}}')", held);
    return fmt::format("({} = {})", held, HeldNull(type));
  }
  std::string Released(std::string held, const Type&, bool) const override { return fmt::format("({})[1]", held); }

  bool unscaled() const override { return false; }
  std::string Rescaled(std::string_view value, int, int) const override { return std::string(value); }
  std::string DecimalsEqual(std::string_view held_a, int, std::string_view held_b, int) const override {
    return fmt::format("({} = {})", held_a, held_b);
  }
  std::string DecimalOrder(std::string_view a, int, std::string_view b, int) const override {
    return fmt::format("sign({} - {})", a, b);
  }

  std::string Arithmetic(const Operation& asked) const override {
    const std::string_view word = WordOf(asked.op);
    if (asked.type.tag == Tag::kDecimal) {
      return fmt::format("ashlar_decimal_{}({}, {}, {})", word, Number(asked.left, asked.left_type),
                         asked.op == Op::kNegate ? "0" : Number(asked.right, asked.right_type), asked.type.scale);
    }
    const std::string of = FunctionOf(asked);
    if (asked.op == Op::kNegate) return fmt::format("{}_{}({})", of, word, asked.left);
    return fmt::format("{}_{}({}, {})", of, word, asked.left, asked.right);
  }

  std::string Place(std::string_view text, std::string_view part) const override {
    return fmt::format("strpos({}, {})", text, part);
  }
  std::string Folded(std::string_view text) const override { return fmt::format("ashlar_fold({})", text); }
  std::string EndsWith(std::string_view text, std::string_view part) const override {
    return fmt::format("ashlar_ends_with({}, {})", text, part);
  }
  std::string LastOf(std::string_view text, size_t code_points) const override {
    return fmt::format("right({}, {})", text, code_points);
  }
  std::string Length(std::string_view value, const Type& type) const override {
    return fmt::format("{}({})::bigint", type.tag == Tag::kBytes ? "octet_length" : "char_length", value);
  }

  std::string Member(std::string_view json, std::string_view name, bool held) const override {
    return held ? fmt::format("ashlar_json_member({}, {})", json, name)
                : fmt::format("(ashlar_json_member({}, {}))[1]", json, name);
  }
  std::string JsonEqual(std::string_view json, std::string_view other, const Type& type) const override {
    return fmt::format("ashlar_json_equal({}, {}, {})", json, other, type.tag == Tag::kJson ? "TRUE" : "FALSE");
  }
  std::string JsonOrder(std::string_view json, std::string_view other, const Type& type) const override {
    static const Type kJson = [] {
      Type json_type;
      json_type.tag = Tag::kJson;
      return json_type;
    }();
    return fmt::format("ashlar_json_order({}, {}, {})", json, As(std::string(other), type, kJson),
                       type.tag == Tag::kJson ? "TRUE" : "FALSE");
  }

  std::string Elements(std::string_view list, std::string_view alias) const override {
    return fmt::format("json_array_elements(({})::json) WITH ORDINALITY AS {}(\"value\", \"key\")", list, alias);
  }
  std::string Element(const Type& type, std::string_view alias) const override {
    if (type.tag == Tag::kJson || type.tag == Tag::kList) return fmt::format("{}.\"value\"", alias);
    const std::string text = fmt::format("({}.\"value\" #>> '{{}}')", alias);
    if (type.tag == Tag::kDate) return fmt::format("(DATE '1970-01-01' + {}::integer)", text);
    if (type.tag == Tag::kTimestamp) return fmt::format("ashlar_moment({}::bigint)", text);
    if (type.tag == Tag::kBytes) return fmt::format("decode({}, 'base64')", text);
    if (type.tag == Tag::kDecimal) return fmt::format("({}::numeric * {})", text, Unit(type.scale));
    const std::string_view name = TypeName(type.tag);
    return name.empty() ? "NULL" : fmt::format("{}::{}", text, name);  // without a type: all of them are null
  }
  std::string IsElement(std::string_view alias) const override { return fmt::format("{}.\"key\"", alias); }
  std::string Size(std::string_view list) const override { return fmt::format("json_array_length({})::bigint", list); }
  std::string Sum(std::string_view value, const Type& type) const override {
    const char* of = type.tag == Tag::kDecimal ? "decimal" : type.tag == Tag::kDouble ? "double" : "int";
    return fmt::format("ashlar_sum_{}({})", of, value);
  }

  std::string FirstDay(std::string_view day, types::Period period) const override {
    return fmt::format("date_trunc('{}', ({})::timestamp)::date", NameOf(period), day);
  }
  std::string Period(std::string_view moment, types::Period period, std::string_view zone) const override {
    const std::string there = fmt::format("date_trunc('{}', ({}) AT TIME ZONE {})", NameOf(period), moment, zone);
    if (period == types::Period::kHour) return fmt::format("({} AT TIME ZONE {})", there, zone);
    return fmt::format("({})::date", there);
  }
  // Of some kinds the server sorts the values and finds none of them.
  std::string Extreme(bool most, std::string_view column, const types::Type& type) const override {
    if (type.kind() == Kind::kBool) return fmt::format("bool_{}({})", most ? "or" : "and", column);
    const char* function = most ? "max" : "min";
    if (type.kind() == Kind::kUuid) return fmt::format("{}(({})::text COLLATE \"C\")::uuid", function, column);
    if (type.kind() == Kind::kBytes)
      return fmt::format("decode({}(encode({}, 'hex') COLLATE \"C\"), 'hex')", function, column);
    return fmt::format("{}({})", function, column);
  }
  std::string Tally(bool mean, std::string_view column, const types::Type& type,
                    const types::Type& result) const override {
    const bool real = type.kind() == Kind::kFloat64;
    const std::string sum =
        real ? fmt::format("sum(ashlar_exact({}))", column) : fmt::format("sum(({})::numeric)", column);
    if (real) {
      return fmt::format("ashlar_measure_double({}){}", sum,
                         mean ? fmt::format(" / count({})", column) : std::string());
    }
    const bool whole = result.kind() == Kind::kInt64 || result.kind() == Kind::kDuration;
    if (!mean)
      return whole ? fmt::format("ashlar_measure_whole({})", sum)
                   : fmt::format("ashlar_measure({}, {})", sum, result.scale());
    const int scale = result.kind() == Kind::kFloat64 ? kDecimalsOfNumbers : result.scale();
    const std::string quotient = fmt::format("ashlar_decimal_divide({}, count({})::numeric, {})", sum, column, scale);
    if (result.kind() == Kind::kFloat64) return fmt::format("{}::double precision", quotient);
    return whole ? fmt::format("ashlar_measure_whole({})", quotient) : quotient;
  }
  std::string Fitting(std::string_view measure) const override { return fmt::format("NULLIF({}, 'NaN')", measure); }

  std::string_view Direction(bool descending, bool nullable) const override {
    if (!nullable) return descending ? " DESC" : "";
    return descending ? " DESC NULLS LAST" : " NULLS FIRST";
  }

  bool words_within() const override { return true; }

  std::string ColumnType(const types::Type& type) const override {
    if (type.kind() == Kind::kDecimal) return fmt::format("numeric({}, {})", types::kFieldDigits, type.scale());
    return fmt::format("{}{}", TypeName(type.kind()), type.kind() == Kind::kText ? " COLLATE \"C\"" : "");
  }
  bool counts_by_default() const override { return true; }
  std::string CountedAs(std::string_view table, std::string_view column, std::string_view id) const override {
    return fmt::format("ashlar_counted({}, {}, {})", Typed(table, "text"), Typed(column, "text"), id);
  }
  std::string_view CountedKey() const override { return " GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"; }
  std::string_view TableEnd() const override { return ")"; }
  bool references_later() const override { return true; }
  std::string IndexColumn(std::string_view column, bool nullable) const override {
    return fmt::format("{}{}", column, nullable ? " NULLS FIRST" : "");
  }
  std::string Name(std::string_view name) const override {
    if (name.size() <= kMostName) return std::string(name);
    const Digest digest = Sha256(name);
    const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
    std::string_view begin = name.substr(0, kMostName - 17);
    while (!begin.empty() && (static_cast<unsigned char>(name[begin.size()]) & 0xC0) == 0x80) begin.remove_suffix(1);
    return fmt::format("{} {}", begin, HexEncode(bytes).substr(0, 16));
  }
  std::string ConstraintName(std::string_view table, std::string_view text) const override {
    return Name(fmt::format("{} check {}", table, text));
  }

  // REQUIRES: bounds are all that the field's type asks (store/postgres sees to it).
  std::string Conformed(std::string_view value, const Type&, const model::Resource& resource,
                        model::FieldId field) const override {
    const types::Type& type = *resource.field(field).type;
    const types::Bounds bounds = type.bounds();
    if (type.kind() != Kind::kDecimal)
      return fmt::format("ashlar_bound({}, {}, {})", value, bounds.least, bounds.greatest);
    const types::Decimal least{bounds.least, type.scale()}, greatest{bounds.greatest, type.scale()};
    return fmt::format("ashlar_bound({}, {}, {}, {})", value, type.scale(), types::FormatDecimal(least),
                       types::FormatDecimal(greatest));
  }

 private:
  static std::string_view WordOf(Op op) {
    if (op == Op::kAdd) return "add";
    if (op == Op::kSubtract) return "subtract";
    if (op == Op::kMultiply) return "multiply";
    if (op == Op::kDivide) return "divide";
    return op == Op::kModulo ? "modulo" : "negate";
  }
  static std::string FunctionOf(const Operation& asked) {
    if (asked.type.tag == Tag::kDouble) return "ashlar_double";
    if (asked.type.tag == Tag::kString) return "ashlar_text";
    if (asked.type.tag == Tag::kTimestamp) return "ashlar_moment";
    const bool between = asked.left_type.tag == Tag::kTimestamp && asked.right_type.tag == Tag::kTimestamp;
    if (asked.type.tag == Tag::kDuration) return between ? "ashlar_between" : "ashlar_span";
    return "ashlar_int";
  }
  static std::string Number(std::string_view value, const Type& type) {
    return type.tag == Tag::kDecimal ? std::string(value) : fmt::format("({})::numeric", value);
  }
  // 10^-scale.
  static std::string Unit(int scale) { return fmt::format("{}::numeric", types::FormatDecimal({1, scale})); }
  static std::string_view NameOf(types::Period period) {
    for (const types::PeriodRow& row : types::Periods()) {
      if (row.period == period) return row.name;
    }
    return "";
  }
};

}  // namespace

const Dialect& Postgres() {
  static const PostgresDialect dialect;
  return dialect;
}

}  // namespace ashlar::store::sql
