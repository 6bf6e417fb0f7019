// SPDX-License-Identifier: Apache-2.0
#include "cel/functions.h"

namespace ashlar::cel {
namespace {

using types::Value;

bool IsConstant(const ExprPtr& expr) { return expr->get<Literal>() != nullptr || expr->get<Failure>() != nullptr; }

// Whether it names nothing but what it binds itself, and nobody.
bool IsClosed(const Expr& expr, std::vector<int>& bound) {
  if (const auto* variable = expr.get<Variable>()) {
    return std::find(bound.begin(), bound.end(), variable->slot) != bound.end();
  }
  if (expr.get<Auth>() != nullptr || expr.get<Now>() != nullptr) return false;
  if (expr.get<Field>() != nullptr || expr.get<Relation>() != nullptr) return false;
  auto all = [&](const std::vector<ExprPtr>& parts) {
    return std::all_of(parts.begin(), parts.end(), [&](const ExprPtr& part) { return IsClosed(*part, bound); });
  };
  if (const auto* list = expr.get<ListOf>()) return all(list->items);
  if (const auto* call = expr.get<Call>()) {
    return call->op != Op::kHasRole && call->op != Op::kHasScope && all(call->arguments);
  }
  const auto* loop = expr.get<Comprehension>();
  if (loop == nullptr) return true;
  if (!IsClosed(*loop->range, bound)) return false;
  bound.push_back(loop->slot);
  bool closed = IsClosed(*loop->body, bound);
  bound.pop_back();
  return closed;
}

class NoRows final : public Environment {
 public:
  Value FieldOf(RowRef, FieldId) const override { return {}; }
  std::optional<RowRef> ToOne(RowRef, RelationId) const override { return std::nullopt; }
  std::vector<RowRef> ToMany(RowRef, RelationId, const std::function<bool(RowRef)>&) const override { return {}; }
};

// What is known of who asks, and when.
struct Facts {
  bool caller = false;  // whether there is one
  const Principal* principal = nullptr;  // null: there is none
  bool has_id = false;  // that it is not null, if the id itself is not known
  bool id = false, kind = false, email = false, roles = false, scopes = false, claims = false;
  std::optional<int64_t> now_micros;

  bool Knows(Auth::Member member) const {
    switch (member) {
      case Auth::Member::kSelf: return false;  // judged where it is compared with null
      case Auth::Member::kId: return id;
      case Auth::Member::kKind: return kind;
      case Auth::Member::kEmail: return email;
      case Auth::Member::kRoles: return roles;
      case Auth::Member::kScopes: return scopes;
      case Auth::Member::kClaims: return claims;
    }
    return false;
  }
};

class Folder {
 public:
  explicit Folder(const Facts& facts) : facts_(facts) {}

  ExprPtr Fold(const ExprPtr& expr) {
    if (const auto* field = expr->get<Field>()) return Rebuild(expr, *field);
    if (const auto* relation = expr->get<Relation>()) return FoldRelation(expr, *relation);
    if (const auto* auth = expr->get<Auth>()) return facts_.caller ? FoldAuth(expr, *auth) : expr;
    if (expr->get<Now>() != nullptr && facts_.now_micros) {
      return MakeLiteral(types::Timestamp{*facts_.now_micros}, expr->type);
    }
    if (const auto* call = expr->get<Call>()) return FoldCall(expr, *call);
    if (const auto* list = expr->get<ListOf>()) return FoldList(expr, *list);
    if (const auto* loop = expr->get<Comprehension>()) return FoldComprehension(expr, *loop);
    return expr;
  }

 private:
  template <class Node>
  static ExprPtr With(const ExprPtr& expr, Node node) {
    return std::make_shared<const Expr>(Expr{expr->type, std::move(node), expr->offset});
  }
  static ExprPtr Fails(const ExprPtr& expr, std::string what) { return With(expr, Failure{std::move(what)}); }

  ExprPtr Rebuild(const ExprPtr& expr, const Field& field) {
    ExprPtr row = Fold(field.row);
    if (row->get<Failure>() != nullptr) return Fails(expr, row->get<Failure>()->what);
    return row == field.row ? expr : With(expr, Field{row, field.field});
  }

  ExprPtr FoldRelation(const ExprPtr& expr, const Relation& relation) {
    ExprPtr row = Fold(relation.row);
    auto fold = [this](const Gate& gate) { return gate.rule == nullptr ? gate : Gate{Fold(gate.rule), gate.slot}; };
    Gate guard = fold(relation.guard);
    Gate between = fold(relation.between);
    if (row->get<Failure>() != nullptr) return Fails(expr, row->get<Failure>()->what);
    bool same = row == relation.row && guard.rule == relation.guard.rule && between.rule == relation.between.rule;
    return same ? expr : With(expr, Relation{row, relation.relation, guard, between});
  }

  ExprPtr FoldAuth(const ExprPtr& expr, const Auth& auth) {
    const Principal* principal = facts_.principal;
    if (auth.member == Auth::Member::kSelf) return expr;  // judged where it is compared with null
    if (principal == nullptr) return Fails(expr, "auth is null");
    if (!facts_.Knows(auth.member)) return auth.member == Auth::Member::kId && facts_.has_id ? NeverNull(expr) : expr;
    auto texts = [&](const std::vector<std::string>& items) {
      types::List list;
      for (const std::string& item : items) list.items.emplace_back(item);
      return MakeLiteral(std::move(list), expr->type);
    };
    switch (auth.member) {
      case Auth::Member::kId: return NullableLiteral(expr, principal->id);
      case Auth::Member::kEmail: return NullableLiteral(expr, principal->email);
      case Auth::Member::kKind: return MakeLiteral(principal->kind, expr->type);
      case Auth::Member::kRoles: return texts(principal->roles);
      case Auth::Member::kScopes: return texts(principal->scopes);
      case Auth::Member::kClaims: return MakeLiteral(types::JsonText{json::ToText(principal->claims)}, expr->type);
      case Auth::Member::kSelf: break;
    }
    return expr;
  }

  static ExprPtr NullableLiteral(const ExprPtr& expr, const Value& value) {
    Type type = expr->type;
    type.nullable = value.is_null();
    return MakeLiteral(value, type);
  }

  static ExprPtr NeverNull(const ExprPtr& expr) {
    if (!expr->type.nullable) return expr;
    Type type = expr->type;
    type.nullable = false;
    return std::make_shared<const Expr>(Expr{std::move(type), expr->node, expr->offset});
  }
  static bool IsSomeId(const Expr& expr) {
    const auto* auth = expr.get<Auth>();
    return auth != nullptr && auth->member == Auth::Member::kId && !expr.type.nullable;
  }
  static bool IsNull(const Expr& expr) {
    const auto* literal = expr.get<Literal>();
    return literal != nullptr && literal->value.is_null();
  }
  // An id that is not known, but is there, beside null.
  static ExprPtr JudgeSomeId(Op op, const std::vector<ExprPtr>& arguments) {
    if (op == Op::kHas && IsSomeId(*arguments[0])) return True();
    if (op != Op::kEqual && op != Op::kNotEqual) return nullptr;
    bool beside =
        (IsSomeId(*arguments[0]) && IsNull(*arguments[1])) || (IsSomeId(*arguments[1]) && IsNull(*arguments[0]));
    if (!beside) return nullptr;
    return op == Op::kEqual ? False() : True();
  }

  ExprPtr FoldCall(const ExprPtr& expr, const Call& call) {
    if (call.op == Op::kAnd || call.op == Op::kOr) return FoldLogic(expr, call);
    if (call.op == Op::kHasRole || call.op == Op::kHasScope) return FoldMembership(expr, call);
    if (call.op == Op::kHas && facts_.caller && call.arguments[0]->type.tag == Type::Tag::kAuth) {
      return facts_.principal != nullptr ? True() : False();
    }
    if ((call.op == Op::kEqual || call.op == Op::kNotEqual) && facts_.caller) {
      for (const ExprPtr& side : call.arguments) {
        if (side->type.tag != Type::Tag::kAuth) continue;
        bool is_null = facts_.principal == nullptr;
        return (call.op == Op::kEqual) == is_null ? True() : False();
      }
    }
    std::vector<ExprPtr> arguments;
    bool constant = true;
    bool changed = false;
    for (const ExprPtr& argument : call.arguments) {
      arguments.push_back(Fold(argument));
      constant = constant && IsConstant(arguments.back());
      changed = changed || arguments.back() != argument;
    }
    if (ExprPtr judged = JudgeSomeId(call.op, arguments)) return judged;
    if (call.op == Op::kConditional && IsConstant(arguments[0])) return Branch(expr, std::move(arguments));
    // An error among the arguments is the function's, but for those that look at one without needing the other.
    if (call.op != Op::kConditional && call.op != Op::kHas) {
      for (const ExprPtr& argument : arguments) {
        if (const auto* failure = argument->get<Failure>()) return Fails(expr, failure->what);
      }
    }
    ExprPtr folded = changed ? With(expr, Call{call.op, std::move(arguments)}) : expr;
    return constant ? Compute(folded) : folded;
  }

  static ExprPtr Branch(const ExprPtr& expr, std::vector<ExprPtr> arguments) {
    const bool* condition = BoolOf(*arguments[0]);
    if (condition == nullptr) return Fails(expr, "the condition is an error");
    const ExprPtr& branch = arguments[*condition ? 1 : 2];
    bool rescaled = branch->type.tag == Type::Tag::kDecimal && branch->type.scale != expr->type.scale;
    if (!rescaled) return branch;
    ExprPtr chosen = With(expr, Call{Op::kConditional, {*condition ? True() : False(), branch, branch}});
    return IsConstant(branch) ? Compute(chosen) : chosen;
  }

  static const bool* BoolOf(const Expr& expr) {
    const Literal* literal = expr.get<Literal>();
    return literal == nullptr ? nullptr : literal->value.get<bool>();
  }

  // CEL's absorption: a deciding side wins; a neutral one goes; an error stays until the other side is known.
  ExprPtr FoldLogic(const ExprPtr& expr, const Call& call) {
    bool decides = call.op == Op::kOr;
    ExprPtr sides[2] = {Fold(call.arguments[0]), Fold(call.arguments[1])};
    for (const ExprPtr& side : sides) {
      const bool* value = BoolOf(*side);
      if (value != nullptr && *value == decides) return decides ? True() : False();
    }
    // A null is an error here.
    for (ExprPtr& side : sides) {
      if (side->get<Literal>() != nullptr && BoolOf(*side) == nullptr) side = Fails(expr, "null as a condition");
    }
    for (int i = 0; i < 2; ++i) {
      if (BoolOf(*sides[i]) == nullptr) continue;
      // The neutral side goes; a null that is left must still be an error.
      if (!sides[1 - i]->type.nullable || BoolOf(*sides[1 - i]) != nullptr) return sides[1 - i];
    }
    if (sides[0]->get<Failure>() != nullptr && sides[1]->get<Failure>() != nullptr) return sides[0];
    if (sides[0] == call.arguments[0] && sides[1] == call.arguments[1]) return expr;
    return With(expr, Call{call.op, {sides[0], sides[1]}});
  }

  ExprPtr FoldMembership(const ExprPtr& expr, const Call& call) {
    if (!facts_.caller) return expr;
    if (facts_.principal == nullptr) return False();
    if (call.op == Op::kHasRole ? !facts_.roles : !facts_.scopes) return expr;
    const auto& held = call.op == Op::kHasRole ? facts_.principal->roles : facts_.principal->scopes;
    const std::string& name = *call.arguments[0]->get<Literal>()->value.get<std::string>();
    return std::find(held.begin(), held.end(), name) != held.end() ? True() : False();
  }

  ExprPtr FoldList(const ExprPtr& expr, const ListOf& list) {
    ListOf made;
    types::List values;
    bool constant = true;
    for (const ExprPtr& item : list.items) {
      made.items.push_back(Fold(item));
      if (const auto* failure = made.items.back()->get<Failure>()) return Fails(expr, failure->what);
      const Literal* literal = made.items.back()->get<Literal>();
      constant = constant && literal != nullptr;
      if (literal != nullptr) values.items.push_back(literal->value);
    }
    if (constant) return MakeLiteral(std::move(values), expr->type);
    return With(expr, std::move(made));
  }

  ExprPtr FoldComprehension(const ExprPtr& expr, const Comprehension& loop) {
    ExprPtr range = Fold(loop.range);
    ExprPtr body = Fold(loop.body);
    if (range->get<Failure>() != nullptr) return Fails(expr, range->get<Failure>()->what);
    ExprPtr folded =
        range == loop.range && body == loop.body ? expr : With(expr, Comprehension{loop.macro, range, loop.slot, body});
    if (range->get<Literal>() == nullptr) return folded;
    std::vector<int> bound;
    return IsClosed(*folded, bound) ? Compute(folded) : folded;
  }

  static ExprPtr Compute(const ExprPtr& expr) {
    auto value = Evaluate(*expr, NoRows{}, {});
    if (!value) return Fails(expr, std::move(value.error().message));
    Type type = expr->type;
    if (value->is_null()) type.nullable = true;
    return MakeLiteral(std::move(*value), std::move(type));
  }

  const Facts& facts_;
};

Facts FactsOf(const Bindings& bindings) {
  Facts facts;
  facts.caller = true;
  facts.principal = bindings.principal;
  facts.id = facts.kind = facts.email = facts.roles = facts.scopes = facts.claims = true;
  facts.now_micros = bindings.now_micros;
  return facts;
}

}  // namespace

ExprPtr Fold(const ExprPtr& expr, const Bindings& bindings) {
  const Facts facts = FactsOf(bindings);
  return Folder(facts).Fold(expr);
}

ExprPtr FoldConstants(const ExprPtr& expr) {
  const Facts nothing;
  return Folder(nothing).Fold(expr);
}

namespace {

ExprPtr AsCondition(const ExprPtr& expr) {
  const auto* call = expr->get<Call>();
  bool is_and = call != nullptr && call->op == Op::kAnd;
  bool is_or = call != nullptr && call->op == Op::kOr;
  if (!is_and && !is_or) return IsFalse(expr) ? False() : expr;
  ExprPtr a = AsCondition(call->arguments[0]);
  ExprPtr b = AsCondition(call->arguments[1]);
  if (a == call->arguments[0] && b == call->arguments[1]) return expr;
  return is_and ? And(std::move(a), std::move(b)) : Or(std::move(a), std::move(b));
}

}  // namespace

ExprPtr FoldCondition(const ExprPtr& rule, const Bindings& bindings) { return AsCondition(Fold(rule, bindings)); }

ExprPtr FoldForClass(const ExprPtr& rule, const CallerClass& callers) {
  Principal principal;
  principal.kind = callers.kind;
  if (callers.roles) principal.roles = *callers.roles;
  Facts facts;
  facts.caller = true;
  facts.principal = callers.anonymous ? nullptr : &principal;
  facts.kind = true;
  facts.roles = callers.roles.has_value();
  const bool service = callers.kind == "service";
  facts.id = facts.email = service;  // null
  facts.has_id = !service;
  return AsCondition(Folder(facts).Fold(rule));
}

}  // namespace ashlar::cel
