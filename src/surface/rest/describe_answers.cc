// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe_answers.h"

#include <map>

#include "call/api_error.h"
#include "model/reach.h"
#include "surface/rest/describe_envelope.h"
#include "surface/rest/describe_schemas.h"
#include "types/datetime.h"

namespace ashlar::surface::rest {
namespace {

using call::Code;
using model::OperationKind;

struct HeaderRow {
  std::string_view name;
  std::string_view description;
  std::string_view schema;
};
constexpr HeaderRow kHeaders[] = {
    {"X-Request-Id", "The request's name in the log: the one that came with it, where it was sane.",
     R"({"type":"string","maxLength":128,"pattern":"^[A-Za-z0-9._-]+$"})"},
    {"ETag",
     "The row's version in quotes; behind it a hash where the answer is not the whole row, and the coding of a "
     "compressed one.",
     R"({"type":"string","maxLength":128,"pattern":"^\"[0-9]+(-[A-Za-z0-9_-]+)?\"$","examples":["\"7\""]})"},
    {"Location", "The address of the new row.", R"({"type":"string","format":"uri-reference","maxLength":8192})"},
    {"Link", "The neighbours of the page (RFC 8288): `rel=\"next\"`, `rel=\"prev\"`; absent where there are none.",
     R"({"type":"string","maxLength":65536})"},
    {"Cache-Control",
     "How long the answer may be kept (RFC 9111): `no-store` unless the contract says otherwise of all that is in it; "
     "`public` only where no credential came with the request.",
     R"({"type":"string","maxLength":64,"examples":["private, max-age=30"]})"},
    {"Deprecation",
     "Since when this should no longer be used (RFC 9745), as seconds since 1970; 0 where no day is known.",
     R"({"type":"string","maxLength":32,"pattern":"^@-?[0-9]+$"})"},
    {"Sunset", "When this will be gone (RFC 8594).", R"({"type":"string","maxLength":64})"},
    {"Idempotency-Replayed",
     "`true`: this is what was answered to the same request before; absent elsewhere (see `Idempotency-Key`).",
     R"({"type":"string","const":"true","maxLength":4})"},
    {"Retry-After", "After how many seconds to try again.",
     R"({"type":"integer","format":"int32","minimum":0,"maximum":86400})"},
    {"WWW-Authenticate", "How to authenticate (RFC 6750).", R"({"type":"string","maxLength":1024})"},
    {"RateLimit",
     "What is left of the limits that apply to the caller (`r`) and in how many seconds there is more (`t`); absent "
     "where none applies.",
     R"({"type":"string","maxLength":2048,"examples":["\"600/min per user\";r=599;t=1"]})"},
    {"RateLimit-Policy", "What those limits are: so many (`q`) in so many seconds (`w`).",
     R"({"type":"string","maxLength":2048,"examples":["\"600/min per user\";q=600;w=60"]})"},
    {"Access-Control-Allow-Origin",
     "Which pages of other origins may read the answer: `*`, or the origin that asked; absent where it may not.",
     R"({"type":"string","maxLength":2048})"},
};

constexpr std::string_view kReplayed = "Idempotency-Replayed";

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
// A PUT makes what is not there, where the id is the client's to give.
bool Creates(const model::Resource& resource, OperationKind kind) {
  return kind == OperationKind::kCreate || (kind == OperationKind::kReplace && resource.id_kind != model::IdKind::kInt);
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
    case Code::kRefreshReused:     // of /auth alone
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

using Group = std::vector<const call::CodeRow*>;  // the errors behind one status

// By status, in the order of numbers.
std::map<int, Group> ErrorsOf(const model::Service& service, const model::Operation& operation) {
  const model::Resource& resource = service.resource(operation.resource);
  std::map<int, Group> groups;
  for (const call::CodeRow& row : call::Codes()) {
    if (Gives(row.code, resource, operation.kind)) groups[row.status].push_back(&row);
  }
  if (IsLimited(service, operation)) groups[429] = {&RowOf(Code::kRateLimited)};
  return groups;
}

// Of a batch, which is refused as any of its operations, or for its own form.
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

Group Beforehand() {
  Group group;
  for (const call::CodeRow& row : call::Codes()) {
    if (IsBeforehand(row.code)) group.push_back(&row);
  }
  return group;
}

bool IsOutdated(const model::Resource* resource) { return resource != nullptr && resource->deprecated.has_value(); }

// What an answer with one of these errors is called: "CONFLICT.REFERENCED"; of a resource that is going, whose answers
// say so in their headers, "CONFLICT.Product".
std::string NameOf(const Group& group, const model::Resource* resource) {
  std::string name;
  for (const call::CodeRow* row : group) name += (name.empty() ? "" : ".") + std::string(row->name);
  return IsOutdated(resource) ? fmt::format("{}.{}", name, resource->name) : name;
}

void WriteHeaders(std::initializer_list<std::string_view> names, const model::Resource* resource, json::Writer& out) {
  out.Key("headers");
  out.BeginObject();
  auto write = [&out](std::string_view name) {
    out.Key(name);
    WriteReference("headers", name, out);
  };
  for (std::string_view name : names) write(name);
  for (std::string_view name :
       {"X-Request-Id", "Cache-Control", "RateLimit", "RateLimit-Policy", "Access-Control-Allow-Origin"})
    write(name);
  if (IsOutdated(resource)) {
    write("Deprecation");
    if (types::ParseDate(resource->deprecated->sunset)) write("Sunset");
  }
  out.EndObject();
}

class SuccessWriter {
 public:
  SuccessWriter(const model::Service& service, const model::Operation& operation, json::Writer& out)
      : service_(service), resource_(service.resource(operation.resource)), kind_(operation.kind), out_(out) {}

  void Write() {
    switch (kind_) {
      case OperationKind::kList: return Rows("A page of rows.", Shape::kView, {"Link"});
      case OperationKind::kAggregate: return Rows("A page of groups.", Shape::kGroup, {"Link"});
      case OperationKind::kHistory: return Rows("A page of the row's changes, newest first.", Shape::kChange, {});
      case OperationKind::kGet:
        Row("200", "The row.", Shape::kView, {"ETag"});
        return Empty("304", "The row is as `If-None-Match` knows it.", {"ETag"});
      case OperationKind::kCreate: return Row("201", "The new row.", Shape::kRow, {"Location", "ETag", kReplayed});
      case OperationKind::kUpdate:
      case OperationKind::kRestore: return Row("200", "The row as it is now.", Shape::kRow, {"ETag", kReplayed});
      case OperationKind::kReplace:
        Row("200", "The row as it is now.", Shape::kRow, {"ETag"});
        if (Creates(resource_, kind_)) Row("201", "The new row.", Shape::kRow, {"Location", "ETag"});
        return;
      case OperationKind::kDelete: return Empty("204", "The row is deleted.", {});
    }
  }

 private:
  void Begin(std::string_view status, std::string_view description, std::initializer_list<std::string_view> headers) {
    out_.Key(status);
    out_.BeginObject();
    out_.Field("description", description);
    WriteHeaders(headers, &resource_, out_);
  }

  void Empty(std::string_view status, std::string_view description, std::initializer_list<std::string_view> headers) {
    Begin(status, description, headers);
    out_.EndObject();
  }

  void BeginEnvelope() {
    out_.Key("content");
    out_.BeginObject();
    out_.Key("application/json");
    out_.BeginObject();
    out_.Key("schema");
    out_.BeginObject();
    out_.Field("type", "object");
    WriteStrings("required", {"data", "meta"}, out_);
    out_.Key("properties");
    out_.BeginObject();
    out_.Key("data");
  }

  void EndEnvelope(std::string_view meta) {
    out_.Key("meta");
    WriteReference("schemas", CommonSchemaName(service_, meta), out_);
    for (int i = 0; i < 5; ++i) out_.EndObject();
  }

  void Row(std::string_view status, std::string_view description, Shape shape,
           std::initializer_list<std::string_view> headers) {
    bool hidden = shape == Shape::kRow && MayBeHidden(resource_);
    Begin(status, description, headers);
    BeginEnvelope();
    if (hidden) {  // who may write a row need not be able to read it
      out_.BeginObject();
      out_.Key("anyOf");
      out_.BeginArray();
    }
    WriteReference("schemas", SchemaName(service_, resource_, shape), out_);
    if (hidden) {
      out_.Raw(R"({"type":"null"})");
      out_.EndArray();
      out_.Field("description", "The row; null where the caller may not read what it wrote.");
      out_.EndObject();
    }
    EndEnvelope("Meta");
  }

  void Rows(std::string_view description, Shape shape, std::initializer_list<std::string_view> headers) {
    Begin("200", description, headers);
    BeginEnvelope();
    out_.BeginObject();
    out_.Field("type", "array");
    out_.Field("maxItems", resource_.page_max);
    out_.Key("items");
    WriteReference("schemas", SchemaName(service_, resource_, shape), out_);
    out_.EndObject();
    EndEnvelope("ListMeta");
  }

  const model::Service& service_;
  const model::Resource& resource_;
  OperationKind kind_;
  json::Writer& out_;
};

struct Refusal {
  Group group;
  const model::Resource* resource = nullptr;  // whose headers it has, besides
};

void WriteRefusal(const model::Service& service, const Refusal& refusal, json::Writer& out) {
  std::string description;
  bool credential = false;
  bool later = false;
  for (const call::CodeRow* row : refusal.group) {
    description += fmt::format("{}`{}`: {}.", description.empty() ? "" : " ", row->name, row->message);
    credential = credential || row->status == 401;
    later = later || row->status == 503 || row->status == 429;
  }
  out.BeginObject();
  out.Field("description", description);
  if (credential) {
    WriteHeaders({"WWW-Authenticate"}, refusal.resource, out);
  } else if (later) {
    WriteHeaders({"Retry-After"}, refusal.resource, out);
  } else {
    WriteHeaders({}, refusal.resource, out);
  }
  out.Key("content");
  out.BeginObject();
  out.Key("application/json");
  out.BeginObject();
  out.Key("schema");
  WriteReference("schemas", CommonSchemaName(service, "ApiError"), out);
  out.Key("examples");
  out.BeginObject();
  for (const call::CodeRow* row : refusal.group) {
    out.Key(row->name);
    WriteReference("examples", row->name, out);
  }
  out.EndObject();
  for (int i = 0; i < 3; ++i) out.EndObject();
}

void WriteErrorExample(const call::CodeRow& row, json::Writer& out) {
  out.BeginObject();
  out.Field("summary", row.message);
  out.Key("value");
  out.BeginObject();
  out.Key("error");
  out.BeginObject();
  out.Field("code", row.name);
  out.Field("message", row.message);
  if (row.code == Code::kValidationError) {
    out.Key("details");
    out.Raw(R"([{"field":"name","code":"REQUIRED","message":"must be given"}])");
  }
  out.EndObject();
  out.Key("meta");
  out.Raw(R"({"timestamp":"2024-02-29T12:00:00.000000Z","requestId":"01976f3c-2a00-7000-8000-0000000000a1"})");
  out.EndObject();
  out.EndObject();
}

}  // namespace

void WriteResponses(const model::Service& service, const model::Operation& operation, json::Writer& out) {
  out.Key("responses");
  out.BeginObject();
  SuccessWriter(service, operation, out).Write();
  const model::Resource& resource = service.resource(operation.resource);
  for (const auto& [status, group] : ErrorsOf(service, operation)) {
    out.Key(std::to_string(status));
    WriteReference("responses", NameOf(group, &resource), out);
  }
  out.Key("default");
  WriteReference("responses", NameOf(Beforehand(), nullptr), out);
  out.EndObject();
}

void WriteBatchResponses(const model::Service& service, json::Writer& out) {
  out.Key("responses");
  out.BeginObject();
  out.Key("200");
  out.BeginObject();
  out.Field("description", "All of it is done.");
  WriteHeaders({kReplayed}, nullptr, out);
  out.Key("content");
  out.Raw(fmt::format(R"({{"application/json":{{"schema":{{"type":"object","required":["data","meta"],"properties":)"
                      R"({{"data":{{"type":"array","maxItems":100,"description":"What each operation answered, in )"
                      R"(their order.","items":{{"$ref":"#/components/schemas/{}"}}}},)"
                      R"("meta":{{"$ref":"#/components/schemas/{}"}}}}}}}}}})",
                      CommonSchemaName(service, "BatchResult"), CommonSchemaName(service, "Meta")));
  out.EndObject();
  for (const auto& [status, group] : ErrorsOfBatch(service)) {
    out.Key(std::to_string(status));
    WriteReference("responses", NameOf(group, nullptr), out);
  }
  out.Key("default");
  WriteReference("responses", NameOf(Beforehand(), nullptr), out);
  out.EndObject();
}

void WriteHealthResponses(bool ready, json::Writer& out) {
  out.Key("responses");
  out.BeginObject();
  out.Key("200");
  out.BeginObject();
  out.Field("description", ready ? "It serves requests." : "It runs.");
  WriteHeaders({}, nullptr, out);
  out.Key("content");
  out.Raw(R"({"application/json":{"schema":{"type":"object","required":["status"],"properties":{"status":)"
          R"({"type":"string","const":"ok","description":"Always `ok`."}}}}})");
  out.EndObject();
  if (ready) {
    out.Key("503");
    WriteReference("responses", NameOf({&RowOf(Code::kUnavailable)}, nullptr), out);
  }
  out.Key("default");
  WriteReference("responses", NameOf(Beforehand(), nullptr), out);
  out.EndObject();
}

void WriteAnswerComponents(const model::Service& service, json::Writer& out) {
  std::map<std::string, Refusal> refusals;
  auto add = [&refusals](Group group, const model::Resource* resource) {
    std::string name = NameOf(group, resource);
    refusals.emplace(std::move(name), Refusal{std::move(group), resource});
  };
  add(Beforehand(), nullptr);
  add({&RowOf(Code::kUnavailable)}, nullptr);
  for (auto& [status, group] : ErrorsOfBatch(service)) add(std::move(group), nullptr);
  for (const model::Operation& operation : service.operations) {
    const model::Resource& resource = service.resource(operation.resource);
    if (operation.internal || !resource.routed) continue;
    for (auto& [status, group] : ErrorsOf(service, operation)) {
      add(std::move(group), IsOutdated(&resource) ? &resource : nullptr);
    }
  }
  out.Key("responses");
  out.BeginObject();
  for (const auto& [name, refusal] : refusals) {
    out.Key(name);
    WriteRefusal(service, refusal, out);
  }
  out.EndObject();
  out.Key("headers");
  out.BeginObject();
  Referred referred(out);
  for (const HeaderRow& row : kHeaders) {
    if (!referred.To("headers", row.name)) continue;
    out.Key(row.name);
    out.BeginObject();
    out.Field("description", row.description);
    out.Key("schema");
    out.Raw(row.schema);
    out.EndObject();
  }
  out.EndObject();
  out.Key("examples");
  out.BeginObject();
  for (const call::CodeRow& row : call::Codes()) {
    if (!referred.To("examples", row.name)) continue;
    out.Key(row.name);
    WriteErrorExample(row, out);
  }
  out.EndObject();
}

}  // namespace ashlar::surface::rest
