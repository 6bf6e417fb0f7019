// SPDX-License-Identifier: Apache-2.0
#include "app/access/asking.h"

#include "app/operator/request.h"
#include "base/utf8.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

using call::Caller;

// A role with all that it inherits.
Result<std::vector<std::string>> RolesOf(const model::Service& service, const std::string& name) {
  const model::Role* role = service.FindRole(name);
  if (role == nullptr) return Fail(ErrorKind::kInvalid, fmt::format("--as: {}", UnknownRole(service, name)));
  return role->all;
}

// The roles of a User's row: those that the contract still has, with what they inherit.
void TakeRoles(const model::Service& service, const types::Value& value, std::vector<std::string>& roles) {
  const auto* list = value.get<types::List>();
  if (list == nullptr) return;
  for (const types::Value& item : list->items) {
    const model::Role* role = service.FindRole(*item.get<std::string>());
    if (role == nullptr) continue;
    for (const std::string& one : role->all) {
      if (std::ranges::find(roles, one) == roles.end()) roles.push_back(one);
    }
  }
}

Result<Asking> FromUser(const Runtime& runtime, const std::string& who, Observer& observer) {
  const model::Service& service = *runtime.service;
  const model::Resource& user = service.resource(service.user);
  call::Call list;
  list.operation = service.FindOperation(service.user, model::OperationKind::kList);
  const bool by_id = types::ParseUuid(who).has_value();
  const std::string field = by_id ? "id" : "email";
  list.where.push_back({field, {field}, call::Operator::kEq, {by_id ? who : FoldCase(who)}});
  auto found = RunOne(runtime, list, observer);
  if (!found && RowOf(found.error().code).status >= 500) return Fail(ErrorKind::kUnavailable, found.error().message);
  if (!found || found->rows.rows.empty()) {
    return Fail(ErrorKind::kNotFound, fmt::format("--as: there is no user '{}'", who));
  }
  Asking asking;
  asking.caller.kind = Caller::Kind::kPrincipal;
  cel::Principal& principal = asking.caller.principal;
  principal.claims = json::Json(json::Object{});
  for (const call::RowSet::Column& column : found->rows.columns) {
    const model::Field& shown = user.field(column.field);
    types::Value value = shown.type->ToValue(found->rows.rows.at(0, column.cell));
    if (shown.system == model::SystemField::kId) principal.id = value;
    if (shown.name == "email") principal.email = value;
    if (shown.name == "roles") TakeRoles(service, value, principal.roles);
    if (shown.name == "disabled") asking.disabled = value.get<bool>() != nullptr && *value.get<bool>();
  }
  asking.caller.id = types::FormatUuid(*principal.id.get<types::Uuid>());
  const auto* email = principal.email.get<std::string>();
  asking.told = fmt::format("user {} ({}; roles: {})", asking.caller.id, email == nullptr ? "no address" : *email,
                            principal.roles.empty() ? "none" : fmt::format("{}", fmt::join(principal.roles, ", ")));
  return asking;
}

}  // namespace

Result<Asking> ReadAsking(const Runtime& runtime, const std::string& as, Observer& observer) {
  const size_t colon = as.find(':');
  const std::string kind = as.substr(0, colon);
  const std::string name = colon == std::string::npos ? "" : as.substr(colon + 1);
  Asking asking;
  asking.told = as;
  if (as == "anonymous") return asking;
  if (kind == "user" && !name.empty()) return FromUser(runtime, name, observer);
  asking.caller.kind = Caller::Kind::kPrincipal;
  asking.caller.principal.claims = json::Json(json::Object{});
  if (kind == "role" && !name.empty()) {
    TRY(roles, RolesOf(*runtime.service, name));
    asking.caller.principal.roles = std::move(roles);
    types::Uuid id;
    id.bytes.fill(0xff);  // of no row (RFC 9562, 5.10)
    asking.caller.principal.id = id;
    asking.caller.id = types::FormatUuid(id);
    asking.told = fmt::format("a user of no row with the role {}", name);
    return asking;
  }
  if (kind == "service" && (colon == std::string::npos || !name.empty())) {
    asking.caller.principal.kind = "service";
    if (name.empty()) return asking;
    TRY(roles, RolesOf(*runtime.service, name));
    asking.caller.principal.roles = std::move(roles);
    asking.told = fmt::format("a service with the role {}", name);
    return asking;
  }
  return Fail(
      ErrorKind::kInvalid,
      fmt::format("--as: '{}' is none of anonymous, user:ID, user:EMAIL, role:NAME, service, service:ROLE", as));
}

}  // namespace ashlar::app
