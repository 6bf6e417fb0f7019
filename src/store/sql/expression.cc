// SPDX-License-Identifier: Apache-2.0
#include "store/sql/expression.h"

#include <cmath>

#include "base/hex.h"
#include "store/sql/catalog.h"
#include "types/decimal.h"
#include "types/list_form.h"

namespace ashlar::store::sql {

using cel::Expr;
using cel::ExprPtr;
using cel::Op;
using Tag = cel::Type::Tag;

std::string_view MarkOf(const cel::Type& type) {
  return type.tag == Tag::kBytes || type.tag == Tag::kUuid ? "0" : "x''";
}

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
  parameters_->push_back(std::move(value));
  return fmt::format("?{}", parameters_->size());
}

std::string ExpressionRenderer::LiteralSql(const types::Value& value) {
  if (value.is_null()) return "NULL";
  if (const bool* boolean = value.get<bool>()) return *boolean ? "1" : "0";
  if (mode_ == Mode::kCheck) return CheckLiteral(value);
  if (const types::Decimal* decimal = value.get<types::Decimal>()) {
    bool wide = decimal->unscaled > INT64_MAX || decimal->unscaled < INT64_MIN;
    if (wide) return Bind(types::FormatDecimal({decimal->unscaled, 0}));
    return Bind(static_cast<int64_t>(decimal->unscaled));
  }
  if (const types::List* list = value.get<types::List>()) return Bind(types::ToListForm(*list));
  return Bind(value);
}

// Without parameters: CHECK constraints take none.
std::string ExpressionRenderer::CheckLiteral(const types::Value& value) {
  if (const int64_t* number = value.get<int64_t>()) return fmt::format("{}", *number);
  if (const types::Date* date = value.get<types::Date>()) return fmt::format("{}", date->days);
  if (const types::Timestamp* time = value.get<types::Timestamp>()) return fmt::format("{}", time->micros);
  if (const types::Duration* duration = value.get<types::Duration>()) return fmt::format("{}", duration->micros);
  if (const types::Decimal* decimal = value.get<types::Decimal>()) {
    bool wide = decimal->unscaled > INT64_MAX || decimal->unscaled < INT64_MIN;
    return wide ? Unsupported() : types::FormatDecimal({decimal->unscaled, 0});
  }
  if (const double* real = value.get<double>()) {
    // As a whole number over a power of two: SQLite reads both exactly, which it does not do with every decimal.
    int exponent = 0;
    double whole = std::ldexp(std::frexp(*real, &exponent), 53);
    exponent -= 53;
    while (exponent < 0 && std::fmod(whole, 2) == 0) whole /= 2, ++exponent;
    if (exponent < -52 || exponent > 0) return Unsupported();
    return fmt::format("({:.1f} / {:.1f})", whole, std::ldexp(1.0, -exponent));
  }
  if (const types::Uuid* uuid = value.get<types::Uuid>()) {
    return fmt::format("x'{}'", HexEncode({reinterpret_cast<const char*>(uuid->bytes.data()), uuid->bytes.size()}));
  }
  if (const types::Bytes* bytes = value.get<types::Bytes>()) return fmt::format("x'{}'", HexEncode(bytes->data));
  const types::List* list = value.get<types::List>();
  const std::string* given = value.get<std::string>();
  std::string text = list != nullptr ? types::ToListForm(*list) : given != nullptr ? *given : std::string(1, '\0');
  if (text.find('\0') != std::string::npos) return Unsupported();
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

std::string ExpressionRenderer::Sql(const Expr& expr) {
  if (const auto* literal = expr.get<cel::Literal>()) {
    return expr.type.tag == Tag::kDecimal ? DecimalSql(expr, expr.type.scale) : LiteralSql(literal->value);
  }
  if (expr.get<cel::Failure>() != nullptr) return "NULL";
  if (const auto* variable = expr.get<cel::Variable>()) {
    auto value = values_.find(variable->slot);
    return value == values_.end() ? Unsupported() : value->second;
  }
  if (const auto* field = expr.get<cel::Field>()) return FieldSql(*field);
  if (const auto* call = expr.get<cel::Call>()) return CallSql(expr, *call);
  if (const auto* loop = expr.get<cel::Comprehension>()) return ComprehensionSql(*loop);
  const auto* list = expr.get<cel::ListOf>();
  if (list == nullptr) return Unsupported();
  types::List values;  // of literals: the checker compares no others
  for (const ExprPtr& item : list->items) {
    if (item->get<cel::Literal>() == nullptr) return Unsupported();
    values.items.push_back(item->get<cel::Literal>()->value);
  }
  return LiteralSql(std::move(values));
}

std::string ExpressionRenderer::Marked(const Expr& expr, std::string_view mark) {
  if (!Nullable(expr)) return Sql(expr);
  if (expr.get<cel::Literal>() != nullptr) return std::string(mark);  // nullable: it is null
  if (const auto* field = expr.get<cel::Field>()) return FieldSql(*field, mark);
  const auto* call = expr.get<cel::Call>();
  if (call != nullptr && call->op == Op::kConditional) return ConditionalSql(expr, mark);
  if (call != nullptr && call->op == Op::kMember) {
    if (mode_ == Mode::kCheck) return Unsupported();
    return fmt::format("ashlar_json_member({}, {}, {})", Sql(*call->arguments[0]), Sql(*call->arguments[1]), mark);
  }
  return fmt::format("COALESCE({}, {})", Sql(expr), mark);
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
  if (const auto* relation = expr.get<cel::Relation>()) return relation->row->get<cel::Relation>() != nullptr;
  if (const auto* list = expr.get<cel::ListOf>()) {
    return std::any_of(list->items.begin(), list->items.end(), [this](const ExprPtr& item) { return Fallible(*item); });
  }
  if (const auto* loop = expr.get<cel::Comprehension>()) {
    return Unsure(*loop->range) || (loop->macro == cel::Macro::kMap ? Fallible(*loop->body) : Unsure(*loop->body));
  }
  const auto* call = expr.get<cel::Call>();
  return call != nullptr && CallFallible(*call);
}

bool ExpressionRenderer::CallFallible(const cel::Call& call) const {
  auto fallible = [this](const ExprPtr& argument) { return Fallible(*argument); };
  auto unsure = [this](const ExprPtr& argument) { return Unsure(*argument); };
  switch (call.op) {
    case Op::kHas: return false;
    case Op::kEqual:
    case Op::kNotEqual: return std::any_of(call.arguments.begin(), call.arguments.end(), fallible);
    case Op::kIn: return Fallible(*call.arguments[0]) || Unsure(*call.arguments[1]);
    case Op::kConditional:
      return Unsure(*call.arguments[0]) || Fallible(*call.arguments[1]) || Fallible(*call.arguments[2]);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo:
    case Op::kNegate:
    case Op::kSum:
    case Op::kMember:
    case Op::kIndex: return true;
    case Op::kLess:
    case Op::kLessOrEqual:
    case Op::kGreater:
    case Op::kGreaterOrEqual:
      if (call.arguments[0]->type.tag == Tag::kJson || call.arguments[1]->type.tag == Tag::kJson) return true;
      break;
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kSize:
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kContains:
    case Op::kMatches:
    case Op::kEqualIgnoringCase:
    case Op::kContainsIgnoringCase:
    case Op::kTimestamp:
    case Op::kDuration:
    case Op::kHasRole:
    case Op::kHasScope: break;
  }
  return std::any_of(call.arguments.begin(), call.arguments.end(), unsure);
}

// a AND b AND c without the brackets of its nesting, which SQLite's parser has little room for; in bundles, since it
// takes a thousand levels of a tree at most.
std::string ExpressionRenderer::ChainSql(const Expr& expr, Op op) {
  std::vector<const Expr*> links;
  std::vector<const Expr*> open = {&expr};
  while (!open.empty()) {
    const Expr* next = open.back();
    open.pop_back();
    const auto* call = next->get<cel::Call>();
    if (call == nullptr || call->op != op) {
      links.push_back(next);
      continue;
    }
    open.push_back(call->arguments[1].get());
    open.push_back(call->arguments[0].get());
  }
  constexpr size_t kBundle = 100;
  std::string text = "(";
  for (size_t i = 0; i < links.size(); ++i) {
    bool begins = i > 0 && i % kBundle == 0;
    if (begins) text += ")";
    if (i > 0) text += op == Op::kAnd ? " AND " : " OR ";
    if (begins) text += "(";
    text += Sql(*links[i]);
  }
  text += ")";
  return links.size() > kBundle ? "(" + text + ")" : text;
}

std::string ExpressionRenderer::CallSql(const Expr& expr, const cel::Call& call) {
  auto argument = [&](size_t i) -> const Expr& { return *call.arguments[i]; };
  switch (call.op) {
    case Op::kAnd:
    case Op::kOr: return ChainSql(expr, call.op);
    case Op::kNot: return fmt::format("(NOT {})", Sql(argument(0)));
    case Op::kConditional: return ConditionalSql(expr, "");
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
      return fmt::format("({} IS NOT NULL)", Sql(argument(0)));
    case Op::kMember:
    case Op::kIndex:
      if (mode_ == Mode::kCheck) return Unsupported();
      return fmt::format("ashlar_json_member({}, {}, NULL)", Sql(argument(0)), Sql(argument(1)));
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

// A condition that is an error fits neither branch.
std::string ExpressionRenderer::ConditionalSql(const Expr& expr, std::string_view mark) {
  const auto& arguments = expr.get<cel::Call>()->arguments;
  std::string text = fmt::format("CASE {} WHEN 1 THEN ", Sql(*arguments[0]));
  for (size_t i = 1; i <= 2; ++i) {
    const Expr& branch = *arguments[i];
    if (expr.type.tag == Tag::kDecimal && branch.type.tag == Tag::kDecimal) {
      text += DecimalSql(branch, expr.type.scale, mark);
    } else {
      text += mark.empty() ? Sql(branch) : Marked(branch, mark);
    }
    text += i == 1 ? " WHEN 0 THEN " : " END";
  }
  return text;
}

}  // namespace ashlar::store::sql
