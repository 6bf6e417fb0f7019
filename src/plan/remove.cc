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
    restricted_.clear();
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
  struct Level {
    ResourceId resource;
    std::vector<Values> rows;
  };
  // A question for rows that refer to those of a level.
  struct Asked {
    ResourceId resource;
    FieldId field;
    model::OnDelete on_delete;
  };
  struct Cleared {
    Values row;
    std::vector<FieldId> fields;
  };
  using RowName = std::pair<ResourceId, std::string>;

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
    std::vector<Statement> statements =
        Change(resource(), before, {deleted_at}, mark, restores() ? "restore" : "delete");
    if (restores()) statements.push_back(request_->AnswerQuery(request_->key));
    return statements;
  }

  // The same value for fields of one row, with version, time and audit.
  std::vector<Statement> Change(const model::Resource& of, const Values& before, const std::vector<FieldId>& fields,
                                const Value& value, std::string_view action) const {
    Update update{of.id, KeyOf(of, before), {}};
    Values after = before;
    auto set = [&](FieldId id, Value to) {
      after[id.index()] = to;
      update.set.emplace_back(id, std::move(to));
    };
    FieldId version = of.FindSystem(model::SystemField::kVersion);
    for (FieldId field : fields) set(field, value);
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
        for (size_t i = 0; i < child.fields.size(); ++i) query.fields.push_back(FieldId{static_cast<uint32_t>(i)});
        query.limit = static_cast<int64_t>(kMaxTouched) + 1;
        statements.push_back(std::move(query));
        asked_.push_back({child.id, relation.local, relation.on_delete});
      }
    }
    if (statements.empty()) return Write();
    step_ = Step::kChildren;
    return statements;
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
        Values row;
        for (size_t f = 0; f < child.fields.size(); ++f) row.push_back(child.fields[f].type->ToValue(rows.at(r, f)));
        RowName name{child.id, model::FormatId(child, KeyOf(child, row))};
        if (asked_[i].on_delete == model::OnDelete::kClear) {
          Cleared& cleared = cleared_.try_emplace(std::move(name), Cleared{std::move(row), {}}).first->second;
          cleared.fields.push_back(asked_[i].field);
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

  // Once nothing is left to expand: clears first, then deletes, each row behind those that refer to it; before each
  // group, who restricts it is asked for.
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
      append(Change(request_->service.resource(name.first), cleared.row, cleared.fields, Value{}, "update"));
    }
    for (const Level& group : TakeInOrder()) {
      const model::Resource& of = request_->service.resource(group.resource);
      AskRestricting(of, group.rows, statements);
      for (const Values& row : group.rows) {
        statements.push_back(Delete{of.id, KeyOf(of, row)});
        if (auto audit = MakeAudit(request_->service, of, request_->actor, "delete", &row, nullptr)) {
          statements.push_back(std::move(*audit));
        }
      }
    }
    step_ = Step::kWritten;
    return statements;
  }

  struct Doomed {
    ResourceId resource;
    Values* row;
    std::vector<size_t> refers_to = {};
    size_t referred = 0;  // by how many that have no rank yet
    size_t rank = 0;      // above that of all that refer to it
  };

  // The rows of all levels, with who refers to whom.
  std::vector<Doomed> Connect() {
    std::vector<Doomed> all;
    std::map<RowName, size_t> places;
    for (Level& level : levels_) {
      const model::Resource& of = request_->service.resource(level.resource);
      for (Values& row : level.rows) {
        places.emplace(RowName{of.id, model::FormatId(of, KeyOf(of, row))}, all.size());
        all.push_back({of.id, &row});
      }
    }
    for (size_t i = 0; i < all.size(); ++i) {
      for (const model::Relation& relation : request_->service.resource(all[i].resource).relations) {
        if (relation.to_many || (*all[i].row)[relation.local.index()].is_null()) continue;
        const model::Resource& target = request_->service.resource(relation.target);
        auto found = places.find({target.id, model::FormatId(target, {(*all[i].row)[relation.local.index()]})});
        if (found == places.end() || found->second == i) continue;
        all[i].refers_to.push_back(found->second);
        ++all[found->second].referred;
      }
    }
    return all;
  }

  // The rows of all levels in groups, none before one that refers to it. Rows that refer to each other in a circle
  // come last; the store has the word on them.
  std::vector<Level> TakeInOrder() {
    std::vector<Doomed> all = Connect();
    std::vector<size_t> ranked;
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].referred == 0) ranked.push_back(i);
    }
    for (size_t done = 0; done < ranked.size(); ++done) {
      for (size_t target : all[ranked[done]].refers_to) {
        all[target].rank = std::max(all[target].rank, all[ranked[done]].rank + 1);
        if (--all[target].referred == 0) ranked.push_back(target);
      }
    }
    std::map<std::pair<size_t, ResourceId>, Level> groups;
    for (const Doomed& doomed : all) {
      size_t rank = doomed.referred == 0 ? doomed.rank : all.size();
      Level& group = groups.try_emplace({rank, doomed.resource}, Level{doomed.resource, {}}).first->second;
      group.rows.push_back(std::move(*doomed.row));
    }
    std::vector<Level> order;
    for (auto& [place, group] : groups) order.push_back(std::move(group));
    return order;
  }

  void AskRestricting(const model::Resource& of, const std::vector<Values>& rows, std::vector<Statement>& statements) {
    for (const model::Resource& child : request_->service.resources) {
      for (const model::Relation& relation : child.relations) {
        if (relation.to_many || relation.target != of.id || relation.on_delete != model::OnDelete::kRestrict) continue;
        Query query = RowsThatRefer(child, relation.local, of, rows);
        query.fields = child.key;
        query.limit = 1;
        restricted_.emplace_back(statements.size(), child.id);
        statements.push_back(std::move(query));
      }
    }
  }

  std::vector<Statement> Finish(std::vector<Answer> answers) {
    for (const auto& [place, child] : restricted_) {
      if (std::get<types::Rows>(answers[place]).empty()) continue;
      const model::Resource& by = request_->service.resource(child);
      bool named = !cel::IsFalse(request_->rules.Access(by.access.list));
      return Refuse(
          {call::Code::kReferenced,
           named ? fmt::format("rows of {} refer to this one", by.name) : std::string("other rows refer to this one"),
           {}});
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

  std::vector<Statement> Refuse(call::ApiError error) {
    error_ = std::move(error);
    return {};
  }

  std::shared_ptr<const WriteRequest> request_;
  Step step_ = Step::kBegin;
  std::vector<Level> levels_;   // the row itself first
  std::vector<Level> pending_;  // found, not yet expanded
  std::vector<Asked> asked_;
  std::map<RowName, Cleared> cleared_;
  std::set<RowName> seen_;
  std::vector<std::pair<size_t, ResourceId>> restricted_;  // place of the answer, who refers
  std::optional<call::ApiError> error_;
  call::Outcome outcome_;
};

}  // namespace

std::unique_ptr<Program> MakeRemoveProgram(std::shared_ptr<const WriteRequest> request) {
  return std::make_unique<RemoveProgram>(std::move(request));
}

}  // namespace ashlar::plan
