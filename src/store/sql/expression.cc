// SPDX-License-Identifier: Apache-2.0
#include "store/sql/expression.h"

#include "base/utf8.h"
#include "store/sql/catalog.h"
#include "types/decimal.h"
#include "types/list_form.h"

namespace ashlar::store::sql {

using cel::Expr;
using cel::ExprPtr;
using cel::Op;
using Tag = cel::Type::Tag;

std::string ExpressionRenderer::Render(const Expr& expr, std::string_view alias, types::Values& parameters) {
  parameters_ = &parameters;
  aliases_[0] = alias;
  return Sql(expr);
}

std::string ExpressionRenderer::Unsupported() {
  failed_ = true;
  return "NULL";
}

std::string ExpressionRenderer::Bind(types::Value value) {
  if (mode_ == Mode::kCheck) return Unsupported();
  parameters_->push_back(std::move(value));
  return fmt::format("?{}", parameters_->size());
}

std::string ExpressionRenderer::LiteralSql(const types::Value& value) {
  if (value.is_null()) return "NULL";
  if (const bool* boolean = value.get<bool>()) return *boolean ? "1" : "0";
  if (const types::Decimal* decimal = value.get<types::Decimal>()) {
    std::string unscaled = types::FormatDecimal({decimal->unscaled, 0});
    bool wide = decimal->unscaled > INT64_MAX || decimal->unscaled < INT64_MIN;
    if (wide) return Bind(unscaled);
    return mode_ == Mode::kCheck ? unscaled : Bind(static_cast<int64_t>(decimal->unscaled));
  }
  if (mode_ == Mode::kQuery) {
    if (const types::List* list = value.get<types::List>()) return Bind(types::ToListForm(*list));
    return Bind(value);
  }
  if (const int64_t* number = value.get<int64_t>()) return fmt::format("{}", *number);
  if (const types::Date* date = value.get<types::Date>()) return fmt::format("{}", date->days);
  if (const types::Timestamp* time = value.get<types::Timestamp>()) return fmt::format("{}", time->micros);
  if (const types::Duration* duration = value.get<types::Duration>()) return fmt::format("{}", duration->micros);
  const std::string* text = value.get<std::string>();
  if (text == nullptr || text->find('\0') != std::string::npos) return Unsupported();
  std::string quoted = "'";
  for (char c : *text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

std::string ExpressionRenderer::Sql(const Expr& expr) {
  if (const auto* literal = expr.get<cel::Literal>()) return LiteralSql(literal->value);
  if (expr.get<cel::Failure>() != nullptr) return "NULL";
  if (const auto* variable = expr.get<cel::Variable>()) return values_.at(variable->slot);
  if (const auto* field = expr.get<cel::Field>()) return FieldSql(*field);
  if (const auto* call = expr.get<cel::Call>()) return CallSql(expr, *call);
  if (const auto* list = expr.get<cel::ListOf>()) {
    types::List values;  // of literals: the checker compares no others
    for (const ExprPtr& item : list->items) {
      if (item->get<cel::Literal>() == nullptr) return Unsupported();
      values.items.push_back(item->get<cel::Literal>()->value);
    }
    return LiteralSql(std::move(values));
  }
  if (const auto* loop = expr.get<cel::Comprehension>()) return ComprehensionSql(*loop);
  return Unsupported();
}

bool ExpressionRenderer::Nullable(const Expr& expr) const {
  if (const auto* literal = expr.get<cel::Literal>()) return literal->value.is_null();
  if (const auto* call = expr.get<cel::Call>()) {
    if (call->op == Op::kConditional) return Nullable(*call->arguments[1]) || Nullable(*call->arguments[2]);
    return call->op == Op::kMember;
  }
  if (expr.get<cel::Field>() != nullptr || expr.get<cel::Variable>() != nullptr) return expr.type.nullable;
  return false;
}

bool ExpressionRenderer::Fallible(const Expr& expr) const {
  if (expr.get<cel::Failure>() != nullptr) return true;
  if (const auto* field = expr.get<cel::Field>()) return field->row->get<cel::Relation>() != nullptr;
  if (const auto* call = expr.get<cel::Call>()) {
    if (call->op == Op::kHas) return false;
    bool arithmetic = call->op >= Op::kAdd && call->op <= Op::kNegate;
    if (arithmetic || call->op == Op::kMember || call->op == Op::kSum) return true;
    bool null_is_fine = call->op == Op::kEqual || call->op == Op::kNotEqual;
    for (const ExprPtr& argument : call->arguments) {
      bool branch = call->op == Op::kConditional && argument != call->arguments[0];
      bool item = call->op == Op::kIn && argument == call->arguments[0];
      if (argument->type.tag == Tag::kRow) {
        const auto* relation = argument->get<cel::Relation>();
        if (relation != nullptr && relation->row->get<cel::Relation>() != nullptr) return true;
      }
      if (argument->type.tag == Tag::kJson && !null_is_fine) return true;
      if (Fallible(*argument) || (Nullable(*argument) && !null_is_fine && !branch && !item)) return true;
    }
    return false;
  }
  if (const auto* relation = expr.get<cel::Relation>()) return relation->row->get<cel::Relation>() != nullptr;
  if (const auto* loop = expr.get<cel::Comprehension>()) {
    return Fallible(*loop->range) || Nullable(*loop->range) || Fallible(*loop->body) || Nullable(*loop->body);
  }
  return false;
}

std::string ExpressionRenderer::Ok(const Expr& expr) {
  if (!Fallible(expr)) return "1";
  if (Nullable(expr)) {
    if (const auto* field = expr.get<cel::Field>()) return RowExists(*field->row);
    const auto* call = expr.get<cel::Call>();
    if (call != nullptr && call->op == Op::kConditional) {
      std::string condition = Sql(*call->arguments[0]);
      return fmt::format("(CASE WHEN {0} THEN {1} WHEN NOT ({0}) THEN {2} ELSE 0 END)", condition,
                         Ok(*call->arguments[1]), Ok(*call->arguments[2]));
    }
    if (call != nullptr && call->op == Op::kMember) {
      return fmt::format("ashlar_json_has({}, {})", Sql(*call->arguments[0]), Sql(*call->arguments[1]));
    }
  }
  return fmt::format("(({}) IS NOT NULL)", Sql(expr));
}

std::string ExpressionRenderer::WhenOk(const Expr& a, const Expr& b, std::string sql) {
  std::string conditions;
  for (const Expr* side : {&a, &b}) {
    if (Fallible(*side)) conditions += (conditions.empty() ? "" : " AND ") + Ok(*side);
  }
  return conditions.empty() ? sql : fmt::format("(CASE WHEN {} THEN {} END)", conditions, sql);
}

// a AND b AND c without the brackets of its nesting: SQLite's parser takes a hundred of those at most.
std::string ExpressionRenderer::ChainSql(const Expr& expr, Op op) {
  const auto* call = expr.get<cel::Call>();
  if (call == nullptr || call->op != op) return Sql(expr);
  return fmt::format("{} {} {}", ChainSql(*call->arguments[0], op), op == Op::kAnd ? "AND" : "OR",
                     ChainSql(*call->arguments[1], op));
}

std::string ExpressionRenderer::CallSql(const Expr& expr, const cel::Call& call) {
  auto argument = [&](size_t i) -> const Expr& { return *call.arguments[i]; };
  switch (call.op) {
    case Op::kAnd:
    case Op::kOr: return "(" + ChainSql(expr, call.op) + ")";
    case Op::kNot: return fmt::format("(NOT {})", Sql(argument(0)));
    case Op::kConditional: return ConditionalSql(expr, call);
    case Op::kEqual: return EqualSql(argument(0), argument(1));
    case Op::kNotEqual: return fmt::format("(NOT {})", EqualSql(argument(0), argument(1)));
    case Op::kLess:
    case Op::kLessOrEqual:
    case Op::kGreater:
    case Op::kGreaterOrEqual: return OrderSql(call.op, argument(0), argument(1));
    case Op::kIn: return InSql(argument(0), argument(1));
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo:
    case Op::kNegate: return ArithmeticSql(expr, call);
    case Op::kHas:
      if (argument(0).type.tag == Tag::kRow) return RowExists(argument(0));
      return fmt::format("(({}) IS NOT NULL)", Sql(argument(0)));
    case Op::kMember:
    case Op::kIndex:
      if (mode_ == Mode::kCheck) return Unsupported();
      return fmt::format("ashlar_json_member({}, {})", Sql(argument(0)), Sql(argument(1)));
    case Op::kSize: return SizeSql(argument(0));
    case Op::kSum: return SumSql(expr, argument(0));
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kContains:
    case Op::kEqualIgnoringCase:
    case Op::kContainsIgnoringCase: return TextSql(call);
    case Op::kMatches:
    case Op::kTimestamp:
    case Op::kDuration:
    case Op::kHasRole:
    case Op::kHasScope: break;
  }
  return Unsupported();
}

std::string ExpressionRenderer::ConditionalSql(const Expr& expr, const cel::Call& call) {
  std::string condition = Sql(*call.arguments[0]);
  std::string branches[2];
  for (size_t i = 0; i < 2; ++i) {
    const Expr& branch = *call.arguments[i + 1];
    bool decimal = expr.type.tag == Tag::kDecimal && branch.type.tag == Tag::kDecimal;
    branches[i] = decimal ? DecimalSql(branch, expr.type.scale) : Sql(branch);
  }
  return fmt::format("(CASE WHEN {0} THEN {1} WHEN NOT ({0}) THEN {2} END)", condition, branches[0], branches[1]);
}

std::string ExpressionRenderer::EqualSql(const Expr& a, const Expr& b) {
  if (a.type.tag == Tag::kRow || b.type.tag == Tag::kRow) {
    const Expr& row = a.type.tag == Tag::kRow ? a : b;
    const auto* relation = row.get<cel::Relation>();
    std::string missing = fmt::format("(NOT {})", RowExists(row));
    if (relation == nullptr || relation->row->get<cel::Relation>() == nullptr) return missing;
    return fmt::format("(CASE WHEN {} THEN {} END)", RowExists(*relation->row), missing);
  }
  bool null = a.type.tag == Tag::kNull || b.type.tag == Tag::kNull;
  if (!null && (a.type.tag == Tag::kJson || b.type.tag == Tag::kJson)) {
    return a.type.tag == Tag::kJson ? JsonEqualSql(a, b) : JsonEqualSql(b, a);
  }
  std::string left;
  std::string right;
  bool decimal = a.type.tag == Tag::kDecimal || b.type.tag == Tag::kDecimal;
  if (decimal && !null) {
    int scale = std::max(a.type.scale, b.type.scale);
    if (!Narrow(a, scale) || !Narrow(b, scale)) {
      if (mode_ == Mode::kCheck) return Unsupported();
      std::string order =
          fmt::format("ashlar_decimal_compare({}, {}, {}, {})", Sql(a), a.type.scale, Sql(b), b.type.scale);
      if (!Nullable(a) && !Nullable(b)) return fmt::format("({} = 0)", order);
      std::string both = fmt::format("(CASE WHEN ({0}) IS NULL OR ({1}) IS NULL THEN ({0}) IS ({1}) ELSE {2} = 0 END)",
                                     Sql(a), Sql(b), order);
      return WhenOk(a, b, both);
    }
    left = DecimalSql(a, scale);
    right = DecimalSql(b, scale);
  } else {
    left = Sql(a);
    right = Sql(b);
  }
  if (!Nullable(a) && !Nullable(b)) return fmt::format("({} = {})", left, right);
  return WhenOk(a, b, fmt::format("({} IS {})", left, right));
}

std::string ExpressionRenderer::OrderSql(Op op, const Expr& a, const Expr& b) {
  const char* sign = op == Op::kLess ? "<" : op == Op::kLessOrEqual ? "<=" : op == Op::kGreater ? ">" : ">=";
  if (a.type.tag == Tag::kJson || b.type.tag == Tag::kJson) return JsonOrderSql(op, a, b);
  if (a.type.tag == Tag::kDecimal || b.type.tag == Tag::kDecimal) {
    int scale = std::max(a.type.scale, b.type.scale);
    if (!Narrow(a, scale) || !Narrow(b, scale)) {
      if (mode_ == Mode::kCheck) return Unsupported();
      return fmt::format("(ashlar_decimal_compare({}, {}, {}, {}) {} 0)", Sql(a), a.type.scale, Sql(b), b.type.scale,
                         sign);
    }
    return fmt::format("({} {} {})", DecimalSql(a, scale), sign, DecimalSql(b, scale));
  }
  return fmt::format("({} {} {})", Sql(a), sign, Sql(b));
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

// A decimal (or an int) at a scale that is not smaller than its own.
std::string ExpressionRenderer::DecimalSql(const Expr& expr, int scale) {
  if (const auto* literal = expr.get<cel::Literal>()) {
    if (literal->value.is_null()) return "NULL";
    const auto* exact = literal->value.get<types::Decimal>();
    types::Decimal decimal = exact != nullptr ? *exact : types::Decimal{*literal->value.get<int64_t>(), 0};
    auto scaled = types::Rescale(decimal, scale);
    return scaled ? LiteralSql(*scaled) : "NULL";
  }
  if (expr.type.scale == scale) return Sql(expr);
  if (mode_ == Mode::kCheck) return Unsupported();
  return fmt::format("ashlar_decimal('+', {}, {}, 0, {}, {})", Sql(expr), expr.type.scale, scale, scale);
}

std::string ExpressionRenderer::ArithmeticSql(const Expr& expr, const cel::Call& call) {
  if (mode_ == Mode::kCheck) return Unsupported();  // its overflow has no built-in SQL
  const Expr& a = *call.arguments[0];
  const char* sign = call.op == Op::kAdd                                  ? "+"
                     : call.op == Op::kSubtract || call.op == Op::kNegate ? "-"
                     : call.op == Op::kMultiply                           ? "*"
                     : call.op == Op::kDivide                             ? "/"
                                                                          : "%";
  std::string left = call.op == Op::kNegate ? "0" : Sql(a);
  const Expr& b = call.op == Op::kNegate ? a : *call.arguments[1];
  std::string right = Sql(b);
  switch (expr.type.tag) {
    case Tag::kDecimal: {
      int left_scale = call.op == Op::kNegate ? expr.type.scale : a.type.scale;
      return fmt::format("ashlar_decimal('{}', {}, {}, {}, {}, {})", sign, left, left_scale, right, b.type.scale,
                         expr.type.scale);
    }
    case Tag::kDouble: return fmt::format("ashlar_double('{}', {}, {})", sign, left, right);
    case Tag::kString: return fmt::format("({} || {})", left, right);
    case Tag::kTimestamp: return fmt::format("ashlar_time('{}', {}, {})", sign, left, right);
    case Tag::kDuration: return fmt::format("ashlar_span('{}', {}, {})", sign, left, right);
    case Tag::kNull:
    case Tag::kBool:
    case Tag::kInt:
    case Tag::kBytes:
    case Tag::kUuid:
    case Tag::kDate:
    case Tag::kJson:
    case Tag::kList:
    case Tag::kRow:
    case Tag::kRows:
    case Tag::kAuth: break;
  }
  return fmt::format("ashlar_int('{}', {}, {})", sign, left, right);
}

std::string ExpressionRenderer::TextSql(const cel::Call& call) {
  std::string text = Sql(*call.arguments[0]);
  const auto* literal = call.arguments[1]->get<cel::Literal>();
  bool folds = call.op == Op::kEqualIgnoringCase || call.op == Op::kContainsIgnoringCase;
  if (folds && mode_ == Mode::kCheck) return Unsupported();
  std::string part;
  if (folds && literal != nullptr && literal->value.get<std::string>() != nullptr) {
    part = Bind(FoldCase(*literal->value.get<std::string>()));
  } else {
    part = folds ? fmt::format("ashlar_fold({})", Sql(*call.arguments[1])) : Sql(*call.arguments[1]);
  }
  if (folds) text = fmt::format("ashlar_fold({})", text);
  if (call.op == Op::kEqualIgnoringCase) return fmt::format("({} = {})", text, part);
  if (call.op == Op::kStartsWith) return fmt::format("(substr({0}, 1, length({1})) = {1})", text, part);
  if (call.op != Op::kEndsWith) return fmt::format("(instr({}, {}) > 0)", text, part);
  return fmt::format(
      "(CASE WHEN length({1}) = 0 THEN ({0}) IS NOT NULL OR NULL "
      "ELSE substr({0}, -length({1})) = {1} AND length({0}) >= length({1}) END)",
      text, part);
}

std::string ExpressionRenderer::JsonEqualSql(const Expr& json, const Expr& other) {
  if (mode_ == Mode::kCheck) return Unsupported();
  std::string equal =
      fmt::format("COALESCE(ashlar_json_compare({}, '{}', {}) = 0, 0)", Sql(json), cel::ToText(other.type), Sql(other));
  if (Nullable(other) || other.type.tag == Tag::kJson) {
    equal = fmt::format("(CASE WHEN ({0}) IS NULL OR ({1}) IS NULL THEN ({0}) IS ({1}) ELSE {2} END)", Sql(json),
                        Sql(other), equal);
  }
  return WhenOk(json, other, equal);
}

std::string ExpressionRenderer::JsonOrderSql(Op op, const Expr& a, const Expr& b) {
  if (mode_ == Mode::kCheck) return Unsupported();
  bool first = a.type.tag == Tag::kJson;
  const Expr& json = first ? a : b;
  const Expr& other = first ? b : a;
  const char* sign = op == Op::kLess ? "<" : op == Op::kLessOrEqual ? "<=" : op == Op::kGreater ? ">" : ">=";
  std::string order = fmt::format("ashlar_json_compare({}, '{}', {})", Sql(json), cel::ToText(other.type), Sql(other));
  return first ? fmt::format("({} {} 0)", order, sign) : fmt::format("(0 {} {})", sign, order);
}

}  // namespace ashlar::store::sql
