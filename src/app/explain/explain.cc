// SPDX-License-Identifier: Apache-2.0
#include "app/explain/explain.h"

#include "app/explain/rehearsal.h"
#include "contract/findings/indexes.h"

namespace ashlar::app {
namespace {

using What = Question::What;

// Goes through the operations and keeps each different way to run one once.
class ExplainerOfAll {
 public:
  ExplainerOfAll(const model::Service& service, store::sqlite::Explainer& explainer)
      : service_(service),
        explainer_(explainer),
        planner_(service, plan::Planner::CursorKey{}),
        askers_(AskersOf(service)) {}

  Result<std::vector<Explained>> Run() {
    for (const model::Resource& resource : service_.resources) {
      for (const model::Operation& operation : service_.operations) {
        if (operation.resource == resource.id && !operation.internal) TRY_VOID(ExplainOne(operation));
      }
    }
    for (Explained& one : all_) one.everybody = one.callers.size() + 1 == askers_.size();
    return std::move(all_);
  }

 private:
  Result<void> ExplainOne(const model::Operation& operation) {
    std::vector<Question> questions = QuestionsOf(service_, operation);
    for (const Question& question : questions) {
      for (const Asker& asker : askers_) {
        if (!asker.caller.is_operator()) TRY_VOID(Ask(operation, question, asker));
      }
    }
    bool listed = std::ranges::any_of(all_, [&](const Explained& one) { return one.operation == operation.name; });
    if (!listed) return {};
    for (const Question& question : ClausesOf(service_, operation)) {
      TRY_VOID(Ask(operation, question, askers_.back()));
    }
    return {};
  }

  Result<void> Ask(const model::Operation& operation, const Question& question, const Asker& asker) {
    auto rehearsed = Rehearse(planner_, question.call, asker.caller);
    if (rehearsed && question.what == What::kCursor) {
      call::Call second = question.call;
      second.paging.at = rehearsed->next;
      rehearsed = Rehearse(planner_, second, asker.caller);
    }
    if (!rehearsed) return {};  // not this caller's: there is nothing to run
    // The rows that an include belongs to are those of the operation itself.
    size_t first = question.what == What::kInclude ? 1 : 0;
    for (size_t i = first; i < rehearsed->statements.size(); ++i) {
      TRY_VOID(Note(operation, question, asker, rehearsed->statements[i]));
    }
    return {};
  }

  Result<void> Note(const model::Operation& operation, const Question& question, const Asker& asker,
                    const plan::Statement& statement) {
    if (FindsNothing(statement)) return {};
    TRY(plan, explainer_.Explain(statement));
    if (!LooksForRows(plan)) return {};
    Explained one;
    one.resource = &service_.resource(operation.resource);
    one.operation = operation.name;
    one.what = question.what;
    one.name = question.name;
    if (!asker.caller.is_operator()) one.callers.push_back(asker.name);
    one.part = PartOf(*one.resource, question, statement);
    one.plan = std::move(plan);
    Judge(statement, one);
    auto same = std::ranges::find_if(all_, [&](const Explained& other) { return IsSame(one, other); });
    if (same == all_.end()) {
      all_.push_back(std::move(one));
    } else if (std::ranges::find(same->callers, asker.name) == same->callers.end()) {
      same->callers.push_back(asker.name);
    }
    return {};
  }

  // Callers who get other fields come to other statements that are run alike.
  static bool IsSame(const Explained& a, const Explained& b) {
    return a.operation == b.operation && a.what == b.what && a.name == b.name && a.part == b.part &&
           a.plan.steps == b.plan.steps && a.index == b.index;
  }

  // A rule that never holds for the caller: no row is looked at.
  static bool FindsNothing(const plan::Statement& statement) {
    const cel::ExprPtr* where = nullptr;
    if (const auto* count = std::get_if<plan::Count>(&statement)) where = &count->where;
    if (const auto* query = std::get_if<plan::Query>(&statement)) where = &query->where;
    if (const auto* groups = std::get_if<plan::Aggregate>(&statement)) where = &groups->where;
    return where != nullptr && *where != nullptr && cel::IsFalse(*where);
  }

  static bool LooksForRows(const store::sqlite::QueryPlan& plan) {
    return std::ranges::any_of(plan.steps, [](const std::string& step) {
      return step.contains("SEARCH ") || (step.contains("SCAN ") && !step.contains("SCAN CONSTANT ROW"));
    });
  }

  std::string PartOf(const model::Resource& resource, const Question& question,
                     const plan::Statement& statement) const {
    const auto* groups = std::get_if<plan::Aggregate>(&statement);
    if (std::holds_alternative<plan::Count>(statement) || (groups != nullptr && groups->counts)) return "total";
    model::ResourceId of = std::visit([](const auto& one) { return one.resource; }, statement);
    return of == resource.id || question.what == What::kInclude ? "" : service_.resource(of).name;
  }

  // Whether an index is missing, and which.
  void Judge(const plan::Statement& statement, Explained& one) const {
    if (const auto* count = std::get_if<plan::Count>(&statement)) {
      JudgeRows(service_.resource(count->resource), count->where, {}, one);
    } else if (const auto* groups = std::get_if<plan::Aggregate>(&statement)) {
      const model::Resource& resource = service_.resource(groups->resource);
      JudgeRows(resource, groups->where, {}, one);
      bool puts_in_order = one.plan.sorts && one.indexed && !groups->keys.empty();
      if (puts_in_order) DeclareOrder(resource, groups->keys.front().field, one);
    } else if (const auto* query = std::get_if<plan::Query>(&statement)) {
      const model::Resource& resource = service_.resource(query->resource);
      JudgeRows(resource, query->where, query->among, one);
      bool by_key = query->order.empty() || query->order.front().field == resource.key.front();
      if (!one.plan.sorts || by_key || !one.indexed) return;
      DeclareOrder(resource, query->order.front().field, one);
    }
  }

  // What is computed no index can hold.
  static void DeclareOrder(const model::Resource& resource, model::FieldId field, Explained& one) {
    bool computed = resource.field(field).computed.has_value();
    Declare(resource, computed ? std::vector<model::FieldId>{} : std::vector{field}, one);
  }

  static void JudgeRows(const model::Resource& resource, const cel::ExprPtr& where, model::FieldId among,
                        Explained& one) {
    bool asks = among.valid() || (where != nullptr && !cel::IsTrue(where));
    if (!one.plan.scans || !asks) return;  // a list of all rows goes through all rows
    std::set<model::FieldId> missing;
    if (among.valid()) {
      missing.insert(among);
    } else {
      missing = contract::MissingIndexes(resource, *where);
    }
    Declare(resource, {missing.begin(), missing.end()}, one);
  }

  static void Declare(const model::Resource& resource, const std::vector<model::FieldId>& fields, Explained& one) {
    one.indexed = false;
    for (model::FieldId field : fields) one.index.push_back(resource.field(field).declared);
    if (!fields.empty()) one.declares = &resource;
  }

  const model::Service& service_;
  store::sqlite::Explainer& explainer_;
  plan::Planner planner_;
  std::vector<Asker> askers_;
  std::vector<Explained> all_;
};

}  // namespace

Result<std::vector<Explained>> ExplainAll(const model::Service& service, store::sqlite::Explainer& explainer) {
  return ExplainerOfAll(service, explainer).Run();
}

}  // namespace ashlar::app
