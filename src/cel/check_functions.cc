// SPDX-License-Identifier: Apache-2.0
#include "base/counted.h"
#include "base/near.h"
#include "cel/checker.h"
#include "cel/functions.h"
#include "types/datetime.h"

namespace ashlar::cel {

using Tag = Type::Tag;

bool Checker::Count(const Ast& ast, size_t arguments) {
  size_t given = ast.children.size() - (ast.kind == Ast::Kind::kMethod ? 1 : 0);
  if (given == arguments) return true;
  Wrong(ast, fmt::format("'{}' takes {}", ast.text, Counted(arguments, "argument")));
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
  std::vector<std::string> names = FunctionNames();
  if (std::ranges::find(names, name) != names.end()) {
    return Wrong(ast, fmt::format("'{0}' is called on what it is about: x.{0}(...)", name));
  }
  return Wrong(ast, fmt::format("there is no function '{}'", name), Near(name, names));
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
    return Wrong(ast, fmt::format("there is no function '{}'", ast.text), Near(ast.text, FunctionNames()));
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

ExprPtr Checker::Has(const Ast& ast) {
  if (!Count(ast, 1)) return nullptr;
  const Ast& what = ast.children[0];
  bool named = what.kind == Ast::Kind::kMember || what.kind == Ast::Kind::kName || what.kind == Ast::Kind::kIndex;
  if (!named) return Wrong(ast, "'has' takes a field: has(a), has(a.b)");
  ExprPtr member = Check(what);
  if (member == nullptr) return nullptr;
  if (member->type.tag == Tag::kRows) return Wrong(ast, "a to-many relation is always there; use size() > 0");
  const auto* call = member->get<Call>();
  bool selected = member->get<Field>() != nullptr || member->get<Relation>() != nullptr ||
                  member->get<cel::Auth>() != nullptr || (call != nullptr && call->op == Op::kMember);
  if (!selected) return Wrong(ast, "'has' takes a field: has(a), has(a.b)");
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
  bool held =
      duration && *duration <= types::kLongestDuration && types::Duration{-duration->micros} <= types::kLongestDuration;
  if (!held) return Wrong(text, fmt::format("'{}' is not a duration within 10,000 years", text.text));
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
