// SPDX-License-Identifier: Apache-2.0
#include "cel/expr.h"

namespace ashlar::cel {
namespace {

Type BoolType() {
  Type type;
  type.tag = Type::Tag::kBool;
  return type;
}

ExprPtr MakeLogic(Op op, std::vector<ExprPtr> arguments) {
  return std::make_shared<const Expr>(Expr{BoolType(), Call{op, std::move(arguments)}});
}

Type::Tag TagOf(types::Kind kind) {
  switch (kind) {
    case types::Kind::kBool: return Type::Tag::kBool;
    case types::Kind::kInt64: return Type::Tag::kInt;
    case types::Kind::kFloat64: return Type::Tag::kDouble;
    case types::Kind::kDecimal: return Type::Tag::kDecimal;
    case types::Kind::kText: return Type::Tag::kString;
    case types::Kind::kBytes: return Type::Tag::kBytes;
    case types::Kind::kUuid: return Type::Tag::kUuid;
    case types::Kind::kDate: return Type::Tag::kDate;
    case types::Kind::kTimestamp: return Type::Tag::kTimestamp;
    case types::Kind::kDuration: return Type::Tag::kDuration;
    case types::Kind::kJson: return Type::Tag::kJson;
    case types::Kind::kList: return Type::Tag::kList;
  }
  return Type::Tag::kNull;
}

}  // namespace

Type TypeOf(const types::Type& type, bool nullable) {
  Type made;
  made.tag = TagOf(type.kind());
  made.nullable = nullable;
  made.scale = type.scale();
  made.constants.assign(type.constants().begin(), type.constants().end());
  if (type.element() != nullptr) made.element = std::make_shared<const Type>(TypeOf(*type.element(), false));
  return made;
}

std::string ToText(const Type& type) {
  switch (type.tag) {
    case Type::Tag::kNull: return "null";
    case Type::Tag::kBool: return "bool";
    case Type::Tag::kInt: return "int";
    case Type::Tag::kDouble: return "double";
    case Type::Tag::kDecimal: return "decimal";
    case Type::Tag::kString: return type.constants.empty() ? "string" : "enum";
    case Type::Tag::kBytes: return "bytes";
    case Type::Tag::kUuid: return "uuid";
    case Type::Tag::kDate: return "date";
    case Type::Tag::kTimestamp: return "timestamp";
    case Type::Tag::kDuration: return "duration";
    case Type::Tag::kJson: return "json";
    case Type::Tag::kList: return type.element == nullptr ? "list" : "list of " + ToText(*type.element);
    case Type::Tag::kRow: return "row";
    case Type::Tag::kRows: return "rows";
    case Type::Tag::kAuth: return "auth";
  }
  return "";
}

ExprPtr MakeLiteral(types::Value value, Type type) {
  return std::make_shared<const Expr>(Expr{std::move(type), Literal{std::move(value)}});
}

ExprPtr True() {
  static const ExprPtr literal = MakeLiteral(true, BoolType());
  return literal;
}

ExprPtr False() {
  static const ExprPtr literal = MakeLiteral(false, BoolType());
  return literal;
}

bool IsTrue(const ExprPtr& expr) {
  const Literal* literal = expr->get<Literal>();
  const bool* value = literal == nullptr ? nullptr : literal->value.get<bool>();
  return value != nullptr && *value;
}

bool IsFalse(const ExprPtr& expr) {
  if (expr->get<Failure>() != nullptr) return true;
  const Literal* literal = expr->get<Literal>();
  const bool* value = literal == nullptr ? nullptr : literal->value.get<bool>();
  return value != nullptr && !*value;
}

ExprPtr And(ExprPtr a, ExprPtr b) {
  if (a == nullptr || IsTrue(a)) return b == nullptr ? True() : b;
  if (b == nullptr || IsTrue(b) || IsFalse(a)) return a;
  if (IsFalse(b)) return b;
  return MakeLogic(Op::kAnd, {std::move(a), std::move(b)});
}

ExprPtr Or(ExprPtr a, ExprPtr b) {
  if (a == nullptr || b == nullptr || IsTrue(a) || IsTrue(b)) return True();
  if (IsFalse(a)) return b;
  if (IsFalse(b)) return a;
  return MakeLogic(Op::kOr, {std::move(a), std::move(b)});
}

ExprPtr Not(ExprPtr a) {
  if (IsTrue(a)) return False();
  if (a->get<Literal>() != nullptr && IsFalse(a)) return True();
  return MakeLogic(Op::kNot, {std::move(a)});
}

}  // namespace ashlar::cel
