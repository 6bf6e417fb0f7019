// SPDX-License-Identifier: Apache-2.0
#include "store/sql/expression.h"

#include "store/sql/catalog.h"

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
  std::string mark = dialect_.Mark(parameters_->size() + 1, value);
  parameters_->push_back(dialect_.Bound(std::move(value)));
  return mark;
}

std::string ExpressionRenderer::LiteralSql(const types::Value& value, const cel::Type& type) {
  if (value.is_null()) return dialect_.Null(type);
  if (const bool* boolean = value.get<bool>()) return *boolean ? "TRUE" : "FALSE";
  if (mode_ != Mode::kCheck) return Bind(value);
  auto literal = dialect_.Literal(value);
  return literal ? std::move(*literal) : Unsupported();
}

std::string ExpressionRenderer::Sql(const Expr& expr) {
  if (const auto* literal = expr.get<cel::Literal>()) {
    return expr.type.tag == Tag::kDecimal ? DecimalSql(expr, expr.type.scale) : LiteralSql(literal->value, expr.type);
  }
  if (expr.get<cel::Failure>() != nullptr) return dialect_.Null(expr.type);
  if (const auto* variable = expr.get<cel::Variable>()) {
    auto value = values_.find(variable->slot);
    return value == values_.end() ? Unsupported() : value->second;
  }
  if (const auto* field = expr.get<cel::Field>()) return FieldSql(*field, expr.type);
  if (const auto* call = expr.get<cel::Call>()) return CallSql(expr, *call);
  if (const auto* loop = expr.get<cel::Comprehension>()) return ComprehensionSql(*loop);
  const auto* list = expr.get<cel::ListOf>();
  if (list == nullptr) return Unsupported();
  types::List values;  // of literals: the checker compares no others
  for (const ExprPtr& item : list->items) {
    if (item->get<cel::Literal>() == nullptr) return Unsupported();
    values.items.push_back(item->get<cel::Literal>()->value);
  }
  return LiteralSql(std::move(values), expr.type);
}

std::string ExpressionRenderer::Held(const Expr& expr, const cel::Type& as) {
  using enum Dialect::NullMeans;
  if (!Nullable(expr)) return dialect_.Held(Sql(expr), expr.type, as, Fallible(expr) ? kError : kNever);
  if (expr.get<cel::Literal>() != nullptr) return dialect_.HeldNull(as);  // nullable: it is null
  if (const auto* field = expr.get<cel::Field>()) return FieldSql(*field, expr.type, &as);
  const auto* call = expr.get<cel::Call>();
  if (call != nullptr && call->op == Op::kConditional) return ConditionalSql(expr, &as);
  if (call != nullptr && call->op == Op::kMember) {
    if (mode_ == Mode::kCheck) return Unsupported();
    return dialect_.Member(Sql(*call->arguments[0]), Sql(*call->arguments[1]), true);
  }
  return dialect_.Held(Sql(expr), expr.type, as, kNull);
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
    case Op::kConditional: return ConditionalSql(expr, nullptr);
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
      return dialect_.Member(Sql(argument(0)), Sql(argument(1)), false);
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
std::string ExpressionRenderer::ConditionalSql(const Expr& expr, const cel::Type* held) {
  const auto& arguments = expr.get<cel::Call>()->arguments;
  std::string text = fmt::format("CASE {} WHEN TRUE THEN ", Sql(*arguments[0]));
  for (size_t i = 1; i <= 2; ++i) {
    const Expr& branch = *arguments[i];
    if (expr.type.tag == Tag::kDecimal && branch.type.tag == Tag::kDecimal) {
      text += DecimalSql(branch, expr.type.scale, held != nullptr);
    } else {
      text += held == nullptr ? Sql(branch) : Held(branch, *held);
    }
    text += i == 1 ? " WHEN FALSE THEN " : " END";
  }
  return text;
}

}  // namespace ashlar::store::sql
