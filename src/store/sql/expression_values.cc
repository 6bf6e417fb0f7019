// SPDX-License-Identifier: Apache-2.0
// Comparisons, arithmetic, texts, json: what looks at values alone.
#include "base/utf8.h"
#include "store/sql/expression.h"
#include "types/decimal.h"

namespace ashlar::store::sql {
namespace {

using cel::Expr;
using cel::Op;
using Tag = cel::Type::Tag;

const char* SignOf(Op op) {
  if (op == Op::kLess) return "<";
  if (op == Op::kLessOrEqual) return "<=";
  return op == Op::kGreater ? ">" : ">=";
}

const std::string* TextOf(const Expr& expr) {
  const auto* literal = expr.get<cel::Literal>();
  return literal == nullptr ? nullptr : literal->value.get<std::string>();
}

// The least text behind all that begin with `prefix`; empty if there is none.
std::string EndOfPrefix(std::string prefix) {
  while (!prefix.empty()) {
    size_t start = prefix.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(prefix[start]) & 0xC0) == 0x80) --start;
    if (CodePointSize(prefix, start) != prefix.size() - start) return "";
    char32_t last = CodePointAt(prefix, start);
    prefix.resize(start);
    if (last == 0x10FFFF) continue;
    AppendUtf8(last == 0xD7FF ? 0xE000 : last + 1, prefix);
    return prefix;
  }
  return "";
}

}  // namespace

// A column, a literal or an element: short, and had for nothing.
bool ExpressionRenderer::IsLeaf(const Expr& expr) const {
  const auto* field = expr.get<cel::Field>();
  if (field == nullptr) return expr.get<cel::Literal>() != nullptr || expr.get<cel::Variable>() != nullptr;
  bool computed = service_.resource(field->row->type.resource).field(field->field).computed.has_value();
  return !computed && field->row->get<cel::Variable>() != nullptr;
}

std::string ExpressionRenderer::EqualSql(const Expr& a, const Expr& b) {
  if (a.type.tag == Tag::kRow || b.type.tag == Tag::kRow) return RowIsNull(a.type.tag == Tag::kRow ? a : b);
  if (a.type.tag == Tag::kNull || b.type.tag == Tag::kNull) return IsNull(a.type.tag == Tag::kNull ? b : a);
  if (a.type.tag == Tag::kJson || b.type.tag == Tag::kJson) {
    if (mode_ == Mode::kCheck) return Unsupported();
    const Expr& json = a.type.tag == Tag::kJson ? a : b;
    const Expr& other = a.type.tag == Tag::kJson ? b : a;
    return fmt::format("ashlar_json_equal({}, '{}', {})", Marked(json, "x''"), cel::ToText(other.type),
                       Marked(other, "x''"));
  }
  if (a.type.tag == Tag::kDecimal || b.type.tag == Tag::kDecimal) return DecimalEqual(a, b);
  if (!Nullable(a) && !Nullable(b)) return fmt::format("({} = {})", Sql(a), Sql(b));
  if (!Fallible(a) && !Fallible(b)) return fmt::format("({} IS {})", Sql(a), Sql(b));
  return fmt::format("({} = {})", Marked(a, MarkOf(a.type)), Marked(b, MarkOf(a.type)));
}

std::string ExpressionRenderer::DecimalEqual(const Expr& a, const Expr& b) {
  int scale = std::max(a.type.scale, b.type.scale);
  bool fallible = Fallible(a) || Fallible(b);
  bool nullable = Nullable(a) || Nullable(b);
  if (Narrow(a, scale) && Narrow(b, scale)) {
    std::string_view mark = nullable && fallible ? "x''" : "";
    return fmt::format("({} {} {})", DecimalSql(a, scale, mark), nullable && !fallible ? "IS" : "=",
                       DecimalSql(b, scale, mark));
  }
  if (mode_ == Mode::kCheck) return Unsupported();
  return fmt::format("ashlar_decimal_equal({}, {}, {}, {})", Marked(a, "x''"), a.type.scale, Marked(b, "x''"),
                     b.type.scale);
}

std::string ExpressionRenderer::RowIsNull(const Expr& row) {
  const auto* relation = row.get<cel::Relation>();
  std::string missing = fmt::format("(NOT {})", RowExists(row));
  if (relation == nullptr || relation->row->get<cel::Relation>() == nullptr) return missing;
  return fmt::format("CASE WHEN {} THEN {} END", RowExists(*relation->row), missing);
}

std::string ExpressionRenderer::IsNull(const Expr& expr) {
  if (!Fallible(expr)) return fmt::format("({} IS NULL)", Sql(expr));
  return fmt::format("({} = {})", Marked(expr, MarkOf(expr.type)), MarkOf(expr.type));
}

std::string ExpressionRenderer::OrderSql(Op op, const Expr& a, const Expr& b) {
  if (a.type.tag == Tag::kJson || b.type.tag == Tag::kJson) return JsonOrderSql(op, a, b);
  if (a.type.tag == Tag::kDecimal || b.type.tag == Tag::kDecimal) {
    int scale = std::max(a.type.scale, b.type.scale);
    if (Narrow(a, scale) && Narrow(b, scale)) {
      return fmt::format("({} {} {})", DecimalSql(a, scale), SignOf(op), DecimalSql(b, scale));
    }
    if (mode_ == Mode::kCheck) return Unsupported();
    return fmt::format("(ashlar_decimal_compare({}, {}, {}, {}) {} 0)", Sql(a), a.type.scale, Sql(b), b.type.scale,
                       SignOf(op));
  }
  return fmt::format("({} {} {})", Sql(a), SignOf(op), Sql(b));
}

// Whether it is a stored decimal or a literal that can be had as a 64-bit number of that scale.
bool ExpressionRenderer::Narrow(const Expr& expr, int scale) const {
  if (expr.get<cel::Field>() != nullptr) return expr.type.tag == Tag::kDecimal && expr.type.scale == scale;
  const auto* literal = expr.get<cel::Literal>();
  if (literal == nullptr) return false;
  types::Decimal decimal;
  if (const auto* exact = literal->value.get<types::Decimal>()) {
    decimal = *exact;
  } else if (const auto* number = literal->value.get<int64_t>()) {
    decimal = {*number, 0};
  } else {
    return literal->value.is_null();
  }
  auto scaled = types::Rescale(decimal, scale);
  return scaled && scaled->unscaled <= INT64_MAX && scaled->unscaled >= INT64_MIN;
}

std::string ExpressionRenderer::DecimalSql(const Expr& expr, int scale, std::string_view mark) {
  if (const auto* literal = expr.get<cel::Literal>()) {
    if (literal->value.is_null()) return mark.empty() ? "NULL" : std::string(mark);
    const auto* exact = literal->value.get<types::Decimal>();
    types::Decimal decimal = exact != nullptr ? *exact : types::Decimal{*literal->value.get<int64_t>(), 0};
    auto scaled = types::Rescale(decimal, scale);
    return scaled ? LiteralSql(*scaled) : "NULL";
  }
  std::string text = mark.empty() ? Sql(expr) : Marked(expr, mark);
  if (expr.type.scale == scale) return text;
  if (mode_ == Mode::kCheck) return Unsupported();
  return fmt::format("ashlar_rescale({}, {}, {})", text, expr.type.scale, scale);
}

// The deeper side stands first, where nesting costs SQLite's parser least; '~' says that the sides are exchanged.
std::string ExpressionRenderer::ArithmeticSql(const Expr& expr, const cel::Call& call) {
  if (mode_ == Mode::kCheck) return Unsupported();  // its overflow has no built-in SQL
  const Expr* a = call.arguments[0].get();
  const Expr* b = call.arguments[call.arguments.size() - 1].get();
  std::string sign = call.op == Op::kAdd ? "+" : call.op == Op::kMultiply ? "*" : call.op == Op::kDivide ? "/" : "-";
  if (call.op == Op::kModulo) sign = "%";
  bool negates = call.op == Op::kNegate;
  if (negates || (IsLeaf(*a) && !IsLeaf(*b))) {
    std::swap(a, b);
    sign = "~" + sign;
  }
  std::string left = Sql(*a);
  std::string right = negates ? "0" : Sql(*b);
  if (expr.type.tag == Tag::kDecimal) {
    return fmt::format("ashlar_decimal({}, {}, {}, {}, '{}', {})", left, a->type.scale, right,
                       negates ? 0 : b->type.scale, sign, expr.type.scale);
  }
  const char* function = "ashlar_int";
  if (expr.type.tag == Tag::kDouble) function = "ashlar_double";
  if (expr.type.tag == Tag::kString) function = "ashlar_join";
  if (expr.type.tag == Tag::kTimestamp) function = "ashlar_time";
  if (expr.type.tag == Tag::kDuration) function = "ashlar_span";
  return fmt::format("{}({}, {}, '{}')", function, left, right, sign);
}

std::string ExpressionRenderer::TextSql(const cel::Call& call) {
  const Expr& text = *call.arguments[0];
  const Expr& part = *call.arguments[1];
  if (call.op == Op::kStartsWith) return StartsWithSql(text, part);
  if (call.op == Op::kEndsWith) return EndsWithSql(text, part);
  if (call.op == Op::kContains) return fmt::format("(instr({}, {}) > 0)", Sql(text), Sql(part));
  if (mode_ == Mode::kCheck) return Unsupported();
  const std::string* literal = TextOf(part);
  std::string folded = literal != nullptr ? Bind(FoldCase(*literal)) : fmt::format("ashlar_fold({})", Sql(part));
  if (call.op == Op::kEqualIgnoringCase) return fmt::format("(ashlar_fold({}) = {})", Sql(text), folded);
  return fmt::format("(instr(ashlar_fold({}), {}) > 0)", Sql(text), folded);
}

std::string ExpressionRenderer::StartsWithSql(const Expr& text, const Expr& part) {
  const std::string* prefix = TextOf(part);
  // A range, so that an index serves.
  if (prefix != nullptr && IsLeaf(text)) {
    std::string end = EndOfPrefix(*prefix);
    std::string from = fmt::format("{} >= {}", Sql(text), LiteralSql(*prefix));
    return end.empty() ? "(" + from + ")" : fmt::format("({} AND {} < {})", from, Sql(text), LiteralSql(end));
  }
  return fmt::format("(instr({}, {}) = 1)", Sql(text), Sql(part));
}

std::string ExpressionRenderer::EndsWithSql(const Expr& text, const Expr& part) {
  const std::string* suffix = TextOf(part);
  if (suffix != nullptr && !suffix->empty()) {
    return fmt::format("(substr({}, -{}) = {})", Sql(text), CountCodePoints(*suffix), LiteralSql(*suffix));
  }
  if (suffix != nullptr) return fmt::format("(length({}) >= 0)", Sql(text));
  if (mode_ == Mode::kCheck) return Unsupported();
  return fmt::format("ashlar_ends_with({}, {})", Sql(text), Sql(part));
}

std::string ExpressionRenderer::JsonOrderSql(Op op, const Expr& a, const Expr& b) {
  if (mode_ == Mode::kCheck) return Unsupported();
  bool first = a.type.tag == Tag::kJson;
  const Expr& json = first ? a : b;
  const Expr& other = first ? b : a;
  std::string order = fmt::format("ashlar_json_compare({}, '{}', {})", Sql(json), cel::ToText(other.type), Sql(other));
  return first ? fmt::format("({} {} 0)", order, SignOf(op)) : fmt::format("(0 {} {})", SignOf(op), order);
}

}  // namespace ashlar::store::sql
