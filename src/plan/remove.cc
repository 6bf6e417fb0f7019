// SPDX-License-Identifier: Apache-2.0
#include "plan/cascade.h"
#include "plan/write_program.h"

namespace ashlar::plan {
namespace {

// DELETE and restore share the reading and the soft half: both change one row's deletedAt. A purge, and a deletion
// where nothing is kept, are the hard half.
class RemoveProgram final : public Program {
 public:
  explicit RemoveProgram(std::shared_ptr<const WriteRequest> request) : request_(std::move(request)) {}

  void Start() override {
    step_ = Step::kBegin;
    error_.reset();
    outcome_ = {};
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    switch (step_) {
      case Step::kBegin: return Begin();
      case Step::kRead: return Read(std::get<types::Rows>(answers[0]));
      case Step::kCascade: {
        std::vector<Statement> statements = cascade_.Continue(answers);
        if (cascade_.refused()) error_ = cascade_.refused();
        return statements;
      }
      case Step::kMarked: return Finish(std::move(answers));
    }
    return {};
  }

  call::Answer<call::Outcome> Take() override {
    if (error_) return std::unexpected(std::move(*error_));
    return std::move(outcome_);
  }

 private:
  enum class Step : uint8_t { kBegin, kRead, kCascade, kMarked };

  bool restores() const { return request_->operation.kind == model::OperationKind::kRestore; }
  bool purges() const { return request_->call.purge; }
  const model::Resource& resource() const { return request_->resource; }

  std::vector<Statement> Begin() {
    step_ = Step::kRead;
    const auto rule = restores() ? &model::Access::restore : purges() ? &model::Access::purge : &model::Access::remove;
    call::Deleted deleted = restores() || purges() ? call::Deleted::kWith : call::Deleted::kWithout;
    return {request_->RowQuery(request_->key, deleted, {request_->rules.Access(resource(), rule)})};
  }

  std::vector<Statement> Read(const types::Rows& rows) {
    if (rows.empty()) return Refuse({call::Code::kNotFound, "there is no such row", {}});
    Values row = request_->ToValues(rows, 0);
    if (rows.at(0, resource().fields.size()).integer == 0) {
      // A deleted row is there for those alone who may purge it.
      bool hidden = purges() && !row[DeletedAt().index()].is_null();
      if (hidden) return Refuse({call::Code::kNotFound, "there is no such row", {}});
      return Refuse(
          request_->rules.Denied(fmt::format("{} of this row", purges() ? "purge" : request_->operation.name)));
    }
    FieldId version = resource().FindSystem(model::SystemField::kVersion);
    if (auto refusal = request_->Precondition(*row[version.index()].get<int64_t>())) return Refuse(std::move(*refusal));
    outcome_.id = request_->call.id;
    if (resource().soft_delete && !purges()) return Mark(row);
    step_ = Step::kCascade;
    return cascade_.Begin(*request_, std::move(row), purges() ? "purge" : "delete");
  }

  FieldId DeletedAt() const { return resource().FindSystem(model::SystemField::kDeletedAt); }

  // Sets or clears deletedAt.
  std::vector<Statement> Mark(const Values& before) {
    step_ = Step::kMarked;
    FieldId deleted_at = DeletedAt();
    if (restores() && before[deleted_at.index()].is_null()) return {request_->AnswerQuery(request_->key)};
    Value mark = restores() ? Value{} : Value{types::Timestamp{request_->actor.now_micros}};
    Values after = before;
    after[deleted_at.index()] = std::move(mark);
    std::vector<Statement> statements =
        MakeChange(*request_, resource(), before, after, restores() ? "restore" : "delete");
    if (restores()) statements.push_back(request_->AnswerQuery(request_->key));
    return statements;
  }

  std::vector<Statement> Finish(std::vector<Answer> answers) {
    for (Answer& answer : answers) {
      if (const auto* taken = std::get_if<UniqueViolation>(&answer)) return Refuse(request_->Conflict(*taken));
      if (std::holds_alternative<CheckViolation>(answer)) {
        return Refuse({call::Code::kReferenced, "other rows refer to this one", {}});
      }
    }
    types::Rows* rows = restores() ? std::get_if<types::Rows>(&answers.back()) : nullptr;
    if (rows == nullptr) return {};
    call::RowSet set = MakeRowSet(*request_->shape, std::move(*rows));
    if (!set.rows.empty()) outcome_ = OneRow(request_->service, *request_->shape, std::move(set));
    return {};
  }

  std::vector<Statement> Refuse(call::ApiError error) {
    error_ = std::move(error);
    return {};
  }

  std::shared_ptr<const WriteRequest> request_;
  Step step_ = Step::kBegin;
  Cascade cascade_;
  std::optional<call::ApiError> error_;
  call::Outcome outcome_;
};

}  // namespace

std::unique_ptr<Program> MakeRemoveProgram(std::shared_ptr<const WriteRequest> request) {
  return std::make_unique<RemoveProgram>(std::move(request));
}

}  // namespace ashlar::plan
