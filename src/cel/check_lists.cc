// SPDX-License-Identifier: Apache-2.0
// Lists: written out, looked into, gone through.
#include "cel/checker.h"
#include "types/decimal.h"

namespace ashlar::cel {
namespace {

using Tag = Type::Tag;

bool IsPlain(const Type& type) {
  return type.tag != Tag::kList && type.tag != Tag::kRow && type.tag != Tag::kRows && type.tag != Tag::kAuth;
}

// What the items have in common, as far as it is known: numbers widen from int to double to decimal.
void Widen(std::optional<Type>& common, const Type& item) {
  if (item.tag == Tag::kNull) return;
  if (!common) {
    common = item;
  } else if (IsNumber(*common) && IsNumber(item) && common->tag != item.tag) {
    bool decimal = common->tag == Tag::kDecimal || item.tag == Tag::kDecimal;
    common->tag = decimal ? Tag::kDecimal : Tag::kDouble;
  }
  if (common->tag == Tag::kDecimal) common->scale = std::max(common->scale, item.scale);
}

}  // namespace

bool IsStoredList(const Expr& expr) {
  if (const auto* call = expr.get<Call>()) {
    return call->op == Op::kConditional && IsStoredList(*call->arguments[1]) && IsStoredList(*call->arguments[2]);
  }
  const auto* list = expr.get<ListOf>();
  if (list == nullptr) return expr.get<Comprehension>() == nullptr;
  return std::all_of(list->items.begin(), list->items.end(),
                     [](const ExprPtr& item) { return item->get<Literal>() != nullptr; });
}

ExprPtr Checker::List(const Ast& ast, const Type* wanted) {
  std::optional<Type> common;
  if (wanted != nullptr && wanted->tag == Tag::kList) {
    if (wanted->element != nullptr) common = *wanted->element;
  } else if (wanted != nullptr && wanted->tag != Tag::kNull && wanted->tag != Tag::kJson) {
    common = *wanted;  // the right side of `in`
  }
  std::vector<ExprPtr> items(ast.children.size());
  bool sound = true;
  // First those that have a type of their own: literals and constants take it.
  for (bool tells : {true, false}) {
    for (size_t i = 0; i < items.size(); ++i) {
      if (Tells(ast.children[i]) != tells) continue;
      items[i] = Check(ast.children[i], common ? &*common : nullptr);
      sound = sound && items[i] != nullptr;
      if (items[i] != nullptr) Widen(common, items[i]->type);
    }
  }
  if (!sound) return nullptr;
  Type type = SimpleType(Tag::kList);
  if (items.empty()) return std::make_shared<const Expr>(Expr{type, ListOf{}, ast.offset});
  Type element = common.value_or(SimpleType(Tag::kNull));
  if (!IsPlain(element)) return Wrong(ast, "a list holds plain values only");
  element.nullable = false;
  for (size_t i = 0; i < items.size(); ++i) {
    items[i] = ListItem(ast.children[i], std::move(items[i]), element);
    if (items[i] == nullptr) return nullptr;
    element.nullable = element.nullable || items[i]->type.nullable;
  }
  type.element = std::make_shared<const Type>(std::move(element));
  return std::make_shared<const Expr>(Expr{std::move(type), ListOf{std::move(items)}, ast.offset});
}

// An item as the list has it: of the same type, a decimal literal with as many decimals.
ExprPtr Checker::ListItem(const Ast& ast, ExprPtr item, const Type& element) {
  if (item->type.tag == Tag::kNull) return item;
  item = Fit(std::move(item), ast, element);
  if (item == nullptr) return nullptr;
  if (element.tag == Tag::kDecimal && item->type.tag == Tag::kInt) item = AsDecimal(item);
  if (item->type.tag != element.tag) {
    return Wrong(ast, fmt::format("{} in a list of {}", WithArticle(item->type), ToText(element)));
  }
  const auto* literal = item->get<cel::Literal>();
  const auto* decimal = literal == nullptr ? nullptr : literal->value.get<types::Decimal>();
  if (decimal == nullptr || decimal->scale == element.scale) return item;
  auto scaled = types::Rescale(*decimal, element.scale);
  if (!scaled) return Wrong(ast, "not a decimal of at most 38 digits");
  return DecimalLiteral(*scaled);
}

ExprPtr Checker::In(const Ast& ast) {
  const Ast& left = ast.children[0];
  const Ast& right = ast.children[1];
  ExprPtr item;
  ExprPtr list;
  if (right.kind == Ast::Kind::kList && Tells(left)) {
    item = Check(left);
    list = item == nullptr ? Check(right) : Check(right, &item->type);
  } else {
    list = Check(right);
    const Type* element = list != nullptr && list->type.element != nullptr ? list->type.element.get() : nullptr;
    item = Check(left, element);
  }
  if (item == nullptr || list == nullptr) return nullptr;
  if (list->type.tag != Tag::kList) return Wrong(ast, fmt::format("'in' needs a list, this is {}", ToText(list->type)));
  if (!IsPlain(item->type)) return Wrong(left, fmt::format("{} is never in a list", WithArticle(item->type)));
  if (list->type.element == nullptr) return Make(ast, Op::kIn, SimpleType(Tag::kBool), {item, list});
  item = Fit(item, left, *list->type.element);
  if (item == nullptr) return nullptr;
  if (!Comparable(item->type, *list->type.element) || list->type.element->tag == Tag::kJson) {
    return Wrong(ast, fmt::format("{} in {}", WithArticle(item->type), WithArticle(list->type)));
  }
  return BesideCaller(ast, Op::kIn, Make(ast, Op::kIn, SimpleType(Tag::kBool), {item, list}), item, list);
}

ExprPtr Checker::Macro(const Ast& ast, cel::Macro macro) {
  if (macro == Macro::kMap && ast.children.size() == 4) return FilteredMap(ast);
  if (!Count(ast, 2)) return nullptr;
  ExprPtr range = Check(ast.children[0]);
  if (ast.children[1].kind != Ast::Kind::kName) return Wrong(ast.children[1], "the variable must be a plain name");
  if (range == nullptr) return nullptr;
  bool json = range->type.tag == Tag::kList && range->type.element != nullptr && range->type.element->tag == Tag::kJson;
  if ((range->type.tag != Tag::kRows && range->type.tag != Tag::kList) || json) {
    return Wrong(ast,
                 fmt::format("'{}' is for lists and to-many relations, this is {}", ast.text, ToText(range->type)));
  }
  Type element = SimpleType(Tag::kRow);
  element.resource = range->type.resource;
  if (range->type.tag == Tag::kList) {
    element = range->type.element == nullptr ? SimpleType(Tag::kNull) : *range->type.element;
  }
  int slot = next_slot_++;
  bound_.push_back({ast.children[1].text, slot, element});
  ExprPtr body = Check(ast.children[2]);
  bound_.pop_back();
  if (body == nullptr) return nullptr;
  Type type = SimpleType(Tag::kBool);
  if (macro == Macro::kMap) {
    if (!IsPlain(body->type)) return Wrong(ast, "'map' gives plain values only");
    type = SimpleType(Tag::kList);
    type.element = std::make_shared<const Type>(body->type);
  } else if (body->type.tag != Tag::kBool) {
    return Wrong(ast.children[2], fmt::format("a condition is bool, this is {}", ToText(body->type)));
  }
  if (macro == Macro::kFilter) type = range->type;
  return std::make_shared<const Expr>(Expr{type, Comprehension{macro, range, slot, body}, ast.offset});
}

// list.map(x, condition, value) is list.filter(x, condition).map(x, value).
ExprPtr Checker::FilteredMap(const Ast& ast) {
  Ast filter = ast;
  filter.text = "filter";
  filter.children.pop_back();
  Ast map = ast;
  map.children = {std::move(filter), ast.children[1], ast.children[3]};
  return Macro(map, Macro::kMap);
}

ExprPtr Checker::Size(ExprPtr of, const Ast& ast) {
  if (of == nullptr) return nullptr;
  if (of->type.tag != Tag::kString && of->type.tag != Tag::kList && of->type.tag != Tag::kRows &&
      of->type.tag != Tag::kBytes) {
    return Wrong(ast, fmt::format("{} has no size", WithArticle(of->type)));
  }
  return Make(ast, Op::kSize, SimpleType(Tag::kInt), {std::move(of)});
}

ExprPtr Checker::Sum(ExprPtr of, const Ast& ast) {
  if (of == nullptr) return nullptr;
  if (of->type.tag != Tag::kList || of->type.element == nullptr || !IsNumber(*of->type.element)) {
    return Wrong(ast, fmt::format("'sum' is for lists of numbers, this is {}", ToText(of->type)));
  }
  Type type = *of->type.element;
  type.nullable = false;
  return Make(ast, Op::kSum, type, {std::move(of)});
}

}  // namespace ashlar::cel
