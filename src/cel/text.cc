// SPDX-License-Identifier: Apache-2.0
#include "cel/text.h"

#include <algorithm>
#include <map>

#include "base/utf8.h"
#include "types/datetime.h"
#include "types/decimal.h"
#include "types/uuid.h"

namespace ashlar::cel {
namespace {

// How tightly a part holds together; as in cel/parse.cc.
constexpr int kLoosest = 0, kOr = 1, kAnd = 2, kCompare = 3, kSum = 4, kProduct = 5, kUnary = 6, kTightest = 7;

struct Sign {
  Op op;
  std::string_view sign;
  int level;
};
constexpr Sign kSigns[] = {
    {Op::kOr, "||", kOr},          {Op::kAnd, "&&", kAnd},
    {Op::kEqual, "==", kCompare},  {Op::kNotEqual, "!=", kCompare},
    {Op::kLess, "<", kCompare},    {Op::kLessOrEqual, "<=", kCompare},
    {Op::kGreater, ">", kCompare}, {Op::kGreaterOrEqual, ">=", kCompare},
    {Op::kIn, "in", kCompare},     {Op::kAdd, "+", kSum},
    {Op::kSubtract, "-", kSum},    {Op::kMultiply, "*", kProduct},
    {Op::kDivide, "/", kProduct},  {Op::kModulo, "%", kProduct},
};

std::string Escaped(char c) { return fmt::format("\\x{:02x}", static_cast<unsigned char>(c)); }

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') {
      quoted += {'\\', c};
    } else if (c == '\n') {
      quoted += "\\n";
    } else {
      quoted += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? Escaped(c) : std::string(1, c);
    }
  }
  return quoted + "'";
}

std::string QuotedBytes(std::string_view data) {
  std::string quoted = "b'";
  for (char c : data) quoted += Escaped(c);
  return quoted + "'";
}

std::string DoubleText(double number) {
  std::string text = fmt::format("{}", number);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string ValueText(const types::Value& value) {
  if (value.is_null()) return "null";
  switch (value.kind()) {
    case types::Kind::kBool: return *value.get<bool>() ? "true" : "false";
    case types::Kind::kInt64: return fmt::format("{}", *value.get<int64_t>());
    case types::Kind::kFloat64: return DoubleText(*value.get<double>());
    case types::Kind::kDecimal: return types::FormatDecimal(*value.get<types::Decimal>());
    case types::Kind::kText: return Quoted(*value.get<std::string>());
    case types::Kind::kBytes: return QuotedBytes(value.get<types::Bytes>()->data);
    case types::Kind::kUuid: return Quoted(types::FormatUuid(*value.get<types::Uuid>()));
    case types::Kind::kDate: return Quoted(types::FormatDate(*value.get<types::Date>()));
    case types::Kind::kTimestamp:
      return fmt::format("timestamp({})", Quoted(types::FormatTimestamp(*value.get<types::Timestamp>())));
    case types::Kind::kDuration:
      return fmt::format("duration({})", Quoted(types::FormatDuration(*value.get<types::Duration>())));
    case types::Kind::kJson: return value.get<types::JsonText>()->text;
    case types::Kind::kList: break;
  }
  std::string items;
  for (const types::Value& item : value.get<types::List>()->items) {
    items += fmt::format("{}{}", items.empty() ? "" : ", ", ValueText(item));
  }
  return fmt::format("[{}]", items);
}

std::string_view NameOf(Auth::Member member) {
  switch (member) {
    case Auth::Member::kSelf: return "auth";
    case Auth::Member::kId: return "auth.id";
    case Auth::Member::kKind: return "auth.kind";
    case Auth::Member::kEmail: return "auth.email";
    case Auth::Member::kRoles: return "auth.roles";
    case Auth::Member::kScopes: return "auth.scopes";
    case Auth::Member::kClaims: return "auth.claims";
  }
  return "";
}

std::string_view NameOf(Macro macro) {
  switch (macro) {
    case Macro::kAll: return "all";
    case Macro::kExists: return "exists";
    case Macro::kExistsOne: return "exists_one";
    case Macro::kMap: return "map";
    case Macro::kFilter: return "filter";
  }
  return "";
}

class Writer {
 public:
  Writer(const Schema& schema, ResourceId resource) : schema_(schema) {
    if (resource.valid()) taken_ = schema.Names(resource);
  }

  // In brackets where it holds together less tightly than that.
  std::string Text(const Expr& expr, int level = kLoosest) {
    auto [text, own] = Write(expr);
    return own < level ? fmt::format("({})", text) : text;
  }

 private:
  using Written = std::pair<std::string, int>;  // with how tightly it holds together

  Written Write(const Expr& expr) {
    if (const auto* literal = expr.get<Literal>()) {
      std::string text = ValueText(literal->value);
      return {text, text.starts_with('-') ? kUnary : kTightest};
    }
    if (const auto* failure = expr.get<Failure>()) return {fmt::format("<error: {}>", failure->what), kTightest};
    if (const auto* variable = expr.get<Variable>()) return {names_[variable->slot], kTightest};
    if (const auto* field = expr.get<Field>()) {
      return {Member(*field->row, schema_.FieldName(field->row->type.resource, field->field)), kTightest};
    }
    if (const auto* relation = expr.get<Relation>()) {
      return {Member(*relation->row, schema_.RelationName(relation->row->type.resource, relation->relation)),
              kTightest};
    }
    if (const auto* auth = expr.get<Auth>()) return {std::string(NameOf(auth->member)), kTightest};
    if (expr.get<Now>() != nullptr) return {"now()", kTightest};
    if (const auto* list = expr.get<ListOf>()) return {fmt::format("[{}]", Items(list->items)), kTightest};
    if (const auto* loop = expr.get<Comprehension>()) return {Loop(*loop), kTightest};
    return WriteCall(*expr.get<Call>());
  }

  std::string Items(const std::vector<ExprPtr>& items) {
    std::string text;
    for (const ExprPtr& item : items) text += fmt::format("{}{}", text.empty() ? "" : ", ", Text(*item));
    return text;
  }

  // Of the row that the expression is about, the name alone.
  std::string Member(const Expr& row, const std::string& name) {
    const auto* variable = row.get<Variable>();
    if (variable != nullptr && variable->slot == 0) return name;
    return fmt::format("{}.{}", Text(row, kTightest), name);
  }

  std::string Loop(const Comprehension& loop) {
    std::string range = Text(*loop.range, kTightest);
    std::string name = NewName();
    names_[loop.slot] = name;
    bound_.push_back(name);
    std::string text = fmt::format("{}.{}({}, {})", range, NameOf(loop.macro), name, Text(*loop.body));
    bound_.pop_back();
    return text;
  }

  std::string NewName() const {
    auto is_free = [this](const std::string& name) {
      return std::ranges::find(taken_, name) == taken_.end() && std::ranges::find(bound_, name) == bound_.end();
    };
    for (int round = 0;; ++round) {
      for (const char* letter : {"x", "y", "z"}) {
        std::string name = round == 0 ? letter : fmt::format("{}{}", letter, round);
        if (is_free(name)) return name;
      }
    }
  }

  Written WriteCall(const Call& call) {
    const std::vector<ExprPtr>& on = call.arguments;
    if (const ExprPtr* widened = Widened(call)) return Write(**widened);
    if (const ExprPtr* compared = BesideCaller(call)) return Write(**compared);
    for (const Sign& sign : kSigns) {
      if (sign.op == call.op) return {Binary(call, sign), sign.level};
    }
    switch (call.op) {
      case Op::kNot: return {"!" + Text(*on[0], kUnary), kUnary};
      case Op::kNegate: return {"-" + Text(*on[0], kTightest), kUnary};
      case Op::kConditional:
        return {fmt::format("{} ? {} : {}", Text(*on[0], kOr), Text(*on[1]), Text(*on[2])), kLoosest};
      case Op::kHas: return {fmt::format("has({})", Text(*on[0])), kTightest};
      case Op::kSize: return {fmt::format("size({})", Text(*on[0])), kTightest};
      case Op::kSum: return {Text(*on[0], kTightest) + ".sum()", kTightest};
      case Op::kIndex:
      case Op::kMember: return {fmt::format("{}[{}]", Text(*on[0], kTightest), Text(*on[1])), kTightest};
      case Op::kStartsWith: return {Method(call, "startsWith"), kTightest};
      case Op::kEndsWith: return {Method(call, "endsWith"), kTightest};
      case Op::kContains: return {Method(call, "contains"), kTightest};
      case Op::kMatches: return {Method(call, "matches"), kTightest};
      case Op::kEqualIgnoringCase: return {Method(call, "ieq"), kTightest};
      case Op::kContainsIgnoringCase: return {Method(call, "icontains"), kTightest};
      case Op::kTimestamp: return {fmt::format("timestamp({})", Items(on)), kTightest};
      case Op::kDuration: return {fmt::format("duration({})", Items(on)), kTightest};
      case Op::kHasRole: return {fmt::format("hasRole({})", Items(on)), kTightest};
      case Op::kHasScope: return {fmt::format("hasScope({})", Items(on)), kTightest};
      case Op::kAnd:
      case Op::kOr:
      case Op::kEqual:
      case Op::kNotEqual:
      case Op::kLess:
      case Op::kLessOrEqual:
      case Op::kGreater:
      case Op::kGreaterOrEqual:
      case Op::kIn:
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kMultiply:
      case Op::kDivide:
      case Op::kModulo: break;
    }
    return {"", kTightest};
  }

  // An int that became a decimal by a product that changes nothing: it becomes one again where it is read. One that may
  // be null is looked at first.
  static const ExprPtr* Widened(const Call& call) {
    if (call.op == Op::kConditional) {
      const auto* product = call.arguments[2]->get<Call>();
      const auto* is_null = call.arguments[0]->get<Call>();
      const ExprPtr* inner = product == nullptr ? nullptr : Widened(*product);
      bool same =
          inner != nullptr && is_null != nullptr && is_null->op == Op::kEqual && is_null->arguments[0] == *inner;
      return same ? inner : nullptr;
    }
    if (call.op != Op::kMultiply || call.arguments[0]->type.tag != Type::Tag::kInt) return nullptr;
    const auto* literal = call.arguments[1]->get<Literal>();
    const auto* one = literal == nullptr ? nullptr : literal->value.get<types::Decimal>();
    return one != nullptr && *one == types::Decimal{1, 0} ? &call.arguments[0] : nullptr;
  }

  // A comparison behind the look whether the caller has what it is about, which comes again where it is read.
  static const ExprPtr* BesideCaller(const Call& call) {
    if (call.op != Op::kAnd && call.op != Op::kOr) return nullptr;
    const auto* look = call.arguments[0]->get<Call>();
    const bool widened = call.op == Op::kAnd && look != nullptr && look->op == Op::kOr;  // of an item of a list
    if (widened) look = look->arguments[0]->get<Call>();
    if (look == nullptr || look->op != (call.op == Op::kAnd ? Op::kNotEqual : Op::kEqual)) return nullptr;
    const ExprPtr* compared = &call.arguments[1];
    const auto* inner = (*compared)->get<Call>();
    if (inner == nullptr) return nullptr;
    if (const ExprPtr* further = BesideCaller(*inner)) {
      compared = further;
      inner = (*compared)->get<Call>();
    }
    const bool compares =
        call.op == Op::kOr ? inner->op == Op::kNotEqual : inner->op == Op::kEqual || inner->op == Op::kIn;
    if (!compares) return nullptr;
    const ExprPtr& side = look->arguments[0];
    const auto* list = inner->arguments[1]->get<ListOf>();
    const bool about = widened ? list != nullptr && std::ranges::find(list->items, side) != list->items.end()
                               : std::ranges::find(inner->arguments, side) != inner->arguments.end();
    return about ? compared : nullptr;
  }

  std::string Binary(const Call& call, const Sign& sign) {
    bool chain = call.op == Op::kAnd || call.op == Op::kOr;  // in whatever order they are joined
    return fmt::format("{} {} {}", Text(*call.arguments[0], sign.level), sign.sign,
                       Text(*call.arguments[1], chain ? sign.level : sign.level + 1));
  }

  std::string Method(const Call& call, std::string_view name) {
    return fmt::format("{}.{}({})", Text(*call.arguments[0], kTightest), name, Text(*call.arguments[1]));
  }

  const Schema& schema_;
  std::vector<std::string> taken_, bound_;
  std::map<int, std::string> names_;  // of variables, by slot
};

// The parts of a chain of && or ||, in order.
void Flatten(const ExprPtr& expr, Op op, std::vector<ExprPtr>& parts) {
  const auto* call = expr->get<Call>();
  if (call == nullptr || call->op != op) return parts.push_back(expr);
  for (const ExprPtr& side : call->arguments) Flatten(side, op, parts);
}

class Reducer {
 public:
  Reducer(const Schema& schema, ResourceId resource) : schema_(schema), resource_(resource) {}

  ExprPtr Run(const ExprPtr& expr) {
    const auto* call = expr->get<Call>();
    bool chain = call != nullptr && (call->op == Op::kAnd || call->op == Op::kOr);
    if (!chain) return expr;
    std::vector<ExprPtr> parts;
    Flatten(expr, call->op, parts);
    std::vector<Part> kept;
    for (const ExprPtr& part : parts) {
      Part reduced = Read(Run(part), call->op);
      bool there = std::ranges::any_of(kept, [&](const Part& one) { return one.text == reduced.text; });
      if (!there) kept.push_back(std::move(reduced));
    }
    ExprPtr made;
    for (const Part& part : kept) {
      if (std::ranges::any_of(kept, [&](const Part& one) { return Follows(part, one); })) continue;
      made = made == nullptr ? part.expr : call->op == Op::kAnd ? And(made, part.expr) : Or(made, part.expr);
    }
    return made;
  }

 private:
  struct Part {
    ExprPtr expr;
    std::string text;
    std::vector<std::string> within;  // the parts of the other kind of chain that it is
  };

  std::string TextOf(const ExprPtr& expr) const { return ToText(*expr, schema_, resource_); }

  Part Read(ExprPtr expr, Op chain) const {
    std::vector<ExprPtr> parts;
    Flatten(expr, chain == Op::kAnd ? Op::kOr : Op::kAnd, parts);
    Part part{expr, TextOf(expr), {}};
    for (const ExprPtr& one : parts) part.within.push_back(TextOf(one));
    std::ranges::sort(part.within);
    return part;
  }

  // a && (a || b) is a, and a || a && b is a: a part that has all parts of a smaller one says nothing beside it.
  static bool Follows(const Part& part, const Part& other) {
    return part.within.size() > other.within.size() && std::ranges::includes(part.within, other.within);
  }

  const Schema& schema_;
  ResourceId resource_;
};

}  // namespace

std::string ToText(const Expr& expr, const Schema& schema, ResourceId resource) {
  return Writer(schema, resource).Text(expr);
}

ExprPtr Reduce(const ExprPtr& condition, const Schema& schema, ResourceId resource) {
  return Reducer(schema, resource).Run(condition);
}

}  // namespace ashlar::cel
