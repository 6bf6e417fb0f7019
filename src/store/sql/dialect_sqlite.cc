// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "base/hex.h"
#include "store/sql/dialect.h"
#include "types/decimal.h"
#include "types/list_form.h"

namespace ashlar::store::sql {
namespace {

using Tag = cel::Type::Tag;

bool IsWide(const types::Decimal& decimal) { return decimal.unscaled > INT64_MAX || decimal.unscaled < INT64_MIN; }

// What stands for null where NULL is an error: a value that no value of the type equals.
std::string_view MarkOf(const cel::Type& type) {
  return type.tag == Tag::kBytes || type.tag == Tag::kUuid ? "0" : "x''";
}

// Exactly: as a whole number over a power of two. SQLite reads both exactly, which it does not do with every decimal.
std::optional<std::string> RealLiteral(double real) {
  int exponent = 0;
  double whole = std::ldexp(std::frexp(real, &exponent), 53);
  exponent -= 53;
  while (exponent < 0 && std::fmod(whole, 2) == 0) whole /= 2, ++exponent;
  if (exponent < -52 || exponent > 0) return std::nullopt;
  return fmt::format("({:.1f} / {:.1f})", whole, std::ldexp(1.0, -exponent));
}

std::optional<std::string> TextLiteral(std::string_view text) {
  if (text.contains('\0')) return std::nullopt;
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

// The functions are those of store/sqlite/functions.h.
class SqliteDialect final : public Dialect {
 public:
  std::string Mark(size_t number, const types::Value&) const override { return fmt::format("?{}", number); }

  std::string MarkFor(size_t number, const types::Type&) const override { return fmt::format("?{}", number); }

  types::Value Bound(types::Value value) const override {
    if (const auto* decimal = value.get<types::Decimal>()) {
      if (IsWide(*decimal)) return types::FormatDecimal({decimal->unscaled, 0});
      return static_cast<int64_t>(decimal->unscaled);
    }
    if (const auto* list = value.get<types::List>()) return types::ToListForm(*list);
    return value;
  }

  std::optional<std::string> Literal(const types::Value& value) const override {
    if (const int64_t* number = value.get<int64_t>()) return fmt::format("{}", *number);
    if (const auto* date = value.get<types::Date>()) return fmt::format("{}", date->days);
    if (const auto* time = value.get<types::Timestamp>()) return fmt::format("{}", time->micros);
    if (const auto* duration = value.get<types::Duration>()) return fmt::format("{}", duration->micros);
    if (const auto* decimal = value.get<types::Decimal>()) {
      return IsWide(*decimal) ? std::nullopt : std::optional(types::FormatDecimal({decimal->unscaled, 0}));
    }
    if (const double* real = value.get<double>()) return RealLiteral(*real);
    if (const auto* uuid = value.get<types::Uuid>()) {
      return fmt::format("x'{}'", HexEncode({reinterpret_cast<const char*>(uuid->bytes.data()), uuid->bytes.size()}));
    }
    if (const auto* bytes = value.get<types::Bytes>()) return fmt::format("x'{}'", HexEncode(bytes->data));
    if (const auto* list = value.get<types::List>()) return TextLiteral(types::ToListForm(*list));
    const auto* text = value.get<std::string>();
    return text == nullptr ? std::nullopt : TextLiteral(*text);
  }

  std::string Null(const Type&) const override { return "NULL"; }
  std::string Same(std::string_view a, std::string_view b) const override { return fmt::format("({} IS {})", a, b); }
  std::string As(std::string value, const Type&, const Type&) const override { return value; }

  std::string Held(std::string value, const Type&, const Type& as, NullMeans null) const override {
    return null == NullMeans::kNull ? fmt::format("COALESCE({}, {})", value, MarkOf(as)) : value;
  }
  std::string HeldNull(const Type& type) const override { return std::string(MarkOf(type)); }
  std::string IsHeldNull(std::string_view held, const Type& type) const override {
    return fmt::format("({} = {})", held, MarkOf(type));
  }
  std::string Released(std::string held, const Type& type, bool nullable) const override {
    return nullable ? fmt::format("NULLIF({}, {})", held, MarkOf(type)) : held;
  }

  bool unscaled() const override { return true; }
  std::string Rescaled(std::string_view value, int from, int to) const override {
    return fmt::format("ashlar_rescale({}, {}, {})", value, from, to);
  }
  std::string DecimalsEqual(std::string_view held_a, int scale_a, std::string_view held_b, int scale_b) const override {
    return fmt::format("ashlar_decimal_equal({}, {}, {}, {})", held_a, scale_a, held_b, scale_b);
  }
  std::string DecimalOrder(std::string_view a, int scale_a, std::string_view b, int scale_b) const override {
    return fmt::format("ashlar_decimal_compare({}, {}, {}, {})", a, scale_a, b, scale_b);
  }

  // The deeper side stands first, where nesting costs the parser least; '~' says that the sides are exchanged.
  std::string Arithmetic(const Operation& asked) const override {
    const bool negates = asked.op == Op::kNegate;
    std::string_view left = asked.left, right = negates ? "0" : asked.right;
    int left_scale = asked.left_type.scale, right_scale = negates ? 0 : asked.right_type.scale;
    if (asked.right_is_deeper) {
      std::swap(left, right);
      std::swap(left_scale, right_scale);
    }
    const std::string sign = fmt::format("{}{}", negates || asked.right_is_deeper ? "~" : "", SignOf(asked.op));
    if (asked.type.tag == Tag::kDecimal) {
      return fmt::format("ashlar_decimal({}, {}, {}, {}, '{}', {})", left, left_scale, right, right_scale, sign,
                         asked.type.scale);
    }
    return fmt::format("{}({}, {}, '{}')", FunctionOf(asked.type.tag), left, right, sign);
  }

  std::string Place(std::string_view text, std::string_view part) const override {
    return fmt::format("instr({}, {})", text, part);
  }
  std::string Folded(std::string_view text) const override { return fmt::format("ashlar_fold({})", text); }
  std::string EndsWith(std::string_view text, std::string_view part) const override {
    return fmt::format("ashlar_ends_with({}, {})", text, part);
  }
  std::string LastOf(std::string_view text, size_t code_points) const override {
    return fmt::format("substr({}, -{})", text, code_points);
  }
  std::string Length(std::string_view value, const Type&) const override { return fmt::format("length({})", value); }

  std::string Member(std::string_view json, std::string_view name, bool held) const override {
    return fmt::format("ashlar_json_member({}, {}, {})", json, name, held ? "x''" : "NULL");
  }
  std::string JsonEqual(std::string_view json, std::string_view other, const Type& type) const override {
    return fmt::format("ashlar_json_equal({}, '{}', {})", json, cel::ToText(type), other);
  }
  std::string JsonOrder(std::string_view json, std::string_view other, const Type& type) const override {
    return fmt::format("ashlar_json_compare({}, '{}', {})", json, cel::ToText(type), other);
  }

  std::string Elements(std::string_view list, std::string_view alias) const override {
    return fmt::format("json_each({}) AS {}", list, alias);
  }
  std::string Element(const Type& type, std::string_view alias) const override {
    if (type.tag == Tag::kUuid) return fmt::format("ashlar_uuid({}.\"value\")", alias);
    if (type.tag == Tag::kBytes) return fmt::format("ashlar_bytes({}.\"value\")", alias);
    // SQLite does not read every double of a JSON text exactly.
    if (type.tag == Tag::kDouble) return fmt::format("ashlar_real_at({0}.\"json\", {0}.\"key\")", alias);
    return fmt::format("{}.\"value\"", alias);
  }
  std::string IsElement(std::string_view alias) const override { return fmt::format("{}.\"key\"", alias); }
  std::string Size(std::string_view list) const override { return fmt::format("json_array_length({})", list); }
  std::string Sum(std::string_view value, const Type& type) const override {
    const char* of = type.tag == Tag::kDecimal ? "decimal" : type.tag == Tag::kDouble ? "double" : "int";
    return fmt::format("ashlar_sum_{}({})", of, value);
  }

  std::string FirstDay(std::string_view day, types::Period period) const override {
    return fmt::format("ashlar_first_day({}, {})", day, static_cast<int>(period));
  }
  std::string Period(std::string_view moment, types::Period period, std::string_view zone) const override {
    return fmt::format("ashlar_period({}, {}, {})", moment, static_cast<int>(period), zone);
  }
  std::string Extreme(bool most, std::string_view column, const types::Type&) const override {
    return fmt::format("{}({})", most ? "max" : "min", column);
  }
  std::string Tally(bool mean, std::string_view column, const types::Type& type,
                    const types::Type& result) const override {
    return fmt::format("{}({}, {}, {}, {}, {})", mean ? "ashlar_mean" : "ashlar_sum", column,
                       static_cast<int>(type.kind()), type.scale(), static_cast<int>(result.kind()), result.scale());
  }
  std::string Fitting(std::string_view measure) const override { return fmt::format("NULLIF({}, x'')", measure); }

  std::string_view Direction(bool descending, bool) const override { return descending ? " DESC" : ""; }

  bool words_within() const override { return false; }

  std::string ColumnType(const types::Type& type) const override {
    switch (type.kind()) {
      case types::Kind::kBool:
      case types::Kind::kInt64:
      case types::Kind::kDecimal:
      case types::Kind::kDate:
      case types::Kind::kTimestamp:
      case types::Kind::kDuration: return "INTEGER";
      case types::Kind::kFloat64: return "REAL";
      case types::Kind::kText:
      case types::Kind::kJson:
      case types::Kind::kList: return "TEXT";
      case types::Kind::kBytes:
      case types::Kind::kUuid: return "BLOB";
    }
    return "";
  }
  bool counts_by_default() const override { return false; }
  std::string CountedAs(std::string_view, std::string_view, std::string_view id) const override {
    return std::string(id);
  }
  std::string_view CountedKey() const override { return " PRIMARY KEY AUTOINCREMENT"; }
  std::string_view TableEnd() const override { return ") STRICT"; }
  bool references_later() const override { return false; }
  std::string IndexColumn(std::string_view column, bool) const override { return std::string(column); }
  std::string Name(std::string_view name) const override { return std::string(name); }
  std::string ConstraintName(std::string_view, std::string_view text) const override { return std::string(text); }

  std::string Conformed(std::string_view value, const Type& type, const model::Resource& resource,
                        model::FieldId field) const override {
    return fmt::format("ashlar_conform({}, {}, {}, {})", value, type.scale, resource.id.index(), field.index());
  }

 private:
  static char SignOf(Op op) {
    if (op == Op::kAdd) return '+';
    if (op == Op::kMultiply) return '*';
    if (op == Op::kDivide) return '/';
    return op == Op::kModulo ? '%' : '-';
  }
  static std::string_view FunctionOf(Tag tag) {
    if (tag == Tag::kDouble) return "ashlar_double";
    if (tag == Tag::kString) return "ashlar_join";
    if (tag == Tag::kTimestamp) return "ashlar_time";
    return tag == Tag::kDuration ? "ashlar_span" : "ashlar_int";
  }
};

}  // namespace

const Dialect& Sqlite() {
  static const SqliteDialect dialect;
  return dialect;
}

}  // namespace ashlar::store::sql
