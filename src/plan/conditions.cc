// SPDX-License-Identifier: Apache-2.0
#include "plan/conditions.h"

#include <ranges>
#include <set>

#include "plan/meant.h"

namespace ashlar::plan {
namespace {

using call::Operator;
using Kind = call::Condition::Kind;
using cel::ExprPtr;
using cel::Op;

constexpr int kMaxRelations = 4;
constexpr int kMaxLoops = 2;  // over to-many relations, one in another: each multiplies the rows that are looked at
constexpr int kMaxPredicates = 100;
constexpr int kMaxValues = 1000;
constexpr int kMaxDepth = 8;
constexpr int kMaxSortParts = 1000;  // of what computed fields are made of

// How much a tree of conditions holds, and how deep.
struct Tree {
  int conditions = 0;
  int depth = 0;
};

Tree MeasureTree(const std::vector<call::Condition>& conditions) {
  Tree tree;
  for (const call::Condition& condition : conditions) {
    if (condition.of.empty()) {  // a comparison, or a group of none, which the surface has told
      ++tree.conditions;
      tree.depth = std::max(tree.depth, 1);
      continue;
    }
    Tree inner = MeasureTree(condition.of);
    tree.conditions += inner.conditions;
    tree.depth = std::max(tree.depth, inner.depth + 1);
  }
  return tree;
}

// Builds structured conditions from the outside in: crossing a to-many opens an `exists`.
class ConditionMaker {
 public:
  ConditionMaker(const Rules& rules, int* next_slot, ClauseErrors& errors)
      : rules_(rules), next_slot_(next_slot), errors_(errors) {}

  // That all of them hold of `row`; null: of every row, or something is wrong.
  ExprPtr All(const std::vector<call::Condition>& conditions, const model::Resource& resource, const ExprPtr& row) {
    ExprPtr all;
    for (const call::Condition& condition : conditions) {
      if (ExprPtr made = One(condition, resource, row)) all = cel::And(all, std::move(made));
    }
    return all;
  }

 private:
  ExprPtr One(const call::Condition& condition, const model::Resource& resource, const ExprPtr& row) {
    switch (condition.kind) {
      case Kind::kAll: return All(condition.of, resource, row);
      case Kind::kNot: {
        ExprPtr all = All(condition.of, resource, row);
        return all == nullptr ? nullptr : cel::Not(std::move(all));
      }
      case Kind::kAny: {
        ExprPtr any;
        for (const call::Condition& one : condition.of) {
          ExprPtr made = One(one, resource, row);
          if (made != nullptr) any = any == nullptr ? std::move(made) : cel::Or(std::move(any), std::move(made));
        }
        return any;
      }
      case Kind::kCompare:
      case Kind::kRelated: break;
    }
    size_t relations = condition.path.size() - (condition.kind == Kind::kCompare ? 1 : 0);
    if (crossed_ + relations > kMaxRelations) {
      return Invalid(fmt::format("'{}' crosses more than {} relations", condition.place, kMaxRelations));
    }
    if (std::max(condition.values.size(), condition.typed.size()) > kMaxValues) {
      return Invalid(fmt::format("'{}' has more than {} values", condition.place, kMaxValues));
    }
    const call::Condition* outer = std::exchange(condition_, &condition);
    crossed_ += relations;
    ExprPtr made = Cross(resource, row, 0);
    crossed_ -= relations;
    condition_ = outer;
    return made;
  }

  ExprPtr Cross(const model::Resource& resource, ExprPtr row, size_t step) {
    if (step == condition_->path.size()) return All(condition_->of, resource, row);
    const std::string& name = condition_->path[step];
    bool last = step + 1 == condition_->path.size();
    if (last && condition_->kind == Kind::kCompare) return Compare(resource, std::move(row), name);
    model::RelationId id = resource.FindRelation(name);
    if (!id.valid()) return NoRelation(resource, name);
    const model::Relation& relation = resource.relation(id);
    const model::Resource& target = rules_.service().resource(relation.target);
    if (!KeyReadable(resource, relation)) return nullptr;
    cel::Type type;
    type.tag = relation.to_many ? cel::Type::Tag::kRows : cel::Type::Tag::kRow;
    type.nullable = !relation.to_many;
    type.resource = relation.target;
    auto related = std::make_shared<const cel::Expr>(cel::Expr{type, cel::Relation{std::move(row), id, {}, {}}});
    if (!relation.to_many) return Cross(target, related, step + 1);
    int slot = (*next_slot_)++;
    ExprPtr body = Cross(target, RowAt(target.id, slot), step + 1);
    if (body == nullptr) return nullptr;
    cel::Type boolean;
    boolean.tag = cel::Type::Tag::kBool;
    return std::make_shared<const cel::Expr>(
        cel::Expr{boolean, cel::Comprehension{cel::Macro::kExists, related, slot, body}});
  }

  ExprPtr NoRelation(const model::Resource& resource, const std::string& name) {
    bool empty = condition_->of.empty();  // which the surface has told
    bool field = condition_->kind == Kind::kRelated && !empty && resource.FindField(name).valid();
    return Invalid(field ? fmt::format("'{}': there is no operator of that name", condition_->of.front().place)
                         : fmt::format("'{}': {} has no relation '{}'{}", condition_->place, resource.name, name,
                                       RelationMeant(resource, name)));
  }

  bool KeyReadable(const model::Resource& resource, const model::Relation& relation) {
    size_t denied = errors_.denied.size();
    AddUnreadKeys(resource, relation, rules_, errors_);
    return errors_.denied.size() == denied;
  }

  ExprPtr Compare(const model::Resource& resource, ExprPtr row, const std::string& name) {
    model::FieldId id = resource.FindField(name);
    if (!id.valid()) return Invalid(NoField(resource, name));
    const model::Field& field = resource.field(id);
    if (!field.type->filterable()) {
      return Invalid(fmt::format("'{}': a {} field cannot be filtered", condition_->place, field.type->name()));
    }
    if (!Fits(condition_->op, *field.type)) {
      return Invalid(fmt::format("'{}': operator '{}' is not for '{}', which is {} and takes {}", condition_->place,
                                 RowOf(condition_->op).name, name, field.type->text(), OperatorsOf(*field.type)));
    }
    size_t mistakes = errors_.invalid.size();
    std::vector<ExprPtr> values = Values(field);
    if (!rules_.AlwaysReads(field)) {
      errors_.denied.push_back(field.name);
      return nullptr;
    }
    if (errors_.invalid.size() > mistakes) return nullptr;
    if (values.empty()) return condition_->op == Operator::kIn ? cel::False() : cel::True();
    return Apply(FieldOf(resource, id, std::move(row)), std::move(values));
  }

  static std::string OperatorsOf(const types::Type& type) {
    std::vector<std::string_view> names;
    for (const call::OperatorRow& row : call::Operators()) {
      if (Fits(row.op, type)) names.push_back(row.name);
    }
    return fmt::format("{}", fmt::join(names, ", "));
  }

  std::string NoField(const model::Resource& resource, const std::string& name) const {
    if (name == "id") {
      auto names = std::views::transform(resource.key, [&](model::FieldId id) { return resource.field(id).name; });
      return fmt::format("'{}': the id of {} is made of {}: filter by these", condition_->place, resource.name,
                         fmt::join(names, ", "));
    }
    bool alone = condition_->path.size() == 1;
    return fmt::format("'{}': {} has no field '{}'{}", condition_->place, resource.name, name,
                       alone ? ConditionMeant(resource, name) : FieldMeant(resource, name));
  }

  // The operator's values as literals; what does not parse is told, and left out.
  std::vector<ExprPtr> Values(const model::Field& field) {
    std::vector<ExprPtr> literals;
    for (const std::string& text : condition_->values) {
      if (ExprPtr literal = Value(field, text)) literals.push_back(std::move(literal));
    }
    for (const json::Json& value : condition_->typed) {
      if (ExprPtr literal = TypedValue(field, value)) literals.push_back(std::move(literal));
    }
    return literals;
  }

  ExprPtr TypedValue(const model::Field& field, const json::Json& value) {
    if (condition_->op == Operator::kIsNull) {
      if (value.boolean() != nullptr) return *value.boolean() ? cel::True() : cel::False();
      return Invalid(fmt::format("'{}': must be true or false", condition_->place));
    }
    bool equal = condition_->op == Operator::kEq || condition_->op == Operator::kNe;
    cel::Type type = field.cel_type;
    type.nullable = value.is_null();
    if (value.is_null() && equal) return cel::MakeLiteral(types::Null{}, cel::Type{.nullable = true});
    if (value.is_null()) return Invalid(fmt::format("'{}': null is for eq, ne and isNull", condition_->place));
    if (field.type->kind() == types::Kind::kText) {
      if (value.string() != nullptr) return Value(field, *value.string());
      return Invalid(fmt::format("'{}': must be a string", condition_->place));
    }
    const types::Type* element = field.type->element();
    if (element != nullptr) type = cel::TypeOf(*element, false);
    auto read = (element != nullptr ? element : field.type.get())->ParseSought(value);
    if (!read) return Invalid(fmt::format("'{}': {}", condition_->place, read.error().message));
    return cel::MakeLiteral(std::move(*read), type);
  }

  // Whether the value is a part of a text, whatever form the whole has.
  bool IsText(const model::Field& field) const {
    Operator op = condition_->op;
    bool part =
        op == Operator::kStartsWith || op == Operator::kIeq || op == Operator::kIcontains || op == Operator::kContains;
    return part && field.type->kind() == types::Kind::kText;
  }

  ExprPtr Value(const model::Field& field, const std::string& text) {
    cel::Type type = field.cel_type;
    type.nullable = false;
    if (condition_->op == Operator::kIsNull) {
      if (text == "true" || text == "false") return text == "true" ? cel::True() : cel::False();
      return Invalid(fmt::format("'{}': must be true or false", condition_->place));
    }
    if (IsText(field)) {
      type.constants.clear();
      return cel::MakeLiteral(text, type);
    }
    const types::Type* reader = field.type.get();
    if (const types::Type* element = field.type->element()) {
      reader = element;
      type = cel::TypeOf(*element, false);
    }
    auto value = reader->ParseText(text);
    if (!value) return Invalid(fmt::format("'{}': {}", condition_->place, value.error().message));
    return cel::MakeLiteral(std::move(*value), type);
  }

  ExprPtr Apply(ExprPtr field, std::vector<ExprPtr> values) {
    switch (condition_->op) {
      case Operator::kEq: return MakeCall(Op::kEqual, {field, values[0]});
      case Operator::kNe: return MakeCall(Op::kNotEqual, {field, values[0]});
      case Operator::kGt: return MakeCall(Op::kGreater, {field, values[0]});
      case Operator::kGte: return MakeCall(Op::kGreaterOrEqual, {field, values[0]});
      case Operator::kLt: return MakeCall(Op::kLess, {field, values[0]});
      case Operator::kLte: return MakeCall(Op::kLessOrEqual, {field, values[0]});
      case Operator::kIn: return MakeCall(Op::kIn, {field, ListOf(values)});
      case Operator::kNin: return cel::Not(MakeCall(Op::kIn, {field, ListOf(values)}));
      case Operator::kContains:
        if (field->type.tag == cel::Type::Tag::kList) return MakeCall(Op::kIn, {values[0], field});
        return MakeCall(Op::kContains, {field, values[0]});
      case Operator::kStartsWith: return MakeCall(Op::kStartsWith, {field, values[0]});
      case Operator::kIeq: return MakeCall(Op::kEqualIgnoringCase, {field, values[0]});
      case Operator::kIcontains: return MakeCall(Op::kContainsIgnoringCase, {field, values[0]});
      case Operator::kIsNull: {
        cel::Type null;
        null.nullable = true;
        Op op = cel::IsTrue(values[0]) ? Op::kEqual : Op::kNotEqual;
        return MakeCall(op, {field, cel::MakeLiteral(types::Null{}, null)});
      }
    }
    return nullptr;
  }

  static ExprPtr ListOf(const std::vector<ExprPtr>& items) {
    cel::Type type;
    type.tag = cel::Type::Tag::kList;
    if (!items.empty()) type.element = std::make_shared<const cel::Type>(items[0]->type);
    types::List list;
    for (const ExprPtr& item : items) list.items.push_back(item->get<cel::Literal>()->value);
    return cel::MakeLiteral(std::move(list), std::move(type));
  }

  ExprPtr Invalid(std::string message) {
    errors_.invalid.push_back(std::move(message));
    return nullptr;
  }

  const call::Condition* condition_ = nullptr;  // the one that is made
  size_t crossed_ = 0;                          // relations on the way to it
  const Rules& rules_;
  int* next_slot_;
  ClauseErrors& errors_;
};

ExprPtr MakeFilter(const std::string& text, const model::Resource& resource, const Rules& rules, ClauseErrors& errors) {
  cel::Scope scope;
  scope.schema = &rules.service();
  scope.resource = resource.id;
  cel::Type boolean;
  boolean.tag = cel::Type::Tag::kBool;
  auto compiled = cel::Compile(text, scope, boolean);
  if (!compiled) {
    for (const cel::Mistake& mistake : compiled.error()) {
      std::string hint = mistake.suggestion.empty() ? "" : fmt::format(" (did you mean '{}'?)", mistake.suggestion);
      errors.invalid.push_back(fmt::format("'filter' at {}: {}{}", mistake.offset + 1, mistake.message, hint));
    }
    return nullptr;
  }
  // Judged before folding: naming a field is refused even where its value would not matter.
  cel::Usage usage = cel::Measure(**compiled);
  for (const auto& [of, id] : usage.fields) {
    const model::Field& field = rules.service().resource(of).field(id);
    if (!field.type->filterable()) {
      errors.invalid.push_back(
          fmt::format("'filter': '{}' is {} and cannot be filtered", field.name, field.type->text()));
    }
    if (!rules.AlwaysReads(field)) errors.denied.push_back(field.name);
  }
  for (const auto& [of, id] : usage.crossed) {
    const model::Resource& owner = rules.service().resource(of);
    AddUnreadKeys(owner, owner.relation(id), rules, errors);
  }
  if (!errors.empty()) return nullptr;
  return *compiled;
}

// Computed fields count as what they are made of.
void CheckSize(const ExprPtr& expr, const Rules& rules, ClauseErrors& errors) {
  if (expr == nullptr || cel::Measure(*expr, &rules.service()).nodes <= cel::kMostNodes) return;
  errors.invalid.push_back(
      fmt::format("the filter has more than {} parts, those of computed fields counted", cel::kMostNodes));
}

void CheckLimits(const cel::Expr& expr, const call::Call& call, ClauseErrors& errors) {
  cel::Usage usage = cel::Measure(expr);
  if (usage.relation_depth > kMaxRelations) {
    errors.invalid.push_back(fmt::format("the filter crosses more than {} relations", kMaxRelations));
  }
  if (usage.rows_depth > kMaxLoops) {
    errors.invalid.push_back(
        fmt::format("the filter goes through relations within relations more than {} deep", kMaxLoops));
  }
  if (usage.predicates > kMaxPredicates) {
    errors.invalid.push_back(fmt::format("the filter has more than {} conditions", kMaxPredicates));
  }
  if (usage.list_values > kMaxValues) {
    errors.invalid.push_back(fmt::format("a list in the filter has more than {} values", kMaxValues));
  }
  if (!call.filter.empty() && usage.depth > kMaxDepth) {
    errors.invalid.push_back(fmt::format("the filter is nested more than {} deep", kMaxDepth));
  }
}

}  // namespace

call::ApiError ClauseErrors::ToError(const Rules& rules) const {
  if (!invalid.empty()) return {call::Code::kInvalidQuery, fmt::format("{}", fmt::join(invalid, "; ")), {}};
  return rules.DeniedField(denied.front());
}

void AddUnreadKeys(const model::Resource& owner, const model::Relation& relation, const Rules& rules,
                   ClauseErrors& errors) {
  for (const model::Field* key : rules.service().KeysOf(owner, relation)) {
    if (!rules.AlwaysReads(*key)) errors.denied.push_back(key->name);
  }
}

ExprPtr MakeCondition(const call::Call& call, const model::Resource& resource, const Rules& rules,
                      ClauseErrors& errors) {
  Tree tree = MeasureTree(call.where);
  if (tree.conditions > kMaxPredicates || tree.depth > kMaxDepth) {
    errors.invalid.push_back(tree.depth > kMaxDepth
                                 ? fmt::format("'where' is nested more than {} deep", kMaxDepth)
                                 : fmt::format("the query has more than {} conditions", kMaxPredicates));
    return nullptr;
  }
  ExprPtr filter;
  if (!call.filter.empty()) {
    filter = MakeFilter(call.filter, resource, rules, errors);
    if (filter != nullptr) CheckLimits(*filter, call, errors);
  }
  int next_slot = filter == nullptr ? 1 : cel::MaxSlot(*filter) + 1;
  ExprPtr all = ConditionMaker(rules, &next_slot, errors).All(call.where, resource, RowAt(resource.id, 0));
  if (!errors.empty()) return nullptr;
  all = cel::And(all, filter == nullptr ? nullptr : rules.Fold(filter));
  CheckSize(all, rules, errors);
  return rules.Guarded(all);
}

std::vector<Order> MakeOrder(const std::vector<call::SortTerm>& terms, const model::Resource& resource,
                             const Rules& rules, ClauseErrors& errors) {
  std::vector<Order> order;
  std::set<std::string> named;
  auto add = [&](model::FieldId id, bool descending) {
    bool there = std::ranges::any_of(order, [id](const Order& term) { return term.field == id; });
    if (!there) order.push_back({id, descending});
  };
  for (const call::SortTerm& term : terms) {
    if (!named.insert(term.field).second) {
      errors.invalid.push_back(fmt::format("'sort' names '{}' twice", term.field));
      continue;
    }
    if (term.field == "id" && resource.id_kind == model::IdKind::kComposite) {
      for (model::FieldId id : resource.key) add(id, term.descending);
      continue;
    }
    model::FieldId id = resource.FindField(term.field);
    if (!id.valid()) {
      errors.invalid.push_back(
          fmt::format("'sort': {} has no field '{}'{}", resource.name, term.field, FieldMeant(resource, term.field)));
      continue;
    }
    const model::Field& field = resource.field(id);
    if (!field.type->sortable()) {
      errors.invalid.push_back(
          fmt::format("'sort': '{}' is {} and cannot be sorted by", term.field, field.type->text()));
    } else if (!rules.AlwaysReads(field)) {
      errors.denied.push_back(field.name);
    } else {
      add(id, term.descending);
    }
  }
  int parts = 0;
  for (const Order& term : order) {
    if (resource.field(term.field).computed) parts += resource.field(term.field).computed->weight.parts;
  }
  if (parts > kMaxSortParts) {
    errors.invalid.push_back(fmt::format("'sort' names computed fields of more than {} parts", kMaxSortParts));
  }
  for (model::FieldId id : resource.key) add(id, false);
  return order;
}

}  // namespace ashlar::plan
