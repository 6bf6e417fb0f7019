// SPDX-License-Identifier: Apache-2.0
#include "cel/checker.h"

namespace ashlar::cel {

using Tag = Type::Tag;

bool Checker::Pair(const Ast& left, const Ast& right, ExprPtr& a, ExprPtr& b) {
  bool left_tells = Resolves(left) && left.kind != Ast::Kind::kList;
  if (left_tells && !(left.kind != Ast::Kind::kName && left.kind < Ast::Kind::kName)) {
    a = Check(left);
    b = a == nullptr ? Check(right) : Check(right, &a->type);
  } else {
    b = Check(right);
    a = b == nullptr ? nullptr : Check(left, &b->type);
  }
  if (a == nullptr || b == nullptr) return false;
  a = Fit(a, left, b->type);
  b = Fit(b, right, a == nullptr ? b->type : a->type);
  return a != nullptr && b != nullptr;
}

ExprPtr Checker::List(const Ast& ast, const Type* wanted) {
  const Type* element = wanted != nullptr && wanted->element != nullptr ? wanted->element.get() : nullptr;
  if (wanted != nullptr && wanted->tag != Tag::kList) element = wanted;  // the right side of `in`
  ListOf list;
  Type type = SimpleType(Tag::kList);
  bool sound = true;
  for (const Ast& item : ast.children) {
    ExprPtr made = Check(item, element);
    if (made == nullptr) {
      sound = false;
      continue;
    }
    if (type.element == nullptr && made->type.tag != Tag::kNull)
      type.element = std::make_shared<const Type>(made->type);
    if (type.element != nullptr && !Comparable(*type.element, made->type)) {
      Wrong(item, fmt::format("a {} in a list of {}", ToText(made->type), ToText(*type.element)));
      sound = false;
    }
    list.items.push_back(std::move(made));
  }
  if (!sound) return nullptr;
  return std::make_shared<const Expr>(Expr{type, std::move(list), ast.offset});
}

ExprPtr Checker::Unary(const Ast& ast) {
  ExprPtr inner = Check(ast.children[0]);
  if (inner == nullptr) return nullptr;
  if (ast.text == "!") {
    if (inner->type.tag != Tag::kBool)
      return Wrong(ast, fmt::format("'!' is for bool, this is {}", ToText(inner->type)));
    return Make(ast, Op::kNot, SimpleType(Tag::kBool), {inner});
  }
  if (!IsNumber(inner->type) && inner->type.tag != Tag::kDuration) {
    return Wrong(ast, fmt::format("'-' is for numbers, this is {}", ToText(inner->type)));
  }
  Type type = inner->type;
  type.nullable = false;
  return Make(ast, Op::kNegate, type, {inner});
}

ExprPtr Checker::Binary(const Ast& ast) {
  static const std::map<std::string_view, Op> ops = {
      {"||", Op::kOr},    {"&&", Op::kAnd},         {"==", Op::kEqual},   {"!=", Op::kNotEqual},
      {"<", Op::kLess},   {"<=", Op::kLessOrEqual}, {">", Op::kGreater},  {">=", Op::kGreaterOrEqual},
      {"in", Op::kIn},    {"+", Op::kAdd},          {"-", Op::kSubtract}, {"*", Op::kMultiply},
      {"/", Op::kDivide}, {"%", Op::kModulo}};
  Op op = ops.at(ast.text);
  if (op == Op::kOr || op == Op::kAnd) return Logic(ast, op);
  if (op == Op::kEqual || op == Op::kNotEqual) return Equality(ast, op);
  if (op == Op::kIn) return In(ast);
  if (op >= Op::kAdd) return Arithmetic(ast, op);
  return Ordering(ast, op);
}

ExprPtr Checker::Logic(const Ast& ast, Op op) {
  std::vector<ExprPtr> sides;
  for (const Ast& side : ast.children) {
    ExprPtr made = Check(side);
    if (made != nullptr && made->type.tag != Tag::kBool) {
      Wrong(side, fmt::format("'{}' is for bool, this is {}", ast.text, ToText(made->type)));
      made = nullptr;
    }
    sides.push_back(std::move(made));
  }
  if (sides[0] == nullptr || sides[1] == nullptr) return nullptr;
  return Make(ast, op, SimpleType(Tag::kBool), std::move(sides));
}

ExprPtr Checker::Equality(const Ast& ast, Op op) {
  ExprPtr a;
  ExprPtr b;
  if (!Pair(ast.children[0], ast.children[1], a, b)) return nullptr;
  if (!Comparable(a->type, b->type)) {
    return Wrong(ast, fmt::format("'{}' between {} and {}", ast.text, ToText(a->type), ToText(b->type)));
  }
  for (const ExprPtr& side : {a, b}) {
    const auto* list = side->get<ListOf>();
    if (list == nullptr) continue;
    for (const ExprPtr& item : list->items) {
      if (item->get<cel::Literal>() == nullptr)
        return Wrong(ast, "lists of computed items are not compared; use 'in' or exists");
    }
  }
  return Make(ast, op, SimpleType(Tag::kBool), {a, b});
}

ExprPtr Checker::Ordering(const Ast& ast, Op op) {
  ExprPtr a;
  ExprPtr b;
  if (!Pair(ast.children[0], ast.children[1], a, b)) return nullptr;
  bool ordered = a->type.tag != Tag::kNull && b->type.tag != Tag::kNull && a->type.tag != Tag::kRow &&
                 a->type.tag != Tag::kAuth && a->type.tag != Tag::kList &&
                 !(a->type.tag == Tag::kJson && b->type.tag == Tag::kJson);
  if (!ordered || !Comparable(a->type, b->type)) {
    return Wrong(ast, fmt::format("'{}' between {} and {}", ast.text, ToText(a->type), ToText(b->type)));
  }
  return Make(ast, op, SimpleType(Tag::kBool), {a, b});
}

ExprPtr Checker::In(const Ast& ast) {
  const Ast& left = ast.children[0];
  const Ast& right = ast.children[1];
  ExprPtr item;
  ExprPtr list;
  if (right.kind == Ast::Kind::kList && Resolves(left)) {
    item = Check(left);
    list = item == nullptr ? Check(right) : Check(right, &item->type);
  } else {
    list = Check(right);
    const Type* element = list != nullptr && list->type.element != nullptr ? list->type.element.get() : nullptr;
    item = Check(left, element);
  }
  if (item == nullptr || list == nullptr) return nullptr;
  if (list->type.tag != Tag::kList) return Wrong(ast, fmt::format("'in' needs a list, this is {}", ToText(list->type)));
  if (list->type.element != nullptr) {
    item = Fit(item, left, *list->type.element);
    if (item == nullptr) return nullptr;
    if (!Comparable(item->type, *list->type.element)) {
      return Wrong(ast, fmt::format("a {} in a {}", ToText(item->type), ToText(list->type)));
    }
  }
  return Make(ast, Op::kIn, SimpleType(Tag::kBool), {item, list});
}

ExprPtr Checker::Arithmetic(const Ast& ast, Op op) {
  ExprPtr a;
  ExprPtr b;
  if (!Pair(ast.children[0], ast.children[1], a, b)) return nullptr;
  auto wrong = [&] {
    return Wrong(ast, fmt::format("'{}' between {} and {}", ast.text, ToText(a->type), ToText(b->type)));
  };
  if (!IsNumber(a->type) || !IsNumber(b->type)) return TimeArithmetic(ast, op, a, b);
  bool decimal = a->type.tag == Tag::kDecimal || b->type.tag == Tag::kDecimal;
  if (!decimal && a->type.tag != b->type.tag) return wrong();
  if (decimal && (a->type.tag == Tag::kDouble || b->type.tag == Tag::kDouble)) return wrong();
  if (op == Op::kModulo && (a->type.tag != Tag::kInt || b->type.tag != Tag::kInt)) return wrong();
  Type type = SimpleType(decimal ? Tag::kDecimal : a->type.tag);
  if (op == Op::kMultiply) type.scale = a->type.scale + b->type.scale;
  if (op == Op::kAdd || op == Op::kSubtract) type.scale = std::max(a->type.scale, b->type.scale);
  if (op == Op::kDivide) type.scale = std::max(a->type.scale, b->type.scale) + 6;
  if (decimal && type.scale > 38) return Wrong(ast, "the result would have more than 38 digits behind the point");
  if (!decimal) type.scale = 0;
  return Make(ast, op, type, {a, b});
}

ExprPtr Checker::TimeArithmetic(const Ast& ast, Op op, ExprPtr a, ExprPtr b) {
  Tag left = a->type.tag;
  Tag right = b->type.tag;
  bool sum = op == Op::kAdd;
  bool difference = op == Op::kSubtract;
  std::optional<Tag> result;
  if (left == Tag::kTimestamp && right == Tag::kDuration && (sum || difference)) result = Tag::kTimestamp;
  if (left == Tag::kDuration && right == Tag::kTimestamp && sum) result = Tag::kTimestamp;
  if (left == Tag::kTimestamp && right == Tag::kTimestamp && difference) result = Tag::kDuration;
  if (left == Tag::kDuration && right == Tag::kDuration && (sum || difference)) result = Tag::kDuration;
  if (left == Tag::kString && right == Tag::kString && sum) result = Tag::kString;
  if (!result) return Wrong(ast, fmt::format("'{}' between {} and {}", ast.text, ToText(a->type), ToText(b->type)));
  return Make(ast, op, SimpleType(*result), {a, b});
}

ExprPtr Checker::Conditional(const Ast& ast, const Type* wanted) {
  ExprPtr condition = Check(ast.children[0]);
  if (condition != nullptr && condition->type.tag != Tag::kBool) {
    Wrong(ast.children[0], fmt::format("a condition is bool, this is {}", ToText(condition->type)));
    condition = nullptr;
  }
  ExprPtr a = Check(ast.children[1], wanted);
  ExprPtr b = Check(ast.children[2], wanted != nullptr ? wanted : a == nullptr ? nullptr : &a->type);
  if (condition == nullptr || a == nullptr || b == nullptr) return nullptr;
  a = Fit(a, ast.children[1], b->type);
  if (a == nullptr) return nullptr;
  bool same = a->type.tag == b->type.tag || a->type.tag == Tag::kNull || b->type.tag == Tag::kNull;
  bool value = a->type.tag != Tag::kRow && a->type.tag != Tag::kRows && a->type.tag != Tag::kAuth &&
               b->type.tag != Tag::kRow && b->type.tag != Tag::kRows && b->type.tag != Tag::kAuth;
  if (!same || !value) {
    return Wrong(ast, fmt::format("the branches are {} and {}", ToText(a->type), ToText(b->type)));
  }
  Type type = a->type.tag == Tag::kNull ? b->type : a->type;
  type.nullable = a->type.nullable || b->type.nullable;
  type.scale = std::max(a->type.scale, b->type.scale);
  return Make(ast, Op::kConditional, type, {condition, a, b});
}

}  // namespace ashlar::cel
