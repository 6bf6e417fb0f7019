// SPDX-License-Identifier: Apache-2.0
#include "cel/checker.h"
#include "cel/functions.h"
#include "types/datetime.h"

namespace ashlar::cel {

using Tag = Type::Tag;

bool Checker::Count(const Ast& ast, size_t arguments) {
  size_t given = ast.children.size() - (ast.kind == Ast::Kind::kMethod ? 1 : 0);
  if (given == arguments) return true;
  Wrong(ast, fmt::format("'{}' takes {} argument{}", ast.text, arguments, arguments == 1 ? "" : "s"));
  return false;
}

ExprPtr Checker::Function(const Ast& ast) {
  const std::string& name = ast.text;
  if (name == "has") return Has(ast);
  if (name == "size") {
    if (!Count(ast, 1)) return nullptr;
    return Size(Check(ast.children[0]), ast);
  }
  if (name == "timestamp" || name == "duration") return Moment(ast);
  if (name == "hasRole") return HasRoleOrScope(ast, Op::kHasRole);
  if (name == "hasScope") return HasRoleOrScope(ast, Op::kHasScope);
  if (name == "now") {
    if (!Count(ast, 0)) return nullptr;
    if (!scope_.now) return Wrong(ast, "'now' cannot be used here");
    return std::make_shared<const Expr>(Expr{SimpleType(Tag::kTimestamp), Now{}, ast.offset});
  }
  return Wrong(ast, fmt::format("there is no function '{}'", name), NearestName(name, FunctionNames()));
}

ExprPtr Checker::Method(const Ast& ast) {
  static const std::map<std::string_view, cel::Macro> macros = {{"all", Macro::kAll},
                                                                {"exists", Macro::kExists},
                                                                {"exists_one", Macro::kExistsOne},
                                                                {"map", Macro::kMap},
                                                                {"filter", Macro::kFilter}};
  if (auto macro = macros.find(ast.text); macro != macros.end()) return Macro(ast, macro->second);
  if (ast.text == "size" || ast.text == "sum") {
    if (!Count(ast, 0)) return nullptr;
    ExprPtr of = Check(ast.children[0]);
    return ast.text == "size" ? Size(std::move(of), ast) : Sum(std::move(of), ast);
  }
  static const std::map<std::string_view, Op> texts = {{"startsWith", Op::kStartsWith},
                                                       {"endsWith", Op::kEndsWith},
                                                       {"contains", Op::kContains},
                                                       {"matches", Op::kMatches}};
  auto text = texts.find(ast.text);
  if (text == texts.end()) {
    return Wrong(ast, fmt::format("there is no function '{}'", ast.text), NearestName(ast.text, FunctionNames()));
  }
  if (!Count(ast, 1)) return nullptr;
  ExprPtr subject = Check(ast.children[0]);
  ExprPtr part = Check(ast.children[1]);
  if (subject == nullptr || part == nullptr) return nullptr;
  if (subject->type.tag != Tag::kString || part->type.tag != Tag::kString) {
    return Wrong(ast, fmt::format("'{}' is for strings", ast.text));
  }
  if (text->second == Op::kMatches) {
    if (!scope_.matches) return Wrong(ast, "'matches' cannot be used here; it stands in pattern and checks only");
    if (part->get<cel::Literal>() == nullptr) return Wrong(ast, "'matches' takes a literal pattern");
    if (!IsPattern(*part->get<cel::Literal>()->value.get<std::string>())) {
      return Wrong(ast.children[1], "not a regular expression of RE2");
    }
  }
  return Make(ast, text->second, SimpleType(Tag::kBool), {subject, part});
}

ExprPtr Checker::Macro(const Ast& ast, cel::Macro macro) {
  if (!Count(ast, 2)) return nullptr;
  ExprPtr range = Check(ast.children[0]);
  if (ast.children[1].kind != Ast::Kind::kName) return Wrong(ast.children[1], "the variable must be a plain name");
  if (range == nullptr) return nullptr;
  if (range->type.tag != Tag::kRows && range->type.tag != Tag::kList) {
    return Wrong(ast,
                 fmt::format("'{}' is for lists and to-many relations, this is {}", ast.text, ToText(range->type)));
  }
  Type element = SimpleType(Tag::kRow);
  element.resource = range->type.resource;
  if (range->type.tag == Tag::kList)
    element = range->type.element == nullptr ? SimpleType(Tag::kNull) : *range->type.element;
  int slot = next_slot_++;
  bound_.push_back({ast.children[1].text, slot, element});
  ExprPtr body = Check(ast.children[2]);
  bound_.pop_back();
  if (body == nullptr) return nullptr;
  Type type = SimpleType(Tag::kBool);
  if (macro == Macro::kMap) {
    bool value = body->type.tag != Tag::kRow && body->type.tag != Tag::kRows && body->type.tag != Tag::kAuth &&
                 body->type.tag != Tag::kList;
    if (!value) return Wrong(ast, "'map' gives plain values only");
    type = SimpleType(Tag::kList);
    type.element = std::make_shared<const Type>(body->type);
  } else if (body->type.tag != Tag::kBool) {
    return Wrong(ast.children[2], fmt::format("a condition is bool, this is {}", ToText(body->type)));
  }
  if (macro == Macro::kFilter) type = range->type;
  return std::make_shared<const Expr>(Expr{type, Comprehension{macro, range, slot, body}, ast.offset});
}

ExprPtr Checker::Size(ExprPtr of, const Ast& ast) {
  if (of == nullptr) return nullptr;
  if (of->type.tag != Tag::kString && of->type.tag != Tag::kList && of->type.tag != Tag::kRows &&
      of->type.tag != Tag::kBytes) {
    return Wrong(ast, fmt::format("a {} has no size", ToText(of->type)));
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

ExprPtr Checker::Has(const Ast& ast) {
  if (!Count(ast, 1)) return nullptr;
  const Ast& what = ast.children[0];
  bool named = what.kind == Ast::Kind::kMember || what.kind == Ast::Kind::kName;
  ExprPtr member = named ? Check(what) : nullptr;
  if (!named) return Wrong(ast, "'has' takes a field: has(a), has(a.b)");
  if (member == nullptr) return nullptr;
  bool selected = member->get<Field>() != nullptr || member->get<Relation>() != nullptr ||
                  member->get<cel::Auth>() != nullptr || member->get<Call>() != nullptr;
  if (!selected) return Wrong(ast, "'has' takes a field: has(a), has(a.b)");
  if (member->type.tag == Tag::kRows) return Wrong(ast, "a to-many relation is always there; use size() > 0");
  return Make(ast, Op::kHas, SimpleType(Tag::kBool), {member});
}

ExprPtr Checker::Moment(const Ast& ast) {
  if (!Count(ast, 1)) return nullptr;
  const Ast& text = ast.children[0];
  if (text.kind != Ast::Kind::kString) return Wrong(ast, fmt::format("'{}' takes a literal string", ast.text));
  if (ast.text == "timestamp") {
    auto timestamp = types::ParseTimestamp(text.text);
    if (!timestamp) return Wrong(text, fmt::format("'{}' is not a timestamp of RFC 3339", text.text));
    return MakeLiteral(*timestamp, SimpleType(Tag::kTimestamp));
  }
  std::optional<types::Duration> duration = ParseCelDuration(text.text);
  if (!duration) {
    if (auto iso = types::ParseDuration(text.text)) duration = *iso;
  }
  if (!duration) return Wrong(text, fmt::format("'{}' is not a duration", text.text));
  return MakeLiteral(*duration, SimpleType(Tag::kDuration));
}

ExprPtr Checker::HasRoleOrScope(const Ast& ast, Op op) {
  if (!Count(ast, 1)) return nullptr;
  if (!scope_.auth) return Wrong(ast, fmt::format("'{}' cannot be used here", ast.text));
  if (ast.children[0].kind != Ast::Kind::kString)
    return Wrong(ast, fmt::format("'{}' takes a literal string", ast.text));
  return Make(ast, op, SimpleType(Tag::kBool), {Check(ast.children[0])});
}

}  // namespace ashlar::cel
