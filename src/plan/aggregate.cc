// SPDX-License-Identifier: Apache-2.0
#include "plan/aggregate.h"

#include <set>

#include "plan/meant.h"
#include "plan/row_clauses.h"
#include "types/aggregate_types.h"
#include "types/time_zone.h"

namespace ashlar::plan {
namespace {

using call::Function;
using call::Operator;
using types::Kind;

constexpr size_t kMostMeasures = 32;
constexpr size_t kMostKeys = 8;
constexpr size_t kMostConditions = 100;
constexpr size_t kMostValues = 1000;
constexpr int kMostParts = 1000;  // of computed fields

struct AggregatePlan {
  Aggregate groups;  // limit: one more than a page
  std::optional<Aggregate> count;
  std::vector<call::GroupSet::Column> columns;  // that are shown
  std::vector<std::string> names;               // of all the cells, for messages
  std::vector<types::TypePtr> types;            // of all the cells
  call::PageInfo page;
};

// Resolves what an aggregate names. Its cells are the keys, the measures that are shown, those that only `having` and
// `sort` look at.
class AggregateMaker {
 public:
  AggregateMaker(const call::Call& call, const model::Resource& resource, const Rules& rules, ClauseErrors& errors)
      : asked_(call.aggregation == nullptr ? call::Aggregation{} : *call.aggregation),
        resource_(resource),
        rules_(rules),
        errors_(errors) {
    plan_.groups.resource = resource.id;
    MakeZone();
    MakeKeys();
    MakeSelect();
    for (const call::Condition& condition : asked_.having) MakeHaving(condition);
    MakeOrder(call.sort);
  }

  AggregatePlan Take() { return std::move(plan_); }

 private:
  void Invalid(std::string message) { errors_.invalid.push_back(std::move(message)); }

  void MakeZone() {
    if (!asked_.zone) return;
    if (!types::TimeZone::Find(*asked_.zone)) return Invalid(fmt::format("'tz': there is no zone '{}'", *asked_.zone));
    plan_.groups.zone = *asked_.zone;
  }

  // The field of that name, if it is one that the caller may name; `clause` is for messages.
  const model::Field* FieldNamed(const std::string& name, std::string_view clause) {
    FieldId id = resource_.FindField(name);
    if (size_t dot = name.find('.'); dot != std::string::npos) {
      Invalid(fmt::format("'{}': '{}' is of another row; {} takes fields of {} itself{}", clause, name, clause,
                          resource_.name, FieldMeant(resource_, name.substr(0, dot))));
      return nullptr;
    }
    if (!id.valid()) {
      Invalid(fmt::format("'{}': {} has no field '{}'{}", clause, resource_.name, name, FieldMeant(resource_, name)));
      return nullptr;
    }
    const model::Field& field = resource_.field(id);
    if (!rules_.AlwaysReads(field)) {
      errors_.denied.push_back(field.name);
      return nullptr;
    }
    int parts = field.computed ? field.computed->weight.parts : 0;
    if (parts_ <= kMostParts && parts_ + parts > kMostParts) {
      Invalid(fmt::format("'{}': the computed fields have more than {} parts together", clause, kMostParts));
    }
    parts_ += parts;
    return &field;
  }

  void AddCell(std::string name, types::TypePtr type) {
    plan_.names.push_back(std::move(name));
    plan_.types.push_back(std::move(type));
  }

  void MakeKeys() {
    if (asked_.group_by.size() > kMostKeys) return Invalid(fmt::format("'groupBy' has more than {} keys", kMostKeys));
    for (const std::string& name : asked_.group_by) {
      if (std::ranges::find(plan_.names, name) != plan_.names.end()) {
        Invalid(fmt::format("'groupBy' names '{}' twice", name));
      } else {
        MakeKey(name);
      }
    }
  }

  void MakeKey(const std::string& name) {
    size_t colon = name.find(':');
    const model::Field* field = FieldNamed(name.substr(0, colon), "groupBy");
    if (field == nullptr) return;
    if (!field->type->sortable()) {
      return Invalid(fmt::format("'groupBy': '{}' is {} and cannot be grouped by", field->name, field->type->text()));
    }
    GroupKey key{resource_.FindField(field->name), types::Period::kNone};
    types::TypePtr type = field->type;
    if (colon != std::string::npos) {
      const types::PeriodRow* row = types::FindPeriod(name.substr(colon + 1));
      bool moment = field->type->kind() == Kind::kTimestamp;
      if (row == nullptr) {
        return Invalid(fmt::format("'groupBy': there is no period '{}'", name.substr(colon + 1)));
      }
      key.period = row->period;
      if (!moment && (field->type->kind() != Kind::kDate || key.period == types::Period::kHour)) {
        return Invalid(fmt::format("'groupBy': '{}' is {} and has no {}", field->name, field->type->text(), row->name));
      }
      type = key.period == types::Period::kHour ? types::TypeOfMoment() : types::TypeOfDay();
    }
    plan_.groups.keys.push_back(key);
    plan_.columns.push_back({name, "", type});
    AddCell(name, std::move(type));
  }

  // Those of one function stand together, in the order in which the functions come first.
  void MakeSelect() {
    if (asked_.select.empty()) return Invalid("'select' must be given, as in 'select=count'");
    if (asked_.select.size() > kMostMeasures) {
      return Invalid(fmt::format("'select' has more than {} values", kMostMeasures));
    }
    std::vector<Function> functions;
    std::vector<std::pair<std::string, call::Measure>> measures;
    std::set<std::string> named;
    for (const std::string& text : asked_.select) {
      auto measure = call::ParseMeasure(text);
      if (!named.insert(text).second) {
        Invalid(fmt::format("'select' names '{}' twice", text));
      } else if (!measure) {
        NoMeasure("select", text);
      } else {
        if (std::ranges::find(functions, measure->function) == functions.end()) functions.push_back(measure->function);
        measures.emplace_back(text, std::move(*measure));
      }
    }
    for (Function function : functions) {
      for (const auto& [text, measure] : measures) {
        if (measure.function != function) continue;
        auto at = Measure(text, measure, "select");
        if (at) plan_.columns.push_back({std::string(RowOf(function).name), measure.field, plan_.types[*at]});
      }
    }
    CheckNames();
  }

  // A key that is called as a function is could not be told from it.
  void CheckNames() {
    size_t keys = plan_.groups.keys.size();
    for (size_t i = keys; i < plan_.columns.size(); ++i) {
      for (size_t key = 0; key < keys; ++key) {
        if (plan_.columns[key].member != plan_.columns[i].member) continue;
        Invalid(fmt::format("'select': '{}' is a key of the group by the same name", plan_.columns[i].member));
        return;
      }
    }
  }

  void NoMeasure(std::string_view clause, const std::string& text) {
    Invalid(fmt::format("'{}': '{}' is none of count, sum(field), avg(field), min(field), max(field)", clause, text));
  }

  // The cell of a measure; asks for it if no one has yet. Nothing if something is wrong with it.
  std::optional<size_t> Measure(const std::string& text, const call::Measure& measure, std::string_view clause) {
    auto first = plan_.names.begin() + static_cast<ptrdiff_t>(plan_.groups.keys.size());
    auto found = std::find(first, plan_.names.end(), text);
    if (found != plan_.names.end()) return static_cast<size_t>(found - plan_.names.begin());
    Measured made;
    made.function = measure.function;
    made.type = types::TypeOfCount();
    if (measure.function != Function::kCount) {
      const model::Field* field = FieldNamed(measure.field, clause);
      if (field == nullptr) return std::nullopt;
      made.field = resource_.FindField(field->name);
      made.type = call::TypeOf(measure.function, field->type);
      if (made.type == nullptr) {
        Invalid(fmt::format("'{}': '{}' is for {} fields, '{}' is {}", clause, RowOf(measure.function).name,
                            RowOf(measure.function).fits, field->name, field->type->text()));
        return std::nullopt;
      }
    }
    AddCell(text, made.type);
    plan_.groups.measures.push_back(std::move(made));
    return plan_.names.size() - 1;
  }

  void MakeHaving(const call::Condition& condition) {
    if (plan_.groups.having.size() >= kMostConditions) {
      return Invalid(fmt::format("the query has more than {} conditions", kMostConditions));
    }
    const std::string& text = condition.path.front();
    auto measure = call::ParseMeasure(text);
    if (!measure) return NoMeasure("having", text);
    auto cell = Measure(text, *measure, "having");
    if (!cell) return;
    const types::Type& type = *plan_.types[*cell];
    Having having{*cell - plan_.groups.keys.size(), condition.op, {}};
    if (!Compares(condition.op)) {
      return Invalid(fmt::format("'{}': operator '{}' is not for groups", condition.place, RowOf(condition.op).name));
    }
    values_ += condition.values.size();
    if (values_ > kMostValues) return Invalid(fmt::format("'having' has more than {} values", kMostValues));
    for (const std::string& value : condition.values) {
      if (condition.op == Operator::kIsNull) {
        if (value != "true" && value != "false") Invalid(fmt::format("'{}': must be true or false", condition.place));
        having.values.emplace_back(value == "true");
        continue;
      }
      auto read = type.ParseText(value);
      if (!read) return Invalid(fmt::format("'{}': {}", condition.place, read.error().message));
      having.values.push_back(std::move(*read));
    }
    plan_.groups.having.push_back(std::move(having));
  }

  static bool Compares(Operator op) {
    return op != Operator::kContains && op != Operator::kStartsWith && op != Operator::kIeq &&
           op != Operator::kIcontains;
  }

  void MakeOrder(const std::vector<call::SortTerm>& terms) {
    std::set<size_t> sorted;
    for (const call::SortTerm& term : terms) {
      auto cell = CellOf(term.field);
      if (!cell) continue;
      if (!sorted.insert(*cell).second) Invalid(fmt::format("'sort' names '{}' twice", term.field));
      plan_.groups.order.push_back({*cell, term.descending});
    }
    for (size_t key = 0; key < plan_.groups.keys.size(); ++key) {
      if (sorted.insert(key).second) plan_.groups.order.push_back({key, false});
    }
  }

  std::optional<size_t> CellOf(const std::string& name) {
    for (size_t key = 0; key < plan_.groups.keys.size(); ++key) {
      if (plan_.names[key] == name) return key;
    }
    if (auto measure = call::ParseMeasure(name)) return Measure(name, *measure, "sort");
    bool field = resource_.FindField(name).valid() && FieldNamed(name, "sort") == nullptr;
    if (!field) Invalid(fmt::format("'sort': '{}' is neither a key of 'groupBy' nor a function of rows", name));
    return std::nullopt;
  }

  const call::Aggregation asked_;
  const model::Resource& resource_;
  const Rules& rules_;
  ClauseErrors& errors_;
  AggregatePlan plan_;
  int parts_ = 0;      // of the computed fields that are named
  size_t values_ = 0;  // of `having`
};

class AggregateProgram final : public Program {
 public:
  explicit AggregateProgram(AggregatePlan plan) : plan_(std::move(plan)) {}

  void Start() override {
    asked_ = false;
    answers_.clear();
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    if (std::exchange(asked_, true)) {
      answers_ = std::move(answers);
      return {};
    }
    std::vector<Statement> statements{plan_.groups};
    if (plan_.count) statements.push_back(*plan_.count);
    return statements;
  }

  call::Answer<call::Outcome> Take() override {
    call::Outcome outcome;
    outcome.shaped = true;
    outcome.page = plan_.page;
    outcome.groups.emplace();
    outcome.groups->columns = plan_.columns;
    types::Rows& rows = outcome.groups->rows = std::get<types::Rows>(std::move(answers_.at(0)));
    outcome.page->has_next = rows.size() > static_cast<size_t>(plan_.page.per_page);
    rows.Truncate(static_cast<size_t>(plan_.page.per_page));
    if (plan_.count) outcome.page->total = std::get<types::Rows>(answers_.at(1)).at(0, 0).integer;
    for (size_t i = 0; i < plan_.groups.measures.size(); ++i) {
      if (!Fit(rows, plan_.groups.keys.size() + i, plan_.groups.measures[i])) {
        return call::Refuse(call::Code::kExpressionFailed,
                            fmt::format("'{}' does not fit into {}", plan_.names[plan_.groups.keys.size() + i],
                                        plan_.groups.measures[i].type->text()));
      }
    }
    return outcome;
  }

 private:
  static bool Fit(const types::Rows& rows, size_t cell, const Measured& measure) {
    if (measure.function != Function::kSum && measure.function != Function::kAvg) return true;
    for (size_t row = 0; row < rows.size(); ++row) {
      const types::Cell& value = rows.at(row, cell);
      if (value.is_null()) continue;
      bool failed = value.tag == types::Cell::Tag::kText && value.size == 0;
      if (failed || !measure.type->Validate(measure.type->ToValue(value)).empty()) return false;
    }
    return true;
  }

  AggregatePlan plan_;
  bool asked_ = false;
  std::vector<Answer> answers_;
};

}  // namespace

call::Answer<std::unique_ptr<Program>> MakeAggregate(const call::Call& call, const model::Resource& resource,
                                                     const Rules& rules, const cel::ExprPtr& gate) {
  ClauseErrors errors = Doubted(call);
  AggregatePlan plan = AggregateMaker(call, resource, rules, errors).Take();
  cel::ExprPtr condition = MakeCondition(call, resource, rules, errors);
  Aggregate& groups = plan.groups;
  groups.words = MakeWords(call, resource, errors);
  int64_t per_page = PerPage(call.paging, resource, errors);
  if (!errors.invalid.empty()) return std::unexpected(errors.ToError(rules));
  groups.where = cel::And(gate, condition);
  groups.deleted = call.deleted;
  if (auto refusal = MakeDeleted(call, resource, rules, groups.where)) return std::unexpected(std::move(*refusal));
  if (!errors.empty()) return std::unexpected(errors.ToError(rules));
  plan.page.page = call.paging.page;
  plan.page.per_page = per_page;
  if (call.paging.total) {
    plan.count = groups;
    plan.count->counts = true;
    plan.count->order.clear();
  }
  groups.limit = per_page + 1;
  groups.offset = (call.paging.page - 1) * per_page;
  return std::make_unique<AggregateProgram>(std::move(plan));
}

}  // namespace ashlar::plan
