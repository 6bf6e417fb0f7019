// SPDX-License-Identifier: Apache-2.0
#include "plan/write_program.h"

#include "plan/transitions.h"

namespace ashlar::plan {

using cel::ExprPtr;
using types::Detail;

References::References(const model::Service& service) {
  for (const model::Resource& resource : service.resources) {
    std::vector<ExprPtr>& of = exist_.emplace_back();
    for (uint32_t i = 0; i < resource.relations.size(); ++i) {
      of.push_back(resource.relations[i].to_many ? nullptr : RowExists(resource, model::RelationId{i}, {}, 1));
    }
  }
}

ExprPtr RowExists(const model::Resource& resource, model::RelationId relation, cel::Gate guard, int slot) {
  cel::Type row;
  row.tag = cel::Type::Tag::kRow;
  row.nullable = true;
  row.resource = resource.relation(relation).target;
  auto range = std::make_shared<const cel::Expr>(
      cel::Expr{row, cel::Relation{RowAt(resource.id, 0), relation, std::move(guard), {}}});
  cel::Type boolean;
  boolean.tag = cel::Type::Tag::kBool;
  return std::make_shared<const cel::Expr>(
      cel::Expr{boolean, cel::Comprehension{cel::Macro::kExists, range, slot, cel::True()}});
}

WriteRequest::WriteRequest(const model::Service& in_service, const References& in_references, const call::Call& in_call,
                           const call::Caller& in_caller, int64_t now_micros, std::string request_id)
    : service(in_service),
      references(in_references),
      call(in_call),
      caller(in_caller),
      rules(service, caller, now_micros),
      operation(service.operation(call.operation)),
      resource(service.resource(operation.resource)),
      actor(ActorOf(rules, request_id)) {}

Query WriteRequest::RowQuery(const Values& row_key, call::Deleted deleted, std::vector<ExprPtr> flags) const {
  Query query;
  query.resource = resource.id;
  for (size_t i = 0; i < resource.fields.size(); ++i) query.fields.push_back(FieldId{static_cast<uint32_t>(i)});
  query.flags = std::move(flags);
  query.where = cel::And(KeyIs(resource, row_key), rules.Access(resource, &model::Access::get));
  query.deleted = deleted;
  query.limit = 1;
  return query;
}

std::optional<call::RowSet> WriteRequest::AnswerOf(const Values& row) const {
  auto told = [](const ExprPtr& rule) { return !cel::Measure(*rule).relations; };
  if (!told(form->where) || !std::ranges::all_of(shape->flags, told)) return std::nullopt;
  for (FieldId id : shape->fields) {
    if (resource.field(id).computed) return std::nullopt;
  }
  types::Rows rows(shape->fields.size() + shape->flags.size());
  if (HoldsFor(*form->where, resource, row)) {
    rows.Reserve(1);
    for (FieldId id : shape->fields) {
      if (!rows.Append(row[id.index()])) return std::nullopt;
    }
    for (const ExprPtr& flag : shape->flags) rows.AppendInteger(HoldsFor(*flag, resource, row) ? 1 : 0);
  }
  return MakeRowSet(*shape, std::move(rows));
}

Lookup WriteRequest::AnswerQuery(Values row_key) const { return {resource.id, std::move(row_key), form, kept}; }

std::optional<call::ApiError> WriteRequest::Precondition(int64_t version) const {
  const call::Preconditions& wanted = call.preconditions;
  if (wanted.if_none_match_any) {
    return call::ApiError{call::Code::kPreconditionFailed, "the row is there already", {}};
  }
  if (!wanted.if_match && resource.if_match_required && !caller.is_operator()) {
    return call::ApiError{call::Code::kPreconditionRequired, "a change of this row needs If-Match", {}};
  }
  if (!wanted.if_match || wanted.if_match_any) return std::nullopt;
  const auto& versions = wanted.if_match_versions;
  if (std::find(versions.begin(), versions.end(), version) != versions.end()) return std::nullopt;
  return call::ApiError{call::Code::kPreconditionFailed, "the row has changed since", {}};
}

call::ApiError WriteRequest::Conflict(const UniqueViolation& violation) const {
  const model::Resource& where = service.resource(violation.resource);
  if (!key.empty() && violation.resource == resource.id && violation.fields == resource.key) {
    return {call::Code::kNotFound, "there is no such row", {}};  // a PUT to a row that this caller may not read
  }
  call::ApiError error{call::Code::kConflict, "", {}};
  std::vector<std::string> names;
  for (FieldId id : violation.fields) {
    if (!rules.AlwaysReads(where.field(id))) continue;
    names.push_back(where.field(id).name);
    error.details.push_back({where.field(id).name, Detail::kUnique, "is taken"});
  }
  error.message =
      names.empty() ? "a value is taken" : fmt::format("the value of '{}' is taken", fmt::join(names, "', '"));
  return error;
}

Values WriteRequest::ToValues(const types::Rows& rows, size_t row) const {
  Values values;
  values.reserve(resource.fields.size());
  for (size_t i = 0; i < resource.fields.size(); ++i)
    values.push_back(resource.fields[i].type->ToValue(rows.at(row, i)));
  return values;
}

Judgement::Judgement(const WriteRequest& request, Draft& draft, ExprPtr rule)
    : request_(request), draft_(draft), rule_(std::move(rule)) {
  probe_.kept = true;  // until something is asked that is this request's own
}

std::optional<Statement> Judgement::AskDefaults() {
  if (draft_.probed_defaults().empty()) return std::nullopt;
  References(true, false);
  given_judged_ = true;
  Probe probe = probe_;
  probe.kept = false;
  for (FieldId id : draft_.probed_defaults()) probe.expressions.push_back(draft_.DefaultOf(id));
  probe.resource = request_.resource.id;
  probe.row = draft_.row();
  return probe;
}

void Judgement::DefaultsAnswered(const types::Rows& rows) {
  Answered(rows);
  for (size_t i = 0; i < draft_.probed_defaults().size(); ++i) draft_.SetProbed(i, rows.at(0, probed_.size() + i));
  probe_.expressions.clear();
  probe_.kept = true;
  probed_.clear();
}

std::optional<Statement> Judgement::Ask() {
  const model::Resource& resource = request_.resource;
  References(!given_judged_, true);
  Condition(rule_, Purpose::kRule, {});
  for (FieldId id : draft_.guarded()) Condition(request_.rules.Write(resource.field(id)), Purpose::kField, id);
  draft_.Check();
  if (probe_.expressions.empty()) return std::nullopt;
  Probe probe = probe_;
  probe.resource = resource.id;
  probe.row = draft_.row();
  return probe;
}

void Judgement::Condition(const ExprPtr& rule, Purpose purpose, FieldId field) {
  if (cel::IsTrue(rule)) return;
  if (!cel::IsFalse(rule) && !draft_.CanJudge(*rule)) return;  // the wrong fields are told instead
  if (!cel::IsFalse(rule) && draft_.LosesWay(*rule)) return Failed(purpose, field);
  if (!cel::IsFalse(rule) && cel::Measure(*rule).relations) {
    probe_.expressions.push_back(rule);
    probe_.kept = false;
    probed_.push_back({purpose, field});
    return;
  }
  if (!HoldsFor(*rule, request_.resource, draft_.row())) Failed(purpose, field);
}

// References that the body gives, and those that it does not.
void Judgement::References(bool given, bool others) {
  const auto& relations = request_.resource.relations;
  for (size_t i = 0; i < relations.size(); ++i) {
    if (relations[i].to_many || !(draft_.Given(relations[i].local) ? given : others)) continue;
    if (!MustJudge(relations[i])) continue;
    Reference(relations[i], model::RelationId{static_cast<uint32_t>(i)});
  }
}

// One that stays as it is needs no judging, unless the caller does not read it: then it may be a guess.
bool Judgement::MustJudge(const model::Relation& relation) const {
  if (draft_.row()[relation.local.index()].is_null()) return false;
  return draft_.Changed(relation.local) || (draft_.Given(relation.local) && !draft_.Reads(relation.local));
}

// A row that is made refers to itself: it is not there yet to be found.
bool Judgement::ToItself(const model::Relation& relation) const {
  const model::Resource& resource = request_.resource;
  return draft_.creates() && relation.target == resource.id && resource.key.size() == 1 &&
         draft_.row()[relation.local.index()] == draft_.row()[resource.key[0].index()];
}

void Judgement::Reference(const model::Relation& relation, model::RelationId id) {
  if (ToItself(relation)) {
    if (!draft_.Given(relation.local)) return;
    return Condition(request_.rules.Access(request_.resource, &model::Access::get), Purpose::kReference,
                     relation.local);
  }
  ExprPtr exists = request_.references.Of(request_.resource, id);
  if (draft_.Given(relation.local)) {
    // What the caller refers to, it must be able to get; what a default refers to must be there.
    ExprPtr rule = request_.rules.Access(request_.service.resource(relation.target), &model::Access::get);
    if (cel::IsFalse(rule)) return Failed(Purpose::kReference, relation.local);
    if (!cel::IsTrue(rule)) {
      int slot = 2;
      cel::Gate guard{cel::Rebase(rule, RowAt(relation.target, 1), &slot), 1};
      exists = RowExists(request_.resource, id, std::move(guard), slot);
      probe_.kept = false;
    }
  }
  if (!draft_.CanJudge(*FieldOf(request_.resource, relation.local, RowAt(request_.resource.id, 0)))) return;
  probe_.expressions.push_back(std::move(exists));
  probed_.push_back({Purpose::kReference, relation.local});
}

// References first: a rule that looks at a row that the caller may not refer to does not hold, as if there were none.
void Judgement::Answered(const types::Rows& rows) {
  auto judge = [&](bool references) {
    for (size_t i = 0; i < probed_.size(); ++i) {
      if ((probed_[i].purpose == Purpose::kReference) != references) continue;
      const types::Cell& cell = rows.at(0, i);
      bool holds = !cell.is_null() && cell.integer != 0;
      if (!holds || (!references && draft_.LosesWay(*probe_.expressions[i]))) {
        Failed(probed_[i].purpose, probed_[i].field);
      }
    }
  };
  judge(true);
  judge(false);
}

void Judgement::Failed(Purpose purpose, FieldId field) {
  switch (purpose) {
    case Purpose::kRule: refused_ = true; return;
    case Purpose::kField:
      if (denied_.empty()) denied_ = request_.resource.field(field).name;
      return;
    case Purpose::kReference: draft_.AddError(field, Detail::kReferenceNotFound, "refers to no row"); return;
  }
}

std::optional<call::ApiError> Judgement::Verdict(std::optional<call::ApiError> precondition) {
  std::optional<call::ApiError> misshapen;
  if (draft_.creates() && !cel::IsFalse(rule_)) misshapen = draft_.Misshapen();
  if (refused_ && !misshapen) {
    return request_.rules.Denied(fmt::format("{} {}", request_.operation.name, "of such a row"));
  }
  if (!draft_.denied().empty()) return request_.rules.DeniedField(draft_.denied());
  if (!denied_.empty()) return request_.rules.DeniedField(denied_);
  if (refused_) return misshapen;
  if (precondition) return precondition;
  if (auto errors = draft_.Errors()) return errors;
  return CheckTransitions(request_.resource, request_.rules, draft_);
}

std::vector<Statement> Only(Statement statement) {
  std::vector<Statement> only;
  only.push_back(std::move(statement));
  return only;
}

}  // namespace ashlar::plan
