// SPDX-License-Identifier: Apache-2.0
#include "cel/cel.h"

namespace ashlar::cel {
namespace {

template <class Node>
ExprPtr With(const Expr& expr, Node node) {
  return std::make_shared<const Expr>(Expr{expr.type, std::move(node), expr.offset});
}

// The same tree, each branch passed through `change`; leaves as they are.
template <class Change>
ExprPtr MapBranches(const ExprPtr& expr, Change change) {
  if (const auto* field = expr->get<Field>()) return With(*expr, Field{change(field->row), field->field});
  if (const auto* relation = expr->get<Relation>()) {
    auto changed = [&](const Gate& gate) { return gate.rule == nullptr ? gate : Gate{change(gate.rule), gate.slot}; };
    Gate guard = changed(relation->guard);
    Gate between = changed(relation->between);
    return With(*expr, Relation{change(relation->row), relation->relation, guard, between});
  }
  auto all = [&](const std::vector<ExprPtr>& branches) {
    std::vector<ExprPtr> changed;
    for (const ExprPtr& branch : branches) changed.push_back(change(branch));
    return changed;
  };
  if (const auto* call = expr->get<Call>()) return With(*expr, Call{call->op, all(call->arguments)});
  if (const auto* list = expr->get<ListOf>()) return With(*expr, ListOf{all(list->items)});
  if (const auto* loop = expr->get<Comprehension>()) {
    return With(*expr, Comprehension{loop->macro, change(loop->range), loop->slot, change(loop->body)});
  }
  return expr;
}

template <class Visit>
void VisitBranches(const Expr& expr, Visit visit) {
  if (const auto* field = expr.get<Field>()) visit(*field->row);
  if (const auto* relation = expr.get<Relation>()) {
    visit(*relation->row);
    if (relation->guard.rule != nullptr) visit(*relation->guard.rule);
    if (relation->between.rule != nullptr) visit(*relation->between.rule);
  }
  if (const auto* call = expr.get<Call>()) {
    for (const ExprPtr& argument : call->arguments) visit(*argument);
  }
  if (const auto* list = expr.get<ListOf>()) {
    for (const ExprPtr& item : list->items) visit(*item);
  }
  if (const auto* loop = expr.get<Comprehension>()) {
    visit(*loop->range);
    visit(*loop->body);
  }
}

bool IsPredicate(const Call& call) {
  switch (call.op) {
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessOrEqual:
    case Op::kGreater:
    case Op::kGreaterOrEqual:
    case Op::kIn:
    case Op::kHas:
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kContains:
    case Op::kMatches:
    case Op::kEqualIgnoringCase:
    case Op::kContainsIgnoringCase:
    case Op::kHasRole:
    case Op::kHasScope: return true;
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kConditional:
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo:
    case Op::kNegate:
    case Op::kIndex:
    case Op::kMember:
    case Op::kSize:
    case Op::kSum:
    case Op::kTimestamp:
    case Op::kDuration: return false;
  }
  return false;
}

Weight WeightOf(const Field& field, const Schema* schema) {
  return schema == nullptr ? Weight{} : schema->WeightOf(field.row->type.resource, field.field);
}

bool IsLeaf(const Expr& expr, const Schema* schema) {
  const auto* field = expr.get<Field>();
  if (field != nullptr) return field->row->get<Variable>() != nullptr && WeightOf(*field, schema).parts == 1;
  return expr.get<Literal>() != nullptr || expr.get<Variable>() != nullptr;
}

// How many symbols a database's parser holds while it reads argument `which` of what a call becomes; see store/sql.
int HeightOf(const Call& call, size_t which, const Schema* schema) {
  switch (call.op) {
    case Op::kAnd:
    case Op::kOr:
    case Op::kNot:
    case Op::kHas: return 4;
    case Op::kMember:
    case Op::kIndex:
    case Op::kNegate: return 4;
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessOrEqual:
    case Op::kGreater:
    case Op::kGreaterOrEqual: return 6;
    case Op::kConditional: return 6;
    case Op::kIn: return call.arguments[1]->get<Literal>() != nullptr ? 5 : 12;
    case Op::kSize:
    case Op::kSum: return 5;
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo: return which == 1 && !IsLeaf(*call.arguments[0], schema) ? 6 : 4;
    case Op::kStartsWith:
    case Op::kEndsWith:
    case Op::kContains:
    case Op::kMatches:
    case Op::kEqualIgnoringCase:
    case Op::kContainsIgnoringCase:
    case Op::kTimestamp:
    case Op::kDuration:
    case Op::kHasRole:
    case Op::kHasScope: return 8;
  }
  return 8;
}
constexpr int kRangeHeight = 12;
constexpr int kBodyHeight = 12;
constexpr int kPathHeight = 10;
constexpr int kBetweenHeight = 10;
constexpr int kItemHeight = 8;

class Measurer {
 public:
  explicit Measurer(const Schema* schema) : schema_(schema) {}

  struct At {
    int depth = 1;
    int height = 0;
    int rows = 0;
    At In(int cost, int levels = 1) const { return {depth + levels, height + cost, rows}; }
  };

  // Gives the relations between the expression and the row that it starts at.
  int Run(const Expr& expr, At at) {
    ++usage_.nodes;
    usage_.depth = std::max(usage_.depth, at.depth);
    usage_.height = std::max(usage_.height, at.height);
    if (const auto* variable = expr.get<Variable>()) {
      if (variable->slot == 0) usage_.row = true;
      auto reached = reached_.find(variable->slot);
      return reached == reached_.end() ? 0 : reached->second;
    }
    if (expr.get<Auth>() != nullptr) usage_.caller = true;
    if (expr.get<Now>() != nullptr) usage_.now = true;
    if (const auto* literal = expr.get<Literal>()) CountValues(literal->value.get<types::List>());
    if (const auto* field = expr.get<Field>()) {
      usage_.fields.emplace_back(field->row->type.resource, field->field);
      At row = at.In(field->row->get<Relation>() != nullptr ? kPathHeight : 0, 0);
      Weight weight = WeightOf(*field, schema_);
      usage_.nodes += weight.parts - 1;
      usage_.height = std::max(usage_.height, row.height + weight.height);
      return Run(*field->row, row);
    }
    if (const auto* relation = expr.get<Relation>()) return Cross(*relation, at);
    if (const auto* list = expr.get<ListOf>()) {
      usage_.list_values = std::max(usage_.list_values, static_cast<int>(list->items.size()));
      int reached = 0;
      for (const ExprPtr& item : list->items) reached = std::max(reached, Run(*item, at.In(kItemHeight, 0)));
      return reached;
    }
    if (const auto* loop = expr.get<Comprehension>()) {
      int reached = Run(*loop->range, at.In(kRangeHeight));
      reached_[loop->slot] = reached;
      At body = at.In(kBodyHeight);
      if (loop->range->type.tag == Type::Tag::kRows) usage_.rows_depth = std::max(usage_.rows_depth, ++body.rows);
      Run(*loop->body, body);
      return reached;
    }
    const auto* call = expr.get<Call>();
    return call == nullptr ? 0 : RunCall(*call, at);
  }

  Usage Take() { return std::move(usage_); }

 private:
  int RunCall(const Call& call, At at) {
    if (IsPredicate(call)) ++usage_.predicates;
    if (call.op == Op::kMatches) usage_.matches = true;
    if (call.op == Op::kHasRole || call.op == Op::kHasScope) usage_.caller = true;
    bool chain = call.op == Op::kAnd || call.op == Op::kOr;
    int reached = 0;
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      const auto* inner = call.arguments[i]->get<Call>();
      bool linked = chain && inner != nullptr && inner->op == call.op;
      At there = at.In(linked ? 0 : HeightOf(call, i, schema_), chain ? 0 : 1);
      reached = std::max(reached, Run(*call.arguments[i], there));
    }
    return reached;
  }

  int Cross(const Relation& relation, At at) {
    usage_.relations = true;
    usage_.crossed.emplace_back(relation.row->type.resource, relation.relation);
    int reached = Run(*relation.row, at) + 1;
    usage_.relation_depth = std::max(usage_.relation_depth, reached);
    bool between = schema_ != nullptr && schema_->IsManyToMany(relation.row->type.resource, relation.relation);
    usage_.height = std::max(usage_.height, at.height + (between ? kBetweenHeight : 0));
    for (const Gate* gate : {&relation.guard, &relation.between}) {
      if (gate->rule == nullptr) continue;
      reached_[gate->slot] = 0;  // a guard is the rule's, not the chain's
      Run(*gate->rule, at.In(gate == &relation.guard ? kPathHeight : kPathHeight + kBetweenHeight, 0));
    }
    return reached;
  }

  void CountValues(const types::List* list) {
    if (list != nullptr) usage_.list_values = std::max(usage_.list_values, static_cast<int>(list->items.size()));
  }

  const Schema* schema_;
  Usage usage_;
  std::map<int, int> reached_;
};

// Slots made fresh from *next, but for those that `fixed` knows.
class Rebaser {
 public:
  Rebaser(ExprPtr row, int* next) : row_(std::move(row)), next_(next) {}

  ExprPtr Run(const ExprPtr& expr) {
    if (const auto* variable = expr->get<Variable>()) {
      if (variable->slot == 0) return row_;
      auto found = slots_.find(variable->slot);
      return found == slots_.end() ? expr : With(*expr, Variable{found->second});
    }
    if (const auto* relation = expr->get<Relation>()) {
      ExprPtr row = Run(relation->row);
      Gate guard = Run(relation->guard);
      return With(*expr, Relation{row, relation->relation, guard, Run(relation->between)});
    }
    if (const auto* loop = expr->get<Comprehension>()) {
      ExprPtr range = Run(loop->range);
      int slot = Fresh(loop->slot);
      return With(*expr, Comprehension{loop->macro, range, slot, Run(loop->body)});
    }
    return MapBranches(expr, [this](const ExprPtr& branch) { return Run(branch); });
  }

 private:
  Gate Run(const Gate& gate) {
    if (gate.rule == nullptr) return gate;
    int slot = Fresh(gate.slot);
    return {Run(gate.rule), slot};
  }

  int Fresh(int slot) { return slots_[slot] = (*next_)++; }
  ExprPtr row_;
  int* next_;
  std::map<int, int> slots_;
};

class Guarder {
 public:
  using Where = std::function<Crossing(ResourceId, RelationId)>;
  using Rule = std::function<ExprPtr(ResourceId)>;
  Guarder(const Where& crossing, const Rule& rule, int next) : crossing_(crossing), rule_(rule), next_(next) {}

  ExprPtr Run(const ExprPtr& expr) {
    const auto* relation = expr->get<Relation>();
    if (relation == nullptr || relation->guard.rule != nullptr || relation->between.rule != nullptr) {
      return MapBranches(expr, [this](const ExprPtr& branch) { return Run(branch); });
    }
    ExprPtr row = Run(relation->row);
    Crossing crossing = crossing_(relation->row->type.resource, relation->relation);
    Gate guard = GateOf(crossing.target);
    Gate between = crossing.between.valid() ? GateOf(crossing.between) : Gate{};
    Expr made{expr->type, Relation{row, relation->relation, guard, between}, expr->offset};
    // What a guarded path may be missing is no longer certain to be there.
    if (guard.rule != nullptr && made.type.tag == Type::Tag::kRow) made.type.nullable = true;
    return std::make_shared<const Expr>(std::move(made));
  }

 private:
  Gate GateOf(ResourceId resource) {
    ExprPtr rule = rule_(resource);
    if (rule == nullptr) return {};
    int slot = next_++;
    Type type;
    type.tag = Type::Tag::kRow;
    type.resource = resource;
    ExprPtr variable = std::make_shared<const Expr>(Expr{type, Variable{slot}});
    return {Rebase(rule, variable, &next_), slot};
  }

  const Where& crossing_;
  const Rule& rule_;
  int next_;
};

}  // namespace

Usage Measure(const Expr& expr, const Schema* schema) {
  Measurer measurer(schema);
  measurer.Run(expr, {});
  return measurer.Take();
}

int MaxSlot(const Expr& expr) {
  int most = 0;
  if (const auto* variable = expr.get<Variable>()) most = variable->slot;
  if (const auto* relation = expr.get<Relation>()) most = std::max({0, relation->guard.slot, relation->between.slot});
  if (const auto* loop = expr.get<Comprehension>()) most = loop->slot;
  VisitBranches(expr, [&](const Expr& branch) { most = std::max(most, MaxSlot(branch)); });
  return most;
}

ExprPtr Rebase(const ExprPtr& expr, const ExprPtr& row, int* next_slot) { return Rebaser(row, next_slot).Run(expr); }

ExprPtr Guard(const ExprPtr& expr, const std::function<Crossing(ResourceId, RelationId)>& crossing,
              const std::function<ExprPtr(ResourceId)>& guard) {
  return Guarder(crossing, guard, MaxSlot(*expr) + 1).Run(expr);
}

}  // namespace ashlar::cel
