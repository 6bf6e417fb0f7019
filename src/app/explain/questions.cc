// SPDX-License-Identifier: Apache-2.0
#include "app/explain/questions.h"

#include "call/aggregation.h"
#include "model/reach.h"
#include "model/row_id.h"

namespace ashlar::app {
namespace {

using json::Json;
using model::OperationKind;
using What = Question::What;

// The id of a row that might be there, as paths write it.
std::string IdOf(const model::Resource& resource) {
  types::Values key;
  for (model::FieldId part : resource.key) {
    const types::Type& type = *resource.field(part).type;
    auto value = type.Parse(type.Example());
    key.push_back(value ? std::move(*value) : types::Value{std::string("example")});
  }
  return model::FormatId(resource, key);
}

// A body that holds what must be given.
Json BodyOf(const model::Resource& resource) {
  json::Object body;
  for (const model::Field& field : resource.fields) {
    bool given = field.system == model::SystemField::kNone && field.required && field.default_value == nullptr;
    if (given || (field.system == model::SystemField::kId && resource.id_kind == model::IdKind::kString)) {
      body.push_back({field.name, field.type->Example()});
    }
  }
  return Json(std::move(body));
}

call::Call CallOf(const model::Operation& operation, const model::Resource& resource) {
  call::Call call;
  call.operation = operation.id;
  call.preconditions.if_match = call.preconditions.if_match_any = resource.if_match_required;
  if (operation.kind == OperationKind::kAggregate) {
    call.aggregation = std::make_shared<const call::Aggregation>(call::Aggregation{.select = {"count"}});
    return call;
  }
  bool by_id = operation.kind != OperationKind::kList && operation.kind != OperationKind::kCreate;
  if (by_id) call.id = IdOf(resource);
  if (operation.kind == OperationKind::kCreate || operation.kind == OperationKind::kReplace) {
    call.body = BodyOf(resource);
  } else if (operation.kind == OperationKind::kUpdate) {
    call.body = Json(json::Object{});
  }
  return call;
}

// The text of a value that a field might hold, as a query parameter writes it.
std::string TextOf(const model::Field& field) {
  Json example = field.type->Example();
  const std::string* text = example.string();
  return text == nullptr ? json::ToText(example) : *text;
}

bool IsList(const model::Field& field) { return field.type->kind() == types::Kind::kList; }

}  // namespace

std::vector<Asker> AskersOf(const model::Service& service) {
  call::Caller user;
  user.kind = call::Caller::Kind::kPrincipal;
  user.principal.id = types::Uuid{{0x01}};
  user.principal.email = std::string("somebody@example.com");
  user.principal.claims = Json(json::Object{});
  std::vector<Asker> askers = {{"anonymous", {}}, {"signed in", user}};
  for (const model::Role& role : service.roles) {
    user.principal.roles = role.all;
    askers.push_back({"role " + role.name, user});
  }
  askers.emplace_back();
  askers.back().caller.kind = call::Caller::Kind::kOperator;
  return askers;
}

std::vector<Question> QuestionsOf(const model::Service& service, const model::Operation& operation) {
  const model::Resource& resource = service.resource(operation.resource);
  call::Call plain = CallOf(operation, resource);
  std::vector<Question> questions = {{What::kPlain, "", plain}};
  bool shows = operation.kind == OperationKind::kList || operation.kind == OperationKind::kGet;
  if (operation.kind == OperationKind::kDelete && model::Purges(resource)) {
    questions.push_back({What::kPurge, "", plain});
    questions.back().call.purge = true;
  }
  if (!shows) return questions;
  for (const model::Relation& relation : resource.relations) {
    Question include{What::kInclude, relation.name, plain};
    include.call.paging.total = false;
    include.call.selection.includes.push_back({relation.name, relation.name, {}});
    questions.push_back(std::move(include));
  }
  if (operation.kind == OperationKind::kList) {
    Question cursor{What::kCursor, "", plain};
    cursor.call.paging.cursor = true;
    cursor.call.paging.per_page = 1;
    questions.push_back(std::move(cursor));
  }
  return questions;
}

namespace {

// Groups by one field.
Question GroupBy(const model::Field& field, const model::Operation& operation, const model::Resource& resource) {
  Question question{What::kGroup, field.name, CallOf(operation, resource)};
  question.call.paging.total = false;
  question.call.aggregation =
      std::make_shared<const call::Aggregation>(call::Aggregation{.select = {"count"}, .group_by = {field.name}});
  return question;
}

}  // namespace

std::vector<Question> ClausesOf(const model::Service& service, const model::Operation& operation) {
  const model::Resource& resource = service.resource(operation.resource);
  std::vector<Question> questions;
  bool lists = operation.kind == OperationKind::kList;
  if (!lists && operation.kind != OperationKind::kAggregate) return questions;
  for (const model::Field& field : resource.fields) {
    if (field.system == model::SystemField::kVersion || field.system == model::SystemField::kDeletedAt) continue;
    if (!lists) {
      if (field.type->sortable() && !field.write_only) questions.push_back(GroupBy(field, operation, resource));
      continue;
    }
    Question question{What::kFilter, field.name, CallOf(operation, resource)};
    question.call.paging.total = false;
    if (field.type->filterable() && !IsList(field)) {
      questions.push_back(question);
      questions.back().call.where.push_back({field.name, {field.name}, call::Operator::kEq, {TextOf(field)}});
    }
    if (field.type->sortable()) {
      question.what = What::kSort;
      questions.push_back(std::move(question));
      questions.back().call.sort.push_back({field.name, false});
    }
  }
  return questions;
}

}  // namespace ashlar::app
