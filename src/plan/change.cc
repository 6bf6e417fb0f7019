// SPDX-License-Identifier: Apache-2.0
#include "plan/patch.h"
#include "plan/write_program.h"

namespace ashlar::plan {
namespace {

// PATCH and PUT: read the row with what the caller may do to it, merge, judge, write what changed, audit, answer.
// A PUT of a row that is not there goes on as a creation.
class ChangeProgram final : public Program {
 public:
  explicit ChangeProgram(std::shared_ptr<const WriteRequest> request) : request_(std::move(request)) {}

  void Start() override {
    step_ = Step::kBegin;
    error_.reset();
    outcome_ = {};
    stored_.clear();
    draft_.reset();
    judgement_.reset();
    creation_.reset();
    told_.reset();
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    if (creation_ != nullptr) return creation_->Advance(std::move(answers));
    switch (step_) {
      case Step::kBegin: return Begin();
      case Step::kRead: return Read(std::get<types::Rows>(answers[0]));
      case Step::kDefaults: judgement_->DefaultsAnswered(std::get<types::Rows>(answers[0])); return Judge();
      case Step::kJudged: judgement_->Answered(std::get<types::Rows>(answers[0])); return Write();
      case Step::kWritten: return Finish(std::move(answers));
    }
    return {};
  }

  call::Answer<call::Outcome> Take() override {
    if (creation_ != nullptr) return creation_->Take();
    if (error_) return std::unexpected(std::move(*error_));
    return std::move(outcome_);
  }

 private:
  enum class Step : uint8_t { kBegin, kRead, kDefaults, kJudged, kWritten };

  bool replaces() const { return request_->operation.kind == model::OperationKind::kReplace; }
  Draft::Mode mode() const {
    if (replaces()) return Draft::Mode::kReplace;
    return request_->call.json_patch ? Draft::Mode::kAssign : Draft::Mode::kMerge;
  }
  int64_t StoredVersion() const {
    return *stored_[request_->resource.FindSystem(model::SystemField::kVersion).index()].get<int64_t>();
  }

  // The fields whose rule depends on the row, so that its answer for the row as it is must be asked for.
  std::vector<FieldId> Depending(cel::ExprPtr (Rules::*rule)(const model::Field&) const) const {
    std::vector<FieldId> depending;
    for (size_t i = 0; i < request_->resource.fields.size(); ++i) {
      cel::ExprPtr folded = (request_->rules.*rule)(request_->resource.fields[i]);
      if (!cel::IsTrue(folded) && !cel::IsFalse(folded)) depending.push_back(FieldId{static_cast<uint32_t>(i)});
    }
    return depending;
  }

  // Flags: the rule, then one for each field whose write rule depends on the row, then those whose read rule does.
  std::vector<Statement> Begin() {
    const model::Resource& resource = request_->resource;
    std::vector<cel::ExprPtr> flags{request_->rules.Access(resource, &model::Access::update_before)};
    for (FieldId id : Depending(&Rules::Write)) flags.push_back(request_->rules.Write(resource.field(id)));
    for (FieldId id : Depending(&Rules::Read)) flags.push_back(request_->rules.Read(resource.field(id)));
    step_ = Step::kRead;
    return Only(request_->RowQuery(request_->key, call::Deleted::kWithout, std::move(flags)));
  }

  std::vector<Statement> Read(const types::Rows& rows) {
    const model::Resource& resource = request_->resource;
    if (rows.empty()) return Absent();
    size_t flag = resource.fields.size();
    if (rows.at(0, flag).integer == 0) {
      return Refuse(request_->rules.Denied(request_->operation.name + " of this row"));
    }
    stored_ = request_->ToValues(rows, 0);
    draft_.emplace(resource, request_->rules, mode(), &stored_);
    std::vector<FieldId> guarded = Depending(&Rules::Write);
    size_t read_flag = flag + 1 + guarded.size();
    for (FieldId id : Depending(&Rules::Read)) draft_->SetReads(id, rows.at(0, read_flag++).integer != 0);
    if (request_->call.json_patch && !Patch()) return {};
    draft_->ReadBody(request_->call.json_patch ? patched_ : request_->call.body);
    for (FieldId id : draft_->guarded()) {
      size_t place = static_cast<size_t>(std::find(guarded.begin(), guarded.end(), id) - guarded.begin());
      if (rows.at(0, flag + 1 + place).integer == 0) {
        return Refuse(request_->rules.DeniedField(resource.field(id).name));
      }
    }
    draft_->Complete();
    judgement_.emplace(*request_, *draft_, request_->rules.Access(resource, &model::Access::update_after));
    std::optional<Statement> probe = judgement_->AskDefaults();
    if (!probe) return Judge();
    step_ = Step::kDefaults;
    return Only(std::move(*probe));
  }

  // The body that the patch makes of the row; false if that is refused, which a failed precondition goes before.
  bool Patch() {
    auto body = PatchedBody(request_->resource, *draft_, stored_, request_->call.body);
    if (body) {
      patched_ = std::move(*body);
      return true;
    }
    error_ = request_->Precondition(StoredVersion());
    if (!error_) error_ = std::move(body.error());
    return false;
  }

  // A PUT creates what is not there, where the caller may create and the id is the client's to give.
  std::vector<Statement> Absent() {
    bool creates = replaces() && request_->resource.id_kind != model::IdKind::kInt &&
                   !cel::IsFalse(request_->rules.Access(request_->resource, &model::Access::create));
    if (!creates) return Refuse({call::Code::kNotFound, "there is no such row", {}});
    creation_ = MakeCreateProgram(request_);
    creation_->Start();
    return creation_->Advance({});
  }

  std::vector<Statement> Judge() {
    if (std::optional<Statement> probe = judgement_->Ask()) {
      step_ = Step::kJudged;
      return Only(std::move(*probe));
    }
    return Write();
  }

  std::vector<Statement> Write() {
    const model::Resource& resource = request_->resource;
    FieldId version = resource.FindSystem(model::SystemField::kVersion);
    error_ = judgement_->Verdict(request_->Precondition(StoredVersion()));
    if (error_) return {};
    Update update{resource.id, request_->key, {}};
    for (size_t i = 0; i < resource.fields.size(); ++i) {
      FieldId id{static_cast<uint32_t>(i)};
      if (draft_->Changed(id)) update.set.emplace_back(id, draft_->row()[i]);
    }
    step_ = Step::kWritten;
    if (update.set.empty() && !draft_->GivesUnread()) return Only(request_->AnswerQuery(request_->key));
    Values& row = draft_->row();
    auto set = [&](FieldId id, Value value) {
      row[id.index()] = value;
      update.set.emplace_back(id, std::move(value));
    };
    set(version, StoredVersion() + 1);
    set(resource.FindSystem(model::SystemField::kUpdatedAt), types::Timestamp{request_->actor.now_micros});
    std::vector<Statement> statements = Only(std::move(update));
    told_ = request_->AnswerOf(row);
    if (!told_) statements.push_back(request_->AnswerQuery(request_->key));
    const char* action = replaces() ? "replace" : "update";
    if (auto audit = MakeAudit(request_->service, resource, request_->actor, action, &stored_, &row)) {
      statements.push_back(std::move(*audit));
    }
    return statements;
  }

  std::vector<Statement> Finish(std::vector<Answer> answers) {
    for (Answer& answer : answers) {
      if (const auto* taken = std::get_if<UniqueViolation>(&answer)) return Refuse(request_->Conflict(*taken));
      if (std::holds_alternative<CheckViolation>(answer)) {
        return Refuse({call::Code::kValidationError, "the database refused the row by a check", {}});
      }
      if (auto* rows = std::get_if<types::Rows>(&answer)) told_ = MakeRowSet(*request_->shape, std::move(*rows));
    }
    Tell(std::move(*told_));
    return {};
  }

  void Tell(call::RowSet set) {
    if (!set.rows.empty()) {
      outcome_ = OneRow(request_->service, *request_->shape, std::move(set));
      return;
    }
    outcome_.rows = std::move(set);
    outcome_.shaped = true;
    FieldId version = request_->resource.FindSystem(model::SystemField::kVersion);
    outcome_.version = *draft_->row()[version.index()].get<int64_t>();
    outcome_.id = request_->call.id;
  }

  std::vector<Statement> Refuse(call::ApiError error) {
    error_ = std::move(error);
    return {};
  }

  std::shared_ptr<const WriteRequest> request_;
  Step step_ = Step::kBegin;
  Values stored_;
  json::Json patched_;
  std::optional<Draft> draft_;
  std::optional<Judgement> judgement_;
  std::unique_ptr<Program> creation_;
  std::optional<call::RowSet> told_;  // the row as its writer sees it
  std::optional<call::ApiError> error_;
  call::Outcome outcome_;
};

}  // namespace

std::unique_ptr<Program> MakeChangeProgram(std::shared_ptr<const WriteRequest> request) {
  return std::make_unique<ChangeProgram>(std::move(request));
}

}  // namespace ashlar::plan
