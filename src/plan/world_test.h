// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plan/planner.h"

namespace ashlar::plan {

// A small service, those who call it, and their plans told as text: what the tests of this folder share.
class World {
 public:
  World();

  const model::Service& service() const { return *service_; }
  const model::Resource& resource(std::string_view name) const;
  const model::Field& field(std::string_view resource_name, std::string_view name) const;
  const Planner& planner() const { return planner_; }

  call::Caller nobody, ann, bob, staff, boss;  // anonymous, two users, a service with the role, the operator

  call::Call Make(model::OperationKind kind, std::string_view resource_name, std::string_view id = "",
                  std::string_view body = "") const;
  call::Answer<Plan> MakePlan(const call::Call& call, const call::Caller& caller) const;

  // Expressions and statements with the names of the model; users by their names.
  std::string Tell(const cel::ExprPtr& expr) const;
  std::string Tell(const Statement& statement) const;
  std::string Tell(const Value& value) const;

  // The rows of an answer to `query`: JSON objects by field name, "flags" an array of bools. What is left out is null.
  Answer RowsFor(const Statement& query, std::initializer_list<std::string_view> rows) const;

  static constexpr int64_t kNow = 1'700'000'000'000'000;
  static constexpr std::string_view kAnn = "0190a000-0000-7000-8000-00000000000a";
  static constexpr std::string_view kBob = "0190a000-0000-7000-8000-00000000000b";

 private:
  std::string TellCall(const cel::Call& call) const;
  std::string TellPath(const cel::Expr& row, std::string_view name) const;
  std::string TellQuery(const Query& query) const;
  std::string TellAggregate(const Aggregate& groups) const;
  std::string TellFields(const model::Resource& of, const std::vector<FieldId>& fields) const;
  std::string TellAll(const std::vector<cel::ExprPtr>& exprs) const;
  std::string TellAll(const Values& values) const;

  std::shared_ptr<const model::Service> service_;
  Planner planner_;
  mutable std::deque<std::pair<call::Call, call::Caller>> asked_;  // which plans refer to
};

// One row of numbers; nullopt is null. For counts and probes.
Answer Numbers(std::initializer_list<std::optional<int64_t>> numbers);
// "VALIDATION_ERROR title REQUIRED, rank TOO_SMALL"; details alone, or the message where there are none.
std::string Told(const call::ApiError& error);

// A plan that a test advances by hand. `Next* End`
class Steps {
 public:
  Steps(const World& world, const call::Call& call, const call::Caller& caller);

  // The next statements, told. Audit rows as "audit ACTION before -> after".
  template <class... Answers>
  std::vector<std::string> Next(Answers... answers) {
    std::vector<Answer> all;
    (all.emplace_back(std::move(answers)), ...);
    return Advance(std::move(all));
  }
  const Statement& at(size_t which) const { return statements_[which]; }
  // RowsFor the first of the last statements.
  Answer Rows(std::initializer_list<std::string_view> rows) const { return world_.RowsFor(statements_.at(0), rows); }
  void Restart() {
    statements_.clear();
    plan_->program().Start();
  }
  bool planned() const { return plan_.has_value(); }
  bool writes() const { return plan_->writes(); }
  // What came of it.
  call::Answer<call::Outcome> Take();
  // The refusal, told; "" if it went well.
  std::string End();

 private:
  std::vector<std::string> Advance(std::vector<Answer> answers);

  const World& world_;
  call::Answer<Plan> plan_;
  std::vector<Statement> statements_;
};

// The columns that an outcome shows of a resource.
std::vector<std::string> Shown(const World& world, const call::RowSet& set);

}  // namespace ashlar::plan
