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
    return dialect_.JsonEqual(Held(json), Held(other, json.type), other.type);
  }
  const bool decimals = a.type.tag == Tag::kDecimal || b.type.tag == Tag::kDecimal;
  if (decimals && dialect_.unscaled()) return DecimalEqual(a, b);
  const cel::Type as = Common(a.type, b.type);
  const bool nullable = Nullable(a) || Nullable(b), fallible = Fallible(a) || Fallible(b);
  if (nullable && fallible) return fmt::format("({} = {})", Held(a, as), Held(b, as));
  std::string left = dialect_.As(Sql(a), a.type, as), right = dialect_.As(Sql(b), b.type, as);
  return nullable ? dialect_.Same(left, right) : fmt::format("({} = {})", left, right);
}

// As what two are compared.
cel::Type ExpressionRenderer::Common(const cel::Type& a, const cel::Type& b) {
  if (a.tag == b.tag || (a.tag != Tag::kInt && a.tag != Tag::kDouble && a.tag != Tag::kDecimal)) return a;
  cel::Type number = a.tag == Tag::kDecimal ? a : b;
  number.tag = Tag::kDecimal;
  return number;
}

std::string ExpressionRenderer::DecimalEqual(const Expr& a, const Expr& b) {
  int scale = std::max(a.type.scale, b.type.scale);
  bool fallible = Fallible(a) || Fallible(b);
  bool nullable = Nullable(a) || Nullable(b);
  if (Narrow(a, scale) && Narrow(b, scale)) {
    const bool held = nullable && fallible;
    std::string left = DecimalSql(a, scale, held), right = DecimalSql(b, scale, held);
    return nullable && !fallible ? dialect_.Same(left, right) : fmt::format("({} = {})", left, right);
  }
  if (mode_ == Mode::kCheck) return Unsupported();
  return dialect_.DecimalsEqual(Held(a), a.type.scale, Held(b), b.type.scale);
}

std::string ExpressionRenderer::RowIsNull(const Expr& row) {
  const auto* relation = row.get<cel::Relation>();
  std::string missing = fmt::format("(NOT {})", RowExists(row));
  if (relation == nullptr || relation->row->get<cel::Relation>() == nullptr) return missing;
  return fmt::format("CASE WHEN {} THEN {} END", RowExists(*relation->row), missing);
}

std::string ExpressionRenderer::IsNull(const Expr& expr) {
  if (!Fallible(expr)) return fmt::format("({} IS NULL)", Sql(expr));
  return dialect_.IsHeldNull(Held(expr), expr.type);
}

std::string ExpressionRenderer::OrderSql(Op op, const Expr& a, const Expr& b) {
  if (a.type.tag == Tag::kJson || b.type.tag == Tag::kJson) return JsonOrderSql(op, a, b);
  const bool decimals = a.type.tag == Tag::kDecimal || b.type.tag == Tag::kDecimal;
  if (decimals && dialect_.unscaled()) {
    int scale = std::max(a.type.scale, b.type.scale);
    if (Narrow(a, scale) && Narrow(b, scale)) {
      return fmt::format("({} {} {})", DecimalSql(a, scale), SignOf(op), DecimalSql(b, scale));
    }
    if (mode_ == Mode::kCheck) return Unsupported();
    return fmt::format("({} {} 0)", dialect_.DecimalOrder(Sql(a), a.type.scale, Sql(b), b.type.scale), SignOf(op));
  }
  const cel::Type as = Common(a.type, b.type);
  std::string left = dialect_.As(Sql(a), a.type, as), right = dialect_.As(Sql(b), b.type, as);
  return fmt::format("({} {} {})", left, SignOf(op), right);
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

std::string ExpressionRenderer::DecimalSql(const Expr& expr, int scale, bool held) {
  cel::Type type = expr.type;
  type.tag = Tag::kDecimal;
  type.scale = scale;
  if (const auto* literal = expr.get<cel::Literal>()) {
    if (literal->value.is_null()) return held ? dialect_.HeldNull(type) : dialect_.Null(type);
    const auto* exact = literal->value.get<types::Decimal>();
    types::Decimal decimal = exact != nullptr ? *exact : types::Decimal{*literal->value.get<int64_t>(), 0};
    auto scaled = types::Rescale(decimal, scale);
    if (!scaled) return dialect_.Null(type);
    std::string value = LiteralSql(*scaled, type);
    return held ? dialect_.Held(std::move(value), type, type, Dialect::NullMeans::kNever) : value;
  }
  std::string text = held ? Held(expr, type) : Sql(expr);
  if (expr.type.scale == scale || !dialect_.unscaled()) return text;
  if (mode_ == Mode::kCheck) return Unsupported();
  return dialect_.Rescaled(text, expr.type.scale, scale);
}

std::string ExpressionRenderer::ArithmeticSql(const Expr& expr, const cel::Call& call) {
  if (mode_ == Mode::kCheck) return Unsupported();  // its overflow has no built-in SQL
  const Expr& left = *call.arguments[0];
  const Expr& right = *call.arguments.back();
  const bool negates = call.op == Op::kNegate;
  std::string a = Sql(left), b = negates ? "" : Sql(right);
  return dialect_.Arithmetic({.op = call.op,
                              .type = expr.type,
                              .left = a,
                              .right = b,
                              .left_type = left.type,
                              .right_type = right.type,
                              .right_is_deeper = !negates && IsLeaf(left) && !IsLeaf(right)});
}

std::string ExpressionRenderer::TextSql(const cel::Call& call) {
  const Expr& text = *call.arguments[0];
  const Expr& part = *call.arguments[1];
  if (call.op == Op::kStartsWith) return StartsWithSql(text, part);
  if (call.op == Op::kEndsWith) return EndsWithSql(text, part);
  if (call.op == Op::kContains) return fmt::format("({} > 0)", dialect_.Place(Sql(text), Sql(part)));
  if (mode_ == Mode::kCheck) return Unsupported();
  const std::string* literal = TextOf(part);
  std::string folded = literal != nullptr ? Bind(FoldCase(*literal)) : dialect_.Folded(Sql(part));
  std::string subject = dialect_.Folded(Sql(text));
  if (call.op == Op::kEqualIgnoringCase) return fmt::format("({} = {})", subject, folded);
  return fmt::format("({} > 0)", dialect_.Place(subject, folded));
}

std::string ExpressionRenderer::StartsWithSql(const Expr& text, const Expr& part) {
  const std::string* prefix = TextOf(part);
  // A range, so that an index serves.
  if (prefix != nullptr && IsLeaf(text)) {
    std::string end = EndOfPrefix(*prefix);
    std::string from = fmt::format("{} >= {}", Sql(text), LiteralSql(*prefix, text.type));
    return end.empty() ? "(" + from + ")"
                       : fmt::format("({} AND {} < {})", from, Sql(text), LiteralSql(end, text.type));
  }
  return fmt::format("({} = 1)", dialect_.Place(Sql(text), Sql(part)));
}

std::string ExpressionRenderer::EndsWithSql(const Expr& text, const Expr& part) {
  const std::string* suffix = TextOf(part);
  if (suffix != nullptr && !suffix->empty()) {
    std::string last = dialect_.LastOf(Sql(text), CountCodePoints(*suffix));
    return fmt::format("({} = {})", last, LiteralSql(*suffix, part.type));
  }
  if (suffix != nullptr) return fmt::format("({} >= 0)", dialect_.Length(Sql(text), text.type));
  if (mode_ == Mode::kCheck) return Unsupported();
  return dialect_.EndsWith(Sql(text), Sql(part));
}

std::string ExpressionRenderer::JsonOrderSql(Op op, const Expr& a, const Expr& b) {
  if (mode_ == Mode::kCheck) return Unsupported();
  bool first = a.type.tag == Tag::kJson;
  const Expr& json = first ? a : b;
  const Expr& other = first ? b : a;
  std::string order = dialect_.JsonOrder(Sql(json), Sql(other), other.type);
  return first ? fmt::format("({} {} 0)", order, SignOf(op)) : fmt::format("(0 {} {})", SignOf(op), order);
}

}  // namespace ashlar::store::sql
