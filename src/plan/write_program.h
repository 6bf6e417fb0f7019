// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call/call.h"
#include "call/caller.h"
#include "plan/audit.h"
#include "plan/draft.h"
#include "plan/plan.h"
#include "plan/read_program.h"

namespace ashlar::plan {

// Whether there is the row that a field refers to: by resource and relation, null for those that are to-many. Made
// once, so that stores may keep what they make of them.
class References {
 public:
  explicit References(const model::Service& service);
  const cel::ExprPtr& Of(const model::Resource& resource, model::RelationId relation) const {
    return exist_[resource.id.index()][relation.index()];
  }

 private:
  std::vector<std::vector<cel::ExprPtr>> exist_;
};
// That there is a row where a to-one leads, of those that the guard lets through.
cel::ExprPtr RowExists(const model::Resource& resource, model::RelationId relation, cel::Gate guard, int slot);

// What every writing plan knows. The rules are folded for one caller. REQUIRES: the call and the caller outlive it.
struct WriteRequest {
  WriteRequest(const model::Service& in_service, const References& in_references, const call::Call& in_call,
               const call::Caller& in_caller, int64_t now_micros, std::string request_id);
  const model::Service& service;
  const References& references;
  const call::Call& call;
  const call::Caller& caller;
  const Rules rules;
  const model::Operation& operation;
  const model::Resource& resource;
  const Actor actor;
  Values key;                    // of the row; empty for a creation
  std::shared_ptr<const Shape> shape;  // of the answer
  std::shared_ptr<const Query> form;   // of the row as the answer has it
  bool kept = false;                   // the form will be asked again

  // Every field of the row with that key, as far as the caller may get it, then `flags`.
  Query RowQuery(const Values& row_key, call::Deleted deleted, std::vector<cel::ExprPtr> flags) const;
  // The row as the caller sees it once it is written: of its values, where they tell; else to be asked of the store.
  std::optional<call::RowSet> AnswerOf(const Values& row) const;
  Lookup AnswerQuery(Values row_key) const;
  // 412, or nothing.
  std::optional<call::ApiError> Precondition(int64_t version) const;
  // 409 that names only what the caller may read.
  call::ApiError Conflict(const UniqueViolation& violation) const;
  Values ToValues(const types::Rows& rows, size_t row) const;
};

// What a row must pass before it is written: rule, field rules, references; in memory as far as no relation is
// crossed, by one Probe otherwise. `Ask` gives the probe, if one is needed; `Verdict` the refusal, if there is one:
// 403 before 412 before 422 before 409; but the body of a creation whose shape is wrong makes no row that a rule could
// refuse: that is told instead, where the caller may create at all.
//
// Defaults that cross relations come first: with them goes the question whether the caller may refer to what it
// refers to, so that nothing shows of a row that it may not get.   AskDefaults DefaultsAnswered? Ask Answered? Verdict
class Judgement {
 public:
  // `rule` over the row as it would become, folded.
  Judgement(const WriteRequest& request, Draft& draft, cel::ExprPtr rule);
  std::optional<Statement> AskDefaults();
  void DefaultsAnswered(const types::Rows& rows);
  std::optional<Statement> Ask();
  void Answered(const types::Rows& rows);
  std::optional<call::ApiError> Verdict(std::optional<call::ApiError> precondition);

 private:
  enum class Purpose : uint8_t { kRule, kField, kReference };
  struct Probed {
    Purpose purpose;
    FieldId field;
  };
  void Condition(const cel::ExprPtr& rule, Purpose purpose, FieldId field);
  bool MustJudge(const model::Relation& relation) const;
  void Reference(const model::Relation& relation, model::RelationId id);
  bool ToItself(const model::Relation& relation) const;
  void References(bool given, bool others);
  void Failed(Purpose purpose, FieldId field);

  const WriteRequest& request_;
  Draft& draft_;
  cel::ExprPtr rule_;
  Probe probe_;
  std::vector<Probed> probed_;
  bool given_judged_ = false;  // the references that the body gives
  bool refused_ = false;
  std::string denied_;
};

// A step of one statement.
std::vector<Statement> Only(Statement statement);

std::unique_ptr<Program> MakeCreateProgram(std::shared_ptr<const WriteRequest> request);
std::unique_ptr<Program> MakeChangeProgram(std::shared_ptr<const WriteRequest> request);   // update, replace
std::unique_ptr<Program> MakeRemoveProgram(std::shared_ptr<const WriteRequest> request);   // delete, restore

}  // namespace ashlar::plan
