// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe_errors.h"

#include <algorithm>

#include "model/reach.h"

namespace ashlar::surface::rest {
namespace {

using call::Code;
using model::OperationKind;

bool TakesBody(OperationKind kind) {
  return kind == OperationKind::kCreate || kind == OperationKind::kUpdate || kind == OperationKind::kReplace;
}
// Idempotency-Key: POST and PATCH.
bool TakesKey(OperationKind kind) {
  return kind == OperationKind::kCreate || kind == OperationKind::kUpdate || kind == OperationKind::kRestore;
}
bool HasId(OperationKind kind) {
  return kind != OperationKind::kList && kind != OperationKind::kCreate && kind != OperationKind::kAggregate;
}
bool ChangesRow(OperationKind kind) {
  return kind == OperationKind::kUpdate || kind == OperationKind::kReplace || kind == OperationKind::kDelete ||
         kind == OperationKind::kRestore;
}
std::span<const std::string_view> MethodsOf(OperationKind kind) {
  static constexpr std::string_view kList[] = {"GET", "QUERY"}, kGet[] = {"GET"}, kPost[] = {"POST"},
                                    kPatch[] = {"PATCH"}, kPut[] = {"PUT"}, kDelete[] = {"DELETE"};
  switch (kind) {
    case OperationKind::kList: return kList;
    case OperationKind::kGet:
    case OperationKind::kHistory:
    case OperationKind::kAggregate: return kGet;
    case OperationKind::kCreate:
    case OperationKind::kRestore: return kPost;
    case OperationKind::kUpdate: return kPatch;
    case OperationKind::kReplace: return kPut;
    case OperationKind::kDelete: return kDelete;
  }
  return {};
}

bool HasTransitions(const model::Resource& resource) {
  auto has = [](const model::Field& field) { return field.transitions.has_value(); };
  return std::ranges::any_of(resource.fields, has);
}

// Whether a limit may be for the operation, whatever the row.
bool IsLimited(const model::Service& service, const model::Operation& operation) {
  const model::Resource& resource = service.resource(operation.resource);
  std::vector<std::string> path = {service.version, resource.collection};
  const OperationKind kind = operation.kind;
  if (HasId(kind)) path.emplace_back("{id}");
  if (kind == OperationKind::kRestore || kind == OperationKind::kHistory || kind == OperationKind::kAggregate) {
    path.emplace_back(model::NameOf(kind));
  }
  return std::ranges::any_of(service.limits, [&](const model::Limit& limit) {
    return std::ranges::any_of(MethodsOf(kind), [&](std::string_view method) { return IsFor(limit, method, path); });
  });
}

// Whether the operation can be refused so.
bool Gives(Code code, const model::Resource& resource, OperationKind kind) {
  switch (code) {
    case Code::kInvalidQuery:
    case Code::kBadRequest:
    case Code::kUnauthenticated:
    case Code::kInvalidCredentials:
    case Code::kTokenExpired:
    case Code::kForbidden:
    case Code::kNotAcceptable:
    case Code::kUnsupportedMediaType:
    case Code::kInternal:
    case Code::kOverloaded:
    case Code::kUnavailable:
    case Code::kTimeout: return true;
    case Code::kNotFound:
    case Code::kRouteNotFound: return HasId(kind);
    case Code::kPayloadTooLarge: return TakesBody(kind) || TakesKey(kind);
    case Code::kMalformedJson:
    case Code::kValidationError: return TakesBody(kind);
    case Code::kExpressionFailed: return TakesBody(kind) || kind == OperationKind::kAggregate;
    case Code::kConflict: return TakesBody(kind) || kind == OperationKind::kRestore;
    case Code::kInvalidTransition: return TakesBody(kind) && HasTransitions(resource);
    case Code::kIdempotencyInProgress:
    case Code::kIdempotencyKeyReused: return TakesKey(kind);
    case Code::kReferenced: return kind == OperationKind::kDelete && (!resource.soft_delete || model::Purges(resource));
    case Code::kPreconditionFailed: return ChangesRow(kind) || kind == OperationKind::kGet || Creates(resource, kind);
    case Code::kRateLimited: return false;  // see IsLimited
    case Code::kPreconditionRequired: return ChangesRow(kind) && resource.if_match_required;
    case Code::kSecondFactorRequired:  // these are of /auth alone
    case Code::kRefreshReused:
    case Code::kMethodNotAllowed:  // of an address, where there is no such operation
    case Code::kHeadersTooLarge:   // these are told before an operation is known
    case Code::kUriTooLong:
    case Code::kNotImplemented:
    case Code::kHttpVersion:
    case Code::kRequestTimeout:
    case Code::kExpectationFailed: return false;
  }
  return false;
}

bool IsBeforehand(Code code) {
  constexpr Code kCodes[] = {Code::kHeadersTooLarge, Code::kUriTooLong,     Code::kNotImplemented,
                             Code::kHttpVersion,     Code::kRequestTimeout, Code::kExpectationFailed};
  return std::find(std::begin(kCodes), std::end(kCodes), code) != std::end(kCodes);
}

}  // namespace

bool Creates(const model::Resource& resource, OperationKind kind) {
  return kind == OperationKind::kCreate || (kind == OperationKind::kReplace && resource.id_kind != model::IdKind::kInt);
}

std::map<int, Group> ErrorsOf(const model::Service& service, const model::Operation& operation) {
  const model::Resource& resource = service.resource(operation.resource);
  std::map<int, Group> groups;
  for (const call::CodeRow& row : call::Codes()) {
    if (Gives(row.code, resource, operation.kind)) groups[row.status].push_back(&row);
  }
  if (IsLimited(service, operation)) groups[429] = {&RowOf(Code::kRateLimited)};
  return groups;
}

std::map<int, Group> ErrorsOfBatch(const model::Service& service) {
  constexpr Code kOwn[] = {Code::kBadRequest,      Code::kInvalidQuery,          Code::kMalformedJson,
                           Code::kNotFound,        Code::kRouteNotFound,         Code::kMethodNotAllowed,
                           Code::kUriTooLong,      Code::kUnsupportedMediaType,  Code::kPayloadTooLarge,
                           Code::kValidationError, Code::kIdempotencyInProgress, Code::kIdempotencyKeyReused};
  std::map<int, Group> groups;
  for (const call::CodeRow& row : call::Codes()) {
    bool given = std::ranges::find(kOwn, row.code) != std::end(kOwn) ||
                 std::ranges::any_of(service.operations, [&](const model::Operation& operation) {
                   return Gives(row.code, service.resource(operation.resource), operation.kind);
                 });
    if (given) groups[row.status].push_back(&row);
  }
  const std::vector<std::string> path = {service.version, "batch"};
  const bool limited =
      std::ranges::any_of(service.limits, [&](const model::Limit& limit) { return IsFor(limit, "POST", path); }) ||
      std::ranges::any_of(service.operations,
                          [&](const model::Operation& operation) { return IsLimited(service, operation); });
  if (limited) groups[429] = {&RowOf(Code::kRateLimited)};
  return groups;
}

std::map<int, Group> ErrorsOfOther(const OtherAnswer& answer) {
  constexpr Code kAny[] = {Code::kInvalidQuery, Code::kNotAcceptable, Code::kRateLimited, Code::kInternal,
                           Code::kOverloaded,   Code::kUnavailable,   Code::kTimeout};
  std::map<int, Group> groups;
  for (const call::CodeRow& row : call::Codes()) {
    bool given = std::ranges::find(kAny, row.code) != std::end(kAny) ||
                 std::ranges::find(answer.errors, row.code) != answer.errors.end();
    if (given) groups[row.status].push_back(&row);
  }
  return groups;
}

Group Beforehand() {
  Group group;
  for (const call::CodeRow& row : call::Codes()) {
    if (IsBeforehand(row.code)) group.push_back(&row);
  }
  return group;
}

}  // namespace ashlar::surface::rest
