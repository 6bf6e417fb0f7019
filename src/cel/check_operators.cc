// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <optional>

#include "cel/checker.h"

namespace ashlar::cel {

namespace {

using Tag = Type::Tag;

bool IsChosen(const Expr& expr) {
  if (expr.type.tag == Tag::kList) return IsStoredList(expr);
  return expr.type.tag != Tag::kRow && expr.type.tag != Tag::kRows && expr.type.tag != Tag::kAuth;
}

// What two branches have in common, or nothing.
std::optional<Type> BranchType(const Expr& a, const Expr& b) {
  if (!IsChosen(a) || !IsChosen(b)) return std::nullopt;
  bool same = a.type.tag == b.type.tag || a.type.tag == Tag::kNull || b.type.tag == Tag::kNull;
  if (!same) return std::nullopt;
  Type type = a.type.tag == Tag::kNull ? b.type : a.type;
  type.nullable = a.type.nullable || b.type.nullable;
  type.scale = std::max(a.type.scale, b.type.scale);
  if (type.tag != Tag::kList || a.type.tag != b.type.tag) return type;
  if (a.type.element == nullptr || b.type.element == nullptr) {
    type.element = a.type.element == nullptr ? b.type.element : a.type.element;
    return type;
  }
  if (a.type.element->tag != b.type.element->tag || a.type.element->scale != b.type.element->scale) return std::nullopt;
  if (b.type.element->nullable) type.element = b.type.element;
  return type;
}

// Of the caller, and may be null.
bool MayLack(const Expr& expr) {
  if (!expr.type.nullable) return false;
  const auto* call = expr.get<Call>();
  if (call == nullptr) return expr.get<Auth>() != nullptr;
  const bool of_claims = call->op == Op::kMember || call->op == Op::kIndex;
  return of_claims && (call->arguments[0]->get<Auth>() != nullptr || MayLack(*call->arguments[0]));
}

bool IsNullOfARow(const Expr& expr) {
  if (const auto* list = expr.get<ListOf>()) {
    return std::ranges::any_of(list->items, [](const ExprPtr& item) { return IsNullOfARow(*item); });
  }
  if (expr.get<Literal>() != nullptr || MayLack(expr)) return false;
  const Type& type = expr.type.tag == Tag::kList && expr.type.element != nullptr ? *expr.type.element : expr.type;
  return type.nullable;
}

}  // namespace

ExprPtr Checker::IsNull(const Ast& ast, bool is, const ExprPtr& value) {
  ExprPtr null = MakeLiteral(types::Null{}, SimpleType(Tag::kNull));
  return Make(ast, is ? Op::kEqual : Op::kNotEqual, SimpleType(Tag::kBool), {value, std::move(null)});
}

ExprPtr Checker::BesideCaller(const Ast& ast, Op op, ExprPtr compared, const ExprPtr& a, const ExprPtr& b) {
  const Type yes_or_no = SimpleType(Tag::kBool);
  auto look = [&](const ExprPtr& side, const ExprPtr& other) {
    if (!MayLack(*side) || !IsNullOfARow(*other)) return;
    const bool unlike = op == Op::kNotEqual;
    compared = Make(ast, unlike ? Op::kOr : Op::kAnd, yes_or_no, {IsNull(ast, unlike, side), std::move(compared)});
  };
  const auto* list = b->get<ListOf>();
  look(a, b);
  if (list == nullptr) look(b, a);
  if (list == nullptr || !IsNullOfARow(*a)) return compared;
  // What is null is in the list by its other items alone.
  std::vector<ExprPtr> rest;
  std::ranges::copy_if(list->items, std::back_inserter(rest), [](const ExprPtr& item) { return !MayLack(*item); });
  for (const ExprPtr& item : list->items) {
    if (!MayLack(*item)) continue;
    ExprPtr may = IsNull(ast, false, a);
    if (!rest.empty()) {
      auto others = std::make_shared<const Expr>(Expr{b->type, ListOf{rest}, b->offset});
      may = Make(ast, Op::kOr, yes_or_no, {std::move(may), Make(ast, Op::kIn, yes_or_no, {a, std::move(others)})});
    }
    may = Make(ast, Op::kOr, yes_or_no, {IsNull(ast, false, item), std::move(may)});
    compared = Make(ast, Op::kAnd, yes_or_no, {std::move(may), std::move(compared)});
  }
  return compared;
}

bool Checker::Pair(const Ast& left, const Ast& right, ExprPtr& a, ExprPtr& b) {
  if (Tells(left)) {
    a = Check(left);
    b = a == nullptr ? Check(right) : Check(right, &a->type);
  } else {
    b = Check(right);
    a = Check(left, b == nullptr ? nullptr : &b->type);
  }
  if (a == nullptr || b == nullptr) return false;
  a = Fit(a, left, b->type);
  b = Fit(b, right, a == nullptr ? b->type : a->type);
  return a != nullptr && b != nullptr;
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

ExprPtr Checker::NotComparable(const Ast& ast, const Expr& a, const Expr& b) {
  std::string message = fmt::format("'{}' between {} and {}", ast.text, ToText(a.type), ToText(b.type));
  if ((a.type.tag == Tag::kList) != (b.type.tag == Tag::kList)) message += "; whether a list holds it, 'in' tells";
  // `owner == auth.id`: the row is not its key.
  for (size_t side : {0, 1}) {
    const Expr& row = side == 0 ? a : b;
    if (row.get<Relation>() != nullptr) return Wrong(ast, std::move(message), ast.children[side].text + "Id");
  }
  return Wrong(ast, std::move(message));
}

ExprPtr Checker::Equality(const Ast& ast, Op op) {
  ExprPtr a;
  ExprPtr b;
  if (!Pair(ast.children[0], ast.children[1], a, b)) return nullptr;
  if (!Comparable(a->type, b->type)) return NotComparable(ast, *a, *b);
  bool lists = a->type.tag == Tag::kList && b->type.tag == Tag::kList;
  if (lists && (!IsStoredList(*a) || !IsStoredList(*b))) {
    return Wrong(ast, "only lists that are stored or written out are compared; use 'in', exists or all");
  }
  return BesideCaller(ast, op, Make(ast, op, SimpleType(Tag::kBool), {a, b}), a, b);
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

ExprPtr Checker::Arithmetic(const Ast& ast, Op op) {
  ExprPtr a = Check(ast.children[0]);
  ExprPtr b = Check(ast.children[1]);
  if (a == nullptr || b == nullptr) return nullptr;
  // Texts that stand beside a time or a uuid mean nothing here: only numbers take each other's type.
  if (IsNumber(a->type) && IsNumber(b->type)) {
    a = Fit(a, ast.children[0], b->type);
    if (a != nullptr) b = Fit(b, ast.children[1], a->type);
    if (a == nullptr || b == nullptr) return nullptr;
  }
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
  const Ast& first = ast.children[1];
  const Ast& second = ast.children[2];
  ExprPtr a;
  ExprPtr b;
  if (wanted != nullptr || Tells(first)) {
    a = Check(first, wanted);
    b = Check(second, wanted != nullptr ? wanted : a == nullptr ? nullptr : &a->type);
  } else {
    b = Check(second);
    a = Check(first, b == nullptr ? nullptr : &b->type);
  }
  if (condition == nullptr || a == nullptr || b == nullptr) return nullptr;
  a = Fit(a, first, b->type);
  if (a != nullptr) b = Fit(b, second, a->type);
  if (a == nullptr || b == nullptr) return nullptr;
  // An int literal that became what is wanted outside goes back to what it stands beside.
  if (a->type.tag == Tag::kInt && second.kind == Ast::Kind::kInt) b = Literal(second, &a->type);
  if (b->type.tag == Tag::kInt && first.kind == Ast::Kind::kInt) a = Literal(first, &b->type);
  if (a->type.tag == Tag::kDecimal && b->type.tag == Tag::kInt) b = AsDecimal(b);
  if (b->type.tag == Tag::kDecimal && a->type.tag == Tag::kInt) a = AsDecimal(a);
  std::optional<Type> type = BranchType(*a, *b);
  if (!type) return Wrong(ast, fmt::format("the branches are {} and {}", ToText(a->type), ToText(b->type)));
  return Make(ast, Op::kConditional, *type, {condition, a, b});
}

}  // namespace ashlar::cel
