// SPDX-License-Identifier: Apache-2.0
#include "cel/checker.h"

#include <charconv>

#include "base/near.h"
#include "cel/foreign_words.h"
#include "types/datetime.h"
#include "types/decimal.h"
#include "types/number_text.h"
#include "types/uuid.h"

namespace ashlar::cel {
namespace {

using Tag = Type::Tag;

// A number literal's text, also in hexadecimal and with a sign.
std::optional<int64_t> ReadInt(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (negative) return number <= uint64_t{1} << 63 ? std::optional(static_cast<int64_t>(0 - number)) : std::nullopt;
  return number <= INT64_MAX ? std::optional(static_cast<int64_t>(number)) : std::nullopt;
}

// A number literal as JSON would write it: ".5" is "0.5", "007.5" is "7.5".
std::string JsonNumber(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  while (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') text.remove_prefix(1);
  return fmt::format("{}{}{}", negative ? "-" : "", text.starts_with('.') ? "0" : "", text);
}

// Nothing if it is too large; too small is zero. There is no negative zero, as in fields.
std::optional<double> ReadDouble(std::string_view written) {
  std::string text = JsonNumber(written);
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    auto parts = types::ParseNumber(text);
    if (!parts || parts->integer_digits() > 0) return std::nullopt;
    number = 0;
  }
  return number == 0 ? 0.0 : number;
}

std::optional<types::Value> ReadAs(const std::string& text, const Type& wanted) {
  switch (wanted.tag) {
    case Tag::kUuid:
      if (auto uuid = types::ParseUuid(text)) return types::Value(*uuid);
      return std::nullopt;
    case Tag::kDate:
      if (auto date = types::ParseDate(text)) return types::Value(*date);
      return std::nullopt;
    case Tag::kTimestamp:
      if (auto timestamp = types::ParseTimestamp(text)) return types::Value(*timestamp);
      return std::nullopt;
    case Tag::kDuration:
      if (auto duration = types::ParseDuration(text)) return types::Value(*duration);
      return std::nullopt;
    case Tag::kNull:
    case Tag::kBool:
    case Tag::kInt:
    case Tag::kDouble:
    case Tag::kDecimal:
    case Tag::kString:
    case Tag::kBytes:
    case Tag::kJson:
    case Tag::kList:
    case Tag::kRow:
    case Tag::kRows:
    case Tag::kAuth: break;
  }
  return std::nullopt;
}

}  // namespace

Type SimpleType(Tag tag) {
  Type type;
  type.tag = tag;
  type.nullable = tag == Tag::kNull;
  return type;
}

std::string WithArticle(const Type& type) {
  std::string text = ToText(type);
  bool vowel = std::string_view("aeio").contains(text[0]);  // uuid begins with a consonant's sound
  return fmt::format("{} {}", vowel ? "an" : "a", text);
}

bool IsNumber(const Type& type) {
  return type.tag == Tag::kInt || type.tag == Tag::kDouble || type.tag == Tag::kDecimal;
}

bool Comparable(const Type& a, const Type& b) {
  if (a.tag == Tag::kNull || b.tag == Tag::kNull) return a.tag != Tag::kRows && b.tag != Tag::kRows;
  if (a.tag == Tag::kJson || b.tag == Tag::kJson) {
    const Type& other = a.tag == Tag::kJson ? b : a;
    return other.tag == Tag::kJson || other.tag == Tag::kBool || other.tag == Tag::kInt || other.tag == Tag::kDouble ||
           other.tag == Tag::kString;
  }
  if (IsNumber(a) && IsNumber(b)) {
    bool mixed = (a.tag == Tag::kDecimal && b.tag == Tag::kDouble) || (a.tag == Tag::kDouble && b.tag == Tag::kDecimal);
    return !mixed;
  }
  if (a.tag == Tag::kList && b.tag == Tag::kList) {
    if (a.element == nullptr || b.element == nullptr) return true;
    return a.element->tag == b.element->tag && a.element->scale == b.element->scale;
  }
  bool scalar = a.tag != Tag::kList && a.tag != Tag::kRow && a.tag != Tag::kRows && a.tag != Tag::kAuth;
  return a.tag == b.tag && scalar;
}

ExprPtr DecimalLiteral(const types::Decimal& decimal) {
  Type type = SimpleType(Tag::kDecimal);
  type.scale = decimal.scale;
  return MakeLiteral(decimal, std::move(type));
}

// An int that is computed becomes a decimal by a product that changes nothing; null stays null.
ExprPtr AsDecimal(const ExprPtr& expr) {
  auto make = [&](Type type, Op op, std::vector<ExprPtr> arguments) {
    return std::make_shared<const Expr>(Expr{std::move(type), Call{op, std::move(arguments)}, expr->offset});
  };
  Type type = SimpleType(Tag::kDecimal);
  ExprPtr product = make(type, Op::kMultiply, {expr, DecimalLiteral({1, 0})});
  if (!expr->type.nullable) return product;
  Type nothing = SimpleType(Tag::kNull);
  nothing.nullable = type.nullable = true;
  ExprPtr null = MakeLiteral(types::Null{}, nothing);
  return make(type, Op::kConditional, {make(SimpleType(Tag::kBool), Op::kEqual, {expr, null}), null, product});
}

ExprPtr Checker::Wrong(const Ast& ast, std::string message, std::string suggestion) {
  mistakes_.push_back({ast.offset, ast.length, std::move(message), std::move(suggestion)});
  return nullptr;
}

ExprPtr Checker::Make(const Ast& ast, Op op, Type type, std::vector<ExprPtr> arguments) {
  return std::make_shared<const Expr>(Expr{std::move(type), Call{op, std::move(arguments)}, ast.offset});
}

ExprPtr Checker::Check(const Ast& ast, const Type* wanted) {
  switch (ast.kind) {
    case Ast::Kind::kNull:
    case Ast::Kind::kBool:
    case Ast::Kind::kInt:
    case Ast::Kind::kDouble:
    case Ast::Kind::kString:
    case Ast::Kind::kBytes: return Literal(ast, wanted);
    case Ast::Kind::kName: return Name(ast, wanted);
    case Ast::Kind::kMember: return Member(ast);
    case Ast::Kind::kIndex: {
      ExprPtr base = Check(ast.children[0]);
      if (base == nullptr) return nullptr;
      if (base->type.tag != Tag::kJson || ast.children[1].kind != Ast::Kind::kString) {
        return Wrong(ast, "only claims and json fields are indexed, by a literal name");
      }
      return MemberOf(base, ast.children[1]);
    }
    case Ast::Kind::kCall: return Function(ast);
    case Ast::Kind::kMethod: return Method(ast);
    case Ast::Kind::kList: return List(ast, wanted);
    case Ast::Kind::kUnary: return Unary(ast);
    case Ast::Kind::kBinary: return Binary(ast);
    case Ast::Kind::kConditional: return Conditional(ast, wanted);
  }
  return nullptr;
}

ExprPtr Checker::Literal(const Ast& ast, const Type* wanted) {
  ExprPtr literal;
  if (ast.kind == Ast::Kind::kNull) {
    literal = MakeLiteral(types::Null{}, SimpleType(Tag::kNull));
  } else if (ast.kind == Ast::Kind::kBool) {
    literal = MakeLiteral(ast.text == "true", SimpleType(Tag::kBool));
  } else if (ast.kind == Ast::Kind::kInt) {
    std::optional<int64_t> number = ReadInt(ast.text);
    if (!number) return Wrong(ast, "the number does not fit 64 bits");
    literal = MakeLiteral(*number, SimpleType(Tag::kInt));
  } else if (ast.kind == Ast::Kind::kDouble) {
    std::optional<double> number = ReadDouble(ast.text);
    if (!number) return Wrong(ast, "the number is beyond what a double holds");
    literal = MakeLiteral(*number, SimpleType(Tag::kDouble));
  } else if (ast.kind == Ast::Kind::kBytes) {
    literal = MakeLiteral(types::Bytes{ast.text}, SimpleType(Tag::kBytes));
  } else {
    literal = MakeLiteral(ast.text, SimpleType(Tag::kString));
  }
  return wanted == nullptr ? literal : Fit(literal, ast, *wanted);
}

// Literals become what the other side is; anything else is left as it is, for the operator to judge.
ExprPtr Checker::Fit(ExprPtr expr, const Ast& ast, const Type& wanted) {
  if (expr == nullptr) return nullptr;
  const cel::Literal* literal = expr->get<cel::Literal>();
  if (literal == nullptr) return expr;
  bool fitted = (ast.kind == Ast::Kind::kInt && literal->value.get<int64_t>() == nullptr) ||
                (ast.kind == Ast::Kind::kDouble && literal->value.get<double>() == nullptr) ||
                (ast.kind == Ast::Kind::kString && literal->value.get<std::string>() == nullptr);
  if (fitted) return expr;
  if (wanted.tag == Tag::kDecimal && (ast.kind == Ast::Kind::kDouble || ast.kind == Ast::Kind::kInt)) {
    auto decimal =
        ast.kind == Ast::Kind::kInt
            ? std::expected<types::Decimal, types::DecimalFault>(types::Decimal{*literal->value.get<int64_t>(), 0})
            : types::ParseDecimal(JsonNumber(ast.text));
    if (!decimal) return Wrong(ast, "not a decimal of at most 38 digits");
    return DecimalLiteral(*decimal);
  }
  if (wanted.tag == Tag::kDouble && ast.kind == Ast::Kind::kInt) {
    int64_t number = *literal->value.get<int64_t>();
    constexpr int64_t kExact = int64_t{1} << 53;
    if (number > kExact || number < -kExact) return expr;  // compared as the int that it is
    return MakeLiteral(static_cast<double>(number), SimpleType(Tag::kDouble));
  }
  if (ast.kind != Ast::Kind::kString) return expr;
  const std::string& text = *literal->value.get<std::string>();
  if (!wanted.constants.empty()) {
    if (std::find(wanted.constants.begin(), wanted.constants.end(), text) == wanted.constants.end()) {
      return Wrong(ast, fmt::format("'{}' is not one of the constants", text), Near(text, wanted.constants));
    }
    Type type = wanted;
    type.nullable = false;
    return MakeLiteral(text, type);
  }
  bool converts = wanted.tag == Tag::kUuid || wanted.tag == Tag::kDate || wanted.tag == Tag::kTimestamp ||
                  wanted.tag == Tag::kDuration;
  if (!converts) return expr;
  std::optional<types::Value> value = ReadAs(text, wanted);
  if (!value) return Wrong(ast, fmt::format("'{}' is not {}", text, WithArticle(wanted)));
  return MakeLiteral(std::move(*value), SimpleType(wanted.tag));
}

bool Checker::Resolves(const std::string& name) const {
  for (const Bound& bound : bound_) {
    if (bound.name == name) return true;
  }
  if (name == "auth") return true;
  if (scope_.resource.valid() && scope_.schema->Find(scope_.resource, name)) return true;
  return scope_.rule && scope_.rule(name) != nullptr;
}

// Whether it has a type of its own: literals and constants take that of what they stand beside.
bool Checker::Tells(const Ast& ast) const {
  if (ast.kind < Ast::Kind::kName) return false;
  if (ast.kind == Ast::Kind::kName) return Resolves(ast.text);
  if (ast.kind == Ast::Kind::kConditional) return Tells(ast.children[1]) || Tells(ast.children[2]);
  if (ast.kind == Ast::Kind::kList) {
    return std::any_of(ast.children.begin(), ast.children.end(), [this](const Ast& item) { return Tells(item); });
  }
  return true;
}

ExprPtr Checker::Name(const Ast& ast, const Type* wanted) {
  if (wanted != nullptr && !wanted->constants.empty()) {
    const auto& constants = wanted->constants;
    bool constant = std::find(constants.begin(), constants.end(), ast.text) != constants.end();
    if (constant && Resolves(ast.text)) {
      return Wrong(ast, fmt::format("'{}' is a constant here, and a field or rule as well", ast.text));
    }
    if (constant) {
      Type type = *wanted;
      type.nullable = false;
      return MakeLiteral(ast.text, type);
    }
    if (!Resolves(ast.text)) {
      return Wrong(ast, fmt::format("there is no constant or name '{}'", ast.text), Near(ast.text, constants));
    }
  }
  return ResolveName(ast);
}

ExprPtr Checker::ResolveName(const Ast& ast) {
  for (auto bound = bound_.rbegin(); bound != bound_.rend(); ++bound) {
    if (bound->name == ast.text) {
      return std::make_shared<const Expr>(Expr{bound->type, Variable{bound->slot}, ast.offset});
    }
  }
  if (ast.text == "auth") {
    if (!scope_.auth) return Wrong(ast, "'auth' cannot be used here");
    Type type = SimpleType(Tag::kAuth);
    type.nullable = true;
    return std::make_shared<const Expr>(Expr{type, Auth{}, ast.offset});
  }
  bool member = scope_.resource.valid() && scope_.schema->Find(scope_.resource, ast.text).has_value();
  ExprPtr rule = scope_.rule ? scope_.rule(ast.text) : nullptr;
  if (member && rule != nullptr) return Wrong(ast, fmt::format("'{}' is a field and a rule", ast.text));
  Type row = SimpleType(Tag::kRow);
  row.resource = scope_.resource;
  ExprPtr here = std::make_shared<const Expr>(Expr{row, Variable{0}, ast.offset});
  // A rule's slots are its own; here they must not meet those of what surrounds it.
  if (rule != nullptr) {
    inlined_ += Measure(*rule).nodes;
    if (inlined_ > kMostNodes) return Wrong(ast, fmt::format("with its rules this has more than {} parts", kMostNodes));
    return Rebase(rule, here, &next_slot_);
  }
  if (member) return Select(here, ast);
  return NoSuchName(ast);
}

ExprPtr Checker::NoSuchName(const Ast& ast) {
  if (std::ranges::find(scope_.role_names, ast.text) != scope_.role_names.end()) {
    return Wrong(ast, fmt::format("'{}' is a role, not a rule", ast.text), fmt::format("hasRole('{}')", ast.text));
  }
  std::string message = fmt::format("there is no name '{}'", ast.text);
  std::string_view ours = NameFor(ast.text);
  bool usable = ours.starts_with("auth") ? scope_.auth : ours != "now()" || scope_.now;
  if (!ours.empty() && usable) return Wrong(ast, std::move(message), std::string(ours));
  std::vector<std::string> names = scope_.rule_names;
  if (scope_.resource.valid()) {
    for (std::string& name : scope_.schema->Names(scope_.resource)) names.push_back(std::move(name));
  }
  for (const Bound& bound : bound_) names.push_back(bound.name);
  if (scope_.auth) names.push_back("auth");
  for (std::string_view literal : {"true", "false", "null"}) names.emplace_back(literal);
  return Wrong(ast, std::move(message), Near(ast.text, names));
}

ExprPtr Checker::Member(const Ast& ast) {
  ExprPtr base = Check(ast.children[0]);
  return base == nullptr ? nullptr : MemberOf(std::move(base), ast);
}

ExprPtr Checker::MemberOf(ExprPtr base, const Ast& ast) {
  switch (base->type.tag) {
    case Tag::kRow: return Select(std::move(base), ast);
    case Tag::kAuth: return AuthMember(std::move(base), ast);
    case Tag::kJson: {
      Type type = SimpleType(Tag::kJson);
      type.nullable = true;
      return Make(ast, Op::kMember, type, {std::move(base), MakeLiteral(ast.text, SimpleType(Tag::kString))});
    }
    case Tag::kRows: return Wrong(ast, "a to-many relation has no members of its own; use exists, all, map or filter");
    case Tag::kNull:
    case Tag::kBool:
    case Tag::kInt:
    case Tag::kDouble:
    case Tag::kDecimal:
    case Tag::kString:
    case Tag::kBytes:
    case Tag::kUuid:
    case Tag::kDate:
    case Tag::kTimestamp:
    case Tag::kDuration:
    case Tag::kList: break;
  }
  return Wrong(ast, fmt::format("{} has no member '{}'", WithArticle(base->type), ast.text));
}

ExprPtr Checker::Select(ExprPtr row, const Ast& ast) {
  auto member = scope_.schema->Find(row->type.resource, ast.text);
  if (!member) {
    return Wrong(ast, fmt::format("there is no field '{}'", ast.text),
                 Near(ast.text, scope_.schema->Names(row->type.resource)));
  }
  if (member->kind == Schema::Member::Kind::kField) {
    return std::make_shared<const Expr>(Expr{member->type, Field{std::move(row), member->field}, ast.offset});
  }
  if (!scope_.relations) return Wrong(ast, fmt::format("the relation '{}' cannot be used here", ast.text));
  return std::make_shared<const Expr>(
      Expr{member->type, Relation{std::move(row), member->relation, {}, {}}, ast.offset});
}

ExprPtr Checker::AuthMember(ExprPtr, const Ast& ast) {
  static const std::map<std::string_view, std::pair<cel::Auth::Member, Tag>> members = {
      {"id", {Auth::Member::kId, Tag::kUuid}},         {"kind", {Auth::Member::kKind, Tag::kString}},
      {"email", {Auth::Member::kEmail, Tag::kString}}, {"roles", {Auth::Member::kRoles, Tag::kList}},
      {"scopes", {Auth::Member::kScopes, Tag::kList}}, {"claims", {Auth::Member::kClaims, Tag::kJson}}};
  auto found = members.find(ast.text);
  if (found == members.end()) {
    std::vector<std::string> names;
    for (const auto& [name, member] : members) names.emplace_back(name);
    return Wrong(ast, fmt::format("auth has no member '{}'", ast.text), Near(ast.text, names));
  }
  Type type = SimpleType(found->second.second);
  type.nullable = ast.text == "id" || ast.text == "email";
  if (type.tag == Tag::kList) type.element = std::make_shared<const Type>(SimpleType(Tag::kString));
  return std::make_shared<const Expr>(Expr{type, Auth{found->second.first}, ast.offset});
}

ExprPtr Checker::Run(const Ast& ast, const Type& expected) {
  ExprPtr expr = Fit(Check(ast, &expected), ast, expected);
  if (expr == nullptr) return nullptr;
  if (expected.tag == Tag::kDecimal && expr->type.tag == Tag::kInt) expr = AsDecimal(expr);
  bool same = expr->type.tag == expected.tag || (expr->type.tag == Tag::kNull && expected.nullable) ||
              (expected.tag == Tag::kJson && Comparable(expr->type, expected));
  bool empty_list = expr->type.tag == Tag::kList && expr->type.element == nullptr;
  if (same && expected.tag == Tag::kList && !empty_list) {
    same = expr->type.element->tag == expected.element->tag && !expr->type.element->nullable;
  }
  if (!same) {
    return Wrong(ast, fmt::format("this is {}, {} is expected", WithArticle(expr->type), WithArticle(expected)));
  }
  Usage usage = Measure(*expr, scope_.schema);
  if (usage.height > kMostHeight) return Wrong(ast, "nested too deeply, the rules that it names counted");
  if (usage.nodes > kMostNodes)
    return Wrong(ast, fmt::format("with its rules this has more than {} parts", kMostNodes));
  return expr;
}

std::expected<ExprPtr, std::vector<Mistake>> Compile(std::string_view text, const Scope& scope, const Type& expected,
                                                     const Limits& limits) {
  auto ast = ParseSyntax(text, limits);
  if (!ast) return std::unexpected(std::vector{std::move(ast).error()});
  Checker checker(scope);
  ExprPtr expr = checker.Run(*ast, expected);
  if (expr == nullptr) return std::unexpected(std::move(checker.mistakes()));
  return expr;
}

}  // namespace ashlar::cel
