// SPDX-License-Identifier: Apache-2.0
#include "plan/cascade.h"

#include "model/row_id.h"

namespace ashlar::plan {
namespace {

constexpr size_t kMaxTouched = 10'000;

// Of a row that goes without a trace, its key alone.
std::vector<FieldId> FieldsNeeded(const model::Resource& child, model::OnDelete on_delete) {
  if (on_delete == model::OnDelete::kCascade && !child.audit) return child.key;
  std::vector<FieldId> all;
  for (size_t i = 0; i < child.fields.size(); ++i) all.push_back(FieldId{static_cast<uint32_t>(i)});
  return all;
}

Query RowsThatRefer(const model::Resource& child, FieldId field, const model::Resource& parent,
                    const std::vector<Values>& rows) {
  Query query;
  query.resource = child.id;
  query.deleted = call::Deleted::kWith;
  query.among = field;
  for (const Values& row : rows) query.among_values.push_back(row[parent.key[0].index()]);
  for (FieldId id : child.key) query.order.push_back({id, false});
  return query;
}

}  // namespace

std::vector<Statement> MakeChange(const WriteRequest& request, const model::Resource& of, const Values& before,
                                  Values after, std::string_view action) {
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
  set(of.FindSystem(model::SystemField::kUpdatedAt), types::Timestamp{request.actor.now_micros});
  std::vector<Statement> statements{std::move(update)};
  if (auto audit = MakeAudit(request.service, of, request.actor, action, &before, &after)) {
    statements.push_back(std::move(*audit));
  }
  return statements;
}

std::vector<Statement> Cascade::Begin(const WriteRequest& request, Values row, std::string action) {
  *this = Cascade();
  request_ = &request;
  action_ = std::move(action);
  seen_.insert({request.resource.id, model::FormatId(request.resource, request.key)});
  levels_.push_back({request.resource.id, {std::move(row)}});
  return Expand();
}

std::vector<Statement> Cascade::Continue(const std::vector<Answer>& answers) {
  if (!written_) return Children(answers);
  Judge(answers);
  return {};
}

// Asks for every row that refers to the last level and must go or be cleared; writes when there are none.
std::vector<Statement> Cascade::Expand() {
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
  return statements;
}

std::vector<Statement> Cascade::Children(const std::vector<Answer>& answers) {
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
std::vector<Statement> Cascade::Write() {
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
    append(MakeChange(*request_, of, cleared.row, std::move(after), "update"));
  }
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    const model::Resource& of = request_->service.resource(level->resource);
    AskRestricting(of, level->rows, statements);
    for (const Values& row : level->rows) {
      statements.push_back(Delete{of.id, KeyOf(of, row)});
      std::string_view action = level + 1 == levels_.rend() ? std::string_view(action_) : "delete";
      if (auto audit = MakeAudit(request_->service, of, request_->actor, action, &row, nullptr)) {
        statements.push_back(std::move(*audit));
      }
    }
  }
  written_ = true;
  return statements;
}

void Cascade::AskRestricting(const model::Resource& of, const std::vector<Values>& rows,
                             std::vector<Statement>& statements) {
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

// What was written stands unless somebody still refers to it.
void Cascade::Judge(const std::vector<Answer>& answers) {
  for (const Restricting& restricting : restricting_) {
    if (restricting.place >= answers.size()) break;  // a violation came before
    const auto& rows = std::get<types::Rows>(answers[restricting.place]);
    const model::Resource& by = request_->service.resource(restricting.by);
    for (size_t i = 0; i < rows.size(); ++i) {
      Values key;
      for (size_t part = 0; part < by.key.size(); ++part) {
        key.push_back(by.field(by.key[part]).type->ToValue(rows.at(i, part)));
      }
      if (seen_.contains({by.id, model::FormatId(by, key)})) continue;
      refused_ = ReferredToBy(by);
      return;
    }
  }
  for (const Answer& answer : answers) {
    if (const auto* taken = std::get_if<UniqueViolation>(&answer)) {
      refused_ = request_->Conflict(*taken);
    } else if (std::holds_alternative<CheckViolation>(answer)) {
      refused_ = call::ApiError{call::Code::kReferenced, "other rows refer to this one", {}};
    }
    if (refused_) return;
  }
}

// Named for those to whom its rows are no secret.
call::ApiError Cascade::ReferredToBy(const model::Resource& by) const {
  bool named = cel::IsTrue(request_->rules.Access(by, &model::Access::list));
  return {call::Code::kReferenced,
          named ? fmt::format("rows of {} refer to this one", by.name) : std::string("other rows refer to this one"),
          {}};
}

std::vector<Statement> Cascade::Refuse(call::ApiError error) {
  refused_ = std::move(error);
  return {};
}

}  // namespace ashlar::plan
