// SPDX-License-Identifier: Apache-2.0
#include "model/row_id.h"
#include "plan/write_program.h"
#include "types/uuid.h"

namespace ashlar::plan {
namespace {

// Defaults that cross relations, judgement, insert, audit and answer.
class CreateProgram final : public Program {
 public:
  explicit CreateProgram(std::shared_ptr<const WriteRequest> request) : request_(std::move(request)) {}

  void Start() override {
    step_ = Step::kBegin;
    error_.reset();
    outcome_ = {};
    asked_ = false;
    draft_.emplace(request_->resource, request_->rules, Draft::Mode::kCreate, nullptr);
    judgement_.reset();
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    switch (step_) {
      case Step::kBegin: return Begin();
      case Step::kDefaults: judgement_->DefaultsAnswered(std::get<types::Rows>(answers[0])); return Judge();
      case Step::kJudged: judgement_->Answered(std::get<types::Rows>(answers[0])); return Write();
      case Step::kWritten: return Wrote(answers[0]);
      case Step::kAnswered: return Finish(std::move(answers));
    }
    return {};
  }

  call::Answer<call::Outcome> Take() override {
    if (error_) return std::unexpected(std::move(*error_));
    return std::move(outcome_);
  }

 private:
  enum class Step : uint8_t { kBegin, kDefaults, kJudged, kWritten, kAnswered };

  std::vector<Statement> Begin() {
    const model::Resource& resource = request_->resource;
    draft_->ReadBody(request_->call.body);
    for (size_t i = 0; i < request_->key.size(); ++i) draft_->PutKey(resource.key[i], request_->key[i]);
    draft_->Complete();
    Values& row = draft_->row();
    auto put = [&](model::SystemField which, Value value) {
      FieldId id = resource.FindSystem(which);
      if (id.valid() && row[id.index()].is_null()) row[id.index()] = std::move(value);
    };
    if (resource.id_kind == model::IdKind::kUuid) {
      put(model::SystemField::kId, types::NewUuidV7(request_->actor.now_micros));
    }
    put(model::SystemField::kVersion, int64_t{1});
    put(model::SystemField::kCreatedAt, types::Timestamp{request_->actor.now_micros});
    put(model::SystemField::kUpdatedAt, types::Timestamp{request_->actor.now_micros});
    judgement_.emplace(*request_, *draft_, request_->rules.Access(resource, &model::Access::create));
    std::optional<Statement> probe = judgement_->AskDefaults();
    if (!probe) return Judge();
    step_ = Step::kDefaults;
    return Only(std::move(*probe));
  }

  std::vector<Statement> Judge() {
    if (std::optional<Statement> probe = judgement_->Ask()) {
      step_ = Step::kJudged;
      return Only(std::move(*probe));
    }
    return Write();
  }

  std::vector<Statement> Write() {
    std::optional<call::ApiError> precondition;
    if (request_->call.preconditions.if_match) {
      precondition = call::ApiError{call::Code::kPreconditionFailed, "there is no such row", {}};
    }
    error_ = judgement_->Verdict(std::move(precondition));
    if (error_) return {};
    step_ = Step::kWritten;
    return Only(Insert{request_->resource.id, draft_->row()});
  }

  std::vector<Statement> Wrote(const Answer& answered) {
    const model::Resource& resource = request_->resource;
    if (const auto* taken = std::get_if<UniqueViolation>(&answered)) {
      error_ = request_->Conflict(*taken);
      return {};
    }
    if (std::holds_alternative<CheckViolation>(answered)) {
      error_ = call::ApiError{call::Code::kValidationError, "the database refused the row by a check", {}};
      return {};
    }
    Values& row = draft_->row();
    const Written& written = std::get<Written>(answered);
    if (resource.id_kind == model::IdKind::kInt && row[resource.key[0].index()].is_null()) {
      row[resource.key[0].index()] = written.id;
    }
    std::vector<Statement> statements;
    std::optional<call::RowSet> answer = request_->AnswerOf(row);
    if (answer) {
      Tell(std::move(*answer));
    } else {
      statements.push_back(request_->AnswerQuery(KeyOf(resource, row)));
      asked_ = true;
    }
    if (auto audit = MakeAudit(request_->service, resource, request_->actor, "create", nullptr, &row)) {
      statements.push_back(std::move(*audit));
    }
    step_ = Step::kAnswered;
    return statements;
  }

  std::vector<Statement> Finish(std::vector<Answer> answers) {
    if (asked_) Tell(MakeRowSet(*request_->shape, std::get<types::Rows>(std::move(answers[0]))));
    return {};
  }

  void Tell(call::RowSet set) {
    if (!set.rows.empty()) {
      outcome_ = OneRow(request_->service, *request_->shape, std::move(set));
    } else {
      outcome_.rows = std::move(set);
      outcome_.version = 1;
      outcome_.shaped = true;
      outcome_.id = model::FormatId(request_->resource, KeyOf(request_->resource, draft_->row()));
    }
    outcome_.created = true;
  }

  std::shared_ptr<const WriteRequest> request_;
  Step step_ = Step::kBegin;
  bool asked_ = false;  // for the row as its writer sees it
  std::optional<Draft> draft_;
  std::optional<Judgement> judgement_;
  std::optional<call::ApiError> error_;
  call::Outcome outcome_;
};

}  // namespace

std::unique_ptr<Program> MakeCreateProgram(std::shared_ptr<const WriteRequest> request) {
  return std::make_unique<CreateProgram>(std::move(request));
}

}  // namespace ashlar::plan
