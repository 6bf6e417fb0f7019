// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe_answers.h"

#include <map>

#include "call/api_error.h"
#include "model/reach.h"
#include "surface/rest/describe_envelope.h"
#include "surface/rest/describe_errors.h"
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

void WriteOtherResponses(const model::Service& service, const OtherAnswer& answer, json::Writer& out) {
  out.Key("responses");
  out.BeginObject();
  out.Key(std::to_string(answer.status));
  out.BeginObject();
  out.Field("description", answer.description);
  WriteHeaders({}, nullptr, out);
  if (!answer.data.empty()) {
    out.Key("content");
    out.Raw(fmt::format(R"({{"application/json":{{"schema":{{"type":"object","required":["data","meta"],"properties":)"
                        R"({{"data":{},"meta":{{"$ref":"#/components/schemas/{}"}}}}}}}}}})",
                        answer.data, CommonSchemaName(service, "Meta")));
  }
  out.EndObject();
  for (const auto& [status, group] : ErrorsOfOther(answer)) {
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

void WriteAnswerComponents(const model::Service& service, std::span<const OtherAnswer* const> others,
                           json::Writer& out) {
  std::map<std::string, Refusal> refusals;
  auto add = [&refusals](Group group, const model::Resource* resource) {
    std::string name = NameOf(group, resource);
    refusals.emplace(std::move(name), Refusal{std::move(group), resource});
  };
  add(Beforehand(), nullptr);
  add({&RowOf(Code::kUnavailable)}, nullptr);
  for (auto& [status, group] : ErrorsOfBatch(service)) add(std::move(group), nullptr);
  for (const OtherAnswer* other : others) {
    for (auto& [status, group] : ErrorsOfOther(*other)) add(std::move(group), nullptr);
  }
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
