// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "model/row_id.h"
#include "plan/write_program.h"

namespace ashlar::plan {
namespace {

constexpr size_t kMaxTouched = 10'000;

// DELETE and restore share the reading and the soft half: both change one row's deletedAt.
class RemoveProgram final : public Program {
 public:
  explicit RemoveProgram(std::shared_ptr<const WriteRequest> request) : request_(std::move(request)) {}

  void Start() override {
    step_ = Step::kBegin;
    error_.reset();
    outcome_ = {};
    levels_.clear();
    pending_.clear();
    asked_.clear();
    cleared_.clear();
    seen_.clear();
    restricting_.clear();
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    switch (step_) {
      case Step::kBegin: return Begin();
      case Step::kRead: return Read(std::get<types::Rows>(answers[0]));
      case Step::kChildren: return Children(answers);
      case Step::kWritten: return Finish(std::move(answers));
    }
    return {};
  }

  call::Answer<call::Outcome> Take() override {
    if (error_) return std::unexpected(std::move(*error_));
    return std::move(outcome_);
  }

 private:
  enum class Step : uint8_t { kBegin, kRead, kChildren, kWritten };
  using Named = std::pair<ResourceId, std::string>;  // a row by its id as text
  struct Level {
    ResourceId resource;
    std::vector<Values> rows;
  };
  // A question for rows that refer to those of a level, and which of their fields it gives.
  struct Asked {
    ResourceId resource;
    FieldId field;
    model::OnDelete on_delete;
    std::vector<FieldId> fields;
  };
  // A row that stays, without some of its references.
  struct Cleared {
    Values row;
    std::set<FieldId> fields;
  };
  struct Restricting {
    size_t place;  // of the answer
    ResourceId by;
  };

  bool restores() const { return request_->operation.kind == model::OperationKind::kRestore; }
  const model::Resource& resource() const { return request_->resource; }

  std::vector<Statement> Begin() {
    step_ = Step::kRead;
    const model::Access& access = resource().access;
    std::vector<cel::ExprPtr> flags{request_->rules.Access(restores() ? access.restore : access.remove)};
    return {request_->RowQuery(request_->key, restores() ? call::Deleted::kWith : call::Deleted::kWithout,
                               std::move(flags))};
  }

  std::vector<Statement> Read(const types::Rows& rows) {
    if (rows.empty()) return Refuse({call::Code::kNotFound, "there is no such row", {}});
    if (rows.at(0, resource().fields.size()).integer == 0) {
      return Refuse(request_->rules.Denied(request_->operation.name + " of this row"));
    }
    Values row = request_->ToValues(rows, 0);
    FieldId version = resource().FindSystem(model::SystemField::kVersion);
    if (auto refusal = request_->Precondition(*row[version.index()].get<int64_t>())) return Refuse(std::move(*refusal));
    outcome_.id = request_->call.id;
    if (resource().soft_delete) return Mark(std::move(row));
    seen_.insert({resource().id, model::FormatId(resource(), request_->key)});
    levels_.push_back({resource().id, {std::move(row)}});
    return Expand();
  }

  // Sets or clears deletedAt.
  std::vector<Statement> Mark(const Values& before) {
    FieldId deleted_at = resource().FindSystem(model::SystemField::kDeletedAt);
    step_ = Step::kWritten;
    if (restores() && before[deleted_at.index()].is_null()) return {request_->AnswerQuery(request_->key)};
    Value mark = restores() ? Value{} : Value{types::Timestamp{request_->actor.now_micros}};
    Values after = before;
    after[deleted_at.index()] = std::move(mark);
    std::vector<Statement> statements = Change(resource(), before, after, restores() ? "restore" : "delete");
    if (restores()) statements.push_back(request_->AnswerQuery(request_->key));
    return statements;
  }

  // What differs of one row, with version, time and audit.
  std::vector<Statement> Change(const model::Resource& of, const Values& before, Values after,
                                std::string_view action) const {
    FieldId version = of.FindSystem(model::SystemField::kVersion);
    Update update{of.id, KeyOf(of, before), {}};
    for (size_t i = 0; i < after.size(); ++i) {
      if (!(before[i] == after[i])) update.set.emplace_back(FieldId{static_cast<uint32_t>(i)}, after[i]);
    }
    auto set = [&](FieldId id, Value value) {
      after[id.index()] = value;
      update.set.emplace_back(id, std::move(value));
    };
    set(version, *before[version.index()].get<int64_t>() + 1);
    set(of.FindSystem(model::SystemField::kUpdatedAt), types::Timestamp{request_->actor.now_micros});
    std::vector<Statement> statements{std::move(update)};
    if (auto audit = MakeAudit(request_->service, of, request_->actor, action, &before, &after)) {
      statements.push_back(std::move(*audit));
    }
    return statements;
  }

  // Asks for every row that refers to the last level and must go or be cleared; writes when there are none.
  std::vector<Statement> Expand() {
    const Level& level = levels_.back();
    const model::Resource& parent = request_->service.resource(level.resource);
    std::vector<Statement> statements;
    asked_.clear();
    for (const model::Resource& child : request_->service.resources) {
      for (const model::Relation& relation : child.relations) {
        if (relation.to_many || relation.target != level.resource) continue;
        if (relation.on_delete == model::OnDelete::kRestrict) continue;
        Query query = RowsThatRefer(child, relation.local, parent, level.rows);
        query.fields = FieldsNeeded(child, relation.on_delete);
        query.limit = static_cast<int64_t>(kMaxTouched) + 1;
        asked_.push_back({child.id, relation.local, relation.on_delete, query.fields});
        statements.push_back(std::move(query));
      }
    }
    if (statements.empty()) return Write();
    step_ = Step::kChildren;
    return statements;
  }

  // Of a row that goes without a trace, its key alone.
  static std::vector<FieldId> FieldsNeeded(const model::Resource& child, model::OnDelete on_delete) {
    if (on_delete == model::OnDelete::kCascade && !child.audit) return child.key;
    std::vector<FieldId> all;
    for (size_t i = 0; i < child.fields.size(); ++i) all.push_back(FieldId{static_cast<uint32_t>(i)});
    return all;
  }

  static Query RowsThatRefer(const model::Resource& child, FieldId field, const model::Resource& parent,
                             const std::vector<Values>& rows) {
    Query query;
    query.resource = child.id;
    query.deleted = call::Deleted::kWith;
    query.among = field;
    for (const Values& row : rows) query.among_values.push_back(row[parent.key[0].index()]);
    for (FieldId id : child.key) query.order.push_back({id, false});
    return query;
  }

  std::vector<Statement> Children(const std::vector<Answer>& answers) {
    std::vector<Level> next;
    for (size_t i = 0; i < asked_.size(); ++i) {
      const auto& rows = std::get<types::Rows>(answers[i]);
      const model::Resource& child = request_->service.resource(asked_[i].resource);
      Level level{child.id, {}};
      for (size_t r = 0; r < rows.size(); ++r) {
        Values row(child.fields.size());
        for (size_t f = 0; f < asked_[i].fields.size(); ++f) {
          FieldId id = asked_[i].fields[f];
          row[id.index()] = child.field(id).type->ToValue(rows.at(r, f));
        }
        Named name{child.id, model::FormatId(child, KeyOf(child, row))};
        if (asked_[i].on_delete == model::OnDelete::kClear) {
          Cleared& cleared = cleared_[name];
          cleared.row = std::move(row);
          cleared.fields.insert(asked_[i].field);
        } else if (seen_.insert(std::move(name)).second) {
          level.rows.push_back(std::move(row));
        }
        if (seen_.size() + cleared_.size() > kMaxTouched) {
          return Refuse({call::Code::kReferenced,
                         fmt::format("more than {} rows would have to change with this one", kMaxTouched),
                         {}});
        }
      }
      if (!level.rows.empty()) next.push_back(std::move(level));
    }
    pending_.insert(pending_.end(), std::make_move_iterator(next.begin()), std::make_move_iterator(next.end()));
    return Write();
  }

  // Once nothing is left to expand: clears first, then deletes from the deepest level up; before each level, who
  // restricts it is asked for.
  std::vector<Statement> Write() {
    if (!pending_.empty()) {
      levels_.push_back(std::move(pending_.front()));
      pending_.erase(pending_.begin());
      return Expand();
    }
    std::vector<Statement> statements;
    auto append = [&](std::vector<Statement> more) {
      std::move(more.begin(), more.end(), std::back_inserter(statements));
    };
    for (const auto& [name, cleared] : cleared_) {
      if (seen_.contains(name)) continue;
      const model::Resource& of = request_->service.resource(name.first);
      Values after = cleared.row;
      for (FieldId id : cleared.fields) after[id.index()] = Value{};
      for (const model::Check& check : of.checks) {
        if (!HoldsFor(*check.rule, of, after)) return Refuse(ReferredToBy(of));
      }
      append(Change(of, cleared.row, std::move(after), "update"));
    }
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
      const model::Resource& of = request_->service.resource(level->resource);
      AskRestricting(of, level->rows, statements);
      for (const Values& row : level->rows) {
        statements.push_back(Delete{of.id, KeyOf(of, row)});
        if (auto audit = MakeAudit(request_->service, of, request_->actor, "delete", &row, nullptr)) {
          statements.push_back(std::move(*audit));
        }
      }
    }
    step_ = Step::kWritten;
    return statements;
  }

  void AskRestricting(const model::Resource& of, const std::vector<Values>& rows, std::vector<Statement>& statements) {
    for (const model::Resource& child : request_->service.resources) {
      for (const model::Relation& relation : child.relations) {
        if (relation.to_many || relation.target != of.id || relation.on_delete != model::OnDelete::kRestrict) continue;
        // Rows that go too do not restrict: one more than those are must be looked at.
        auto gone = std::ranges::count(seen_, child.id, &Named::first);
        Query query = RowsThatRefer(child, relation.local, of, rows);
        query.fields = child.key;
        query.limit = gone + 1;
        restricting_.push_back({statements.size(), child.id});
        statements.push_back(std::move(query));
      }
    }
  }

  std::vector<Statement> Finish(std::vector<Answer> answers) {
    for (const Restricting& restricting : restricting_) {
      const auto& rows = std::get<types::Rows>(answers[restricting.place]);
      const model::Resource& by = request_->service.resource(restricting.by);
      for (size_t i = 0; i < rows.size(); ++i) {
        Values key;
        for (size_t part = 0; part < by.key.size(); ++part) {
          key.push_back(by.field(by.key[part]).type->ToValue(rows.at(i, part)));
        }
        if (!seen_.contains({by.id, model::FormatId(by, key)})) return Refuse(ReferredToBy(by));
      }
    }
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

  // Named for those to whom its rows are no secret.
  call::ApiError ReferredToBy(const model::Resource& by) const {
    bool named = cel::IsTrue(request_->rules.Access(by.access.list));
    return {call::Code::kReferenced,
            named ? fmt::format("rows of {} refer to this one", by.name) : std::string("other rows refer to this one"),
            {}};
  }

  std::vector<Statement> Refuse(call::ApiError error) {
    error_ = std::move(error);
    return {};
  }

  std::shared_ptr<const WriteRequest> request_;
  Step step_ = Step::kBegin;
  std::vector<Level> levels_;   // the row itself first
  std::vector<Level> pending_;  // found, not yet expanded
  std::vector<Asked> asked_;
  std::map<Named, Cleared> cleared_;
  std::set<Named> seen_;  // that go
  std::vector<Restricting> restricting_;
  std::optional<call::ApiError> error_;
  call::Outcome outcome_;
};

}  // namespace

std::unique_ptr<Program> MakeRemoveProgram(std::shared_ptr<const WriteRequest> request) {
  return std::make_unique<RemoveProgram>(std::move(request));
}

}  // namespace ashlar::plan
