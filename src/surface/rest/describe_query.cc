// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe_query.h"

#include "model/reach.h"
#include "surface/rest/decode.h"
#include "surface/rest/describe_answers.h"
#include "surface/rest/describe_security.h"
#include "surface/rest/query_body.h"

namespace ashlar::surface::rest {
namespace {

struct MemberRow {
  std::string_view name;
  std::string_view schema;
};
constexpr std::string_view kNames =
    R"({"type":"array","maxItems":1000,"items":{"type":"string","minLength":1,"maxLength":255}})";
constexpr std::string_view kCursor = R"({"type":"string","maxLength":8192})";
constexpr MemberRow kMembers[] = {
    {"where",
     R"({"type":"object","description":"Conditions that all hold: `{\"price\": {\"gte\": \"10\"}}`, equal as )"
     R"(`{\"name\": \"Tea\"}`, over relations as `{\"category.name\": \"Tea\"}` or, of one and the same related row, )"
     R"(`{\"category\": {...}}`; `and` and `or` take arrays of the same, `not` one."})"},
    {"filter", R"({"type":"string","minLength":1,"maxLength":8192,"description":"A condition in CEL."})"},
    {"q",
     R"({"type":"string","minLength":1,"maxLength":1024,)"
     R"("description":"Words that all must occur in the searched fields."})"},
    {"sort", kNames},
    {"fields", kNames},
    {"include", kNames},
    {"page", R"({"type":"integer","format":"int32","minimum":1,"maximum":1000000})"},
    {"perPage", R"({"type":"integer","format":"int32","minimum":1,"maximum":)"},  // and the resource's own
    {"total", R"({"type":"boolean"})"},
    {"after", kCursor},
    {"before", kCursor},
    {"deleted", R"({"type":"string","enum":["with","only"]})"},
};
static_assert(std::size(kMembers) == std::size(kQueryMembers));

}  // namespace

void WriteQueryExtension(const model::Service& service, const model::Operation& list, json::Writer& out) {
  const model::Resource& resource = service.resource(list.resource);
  out.Key("x-query");
  out.BeginObject();
  out.Field("operationId", "query" + list.name.substr(std::string_view("list").size()));
  out.Field("summary", "The list, its parameters in a body");
  out.Field("description",
            "The HTTP method QUERY: safe, as GET is, and with the same answers. For what an address is too short for, "
            "and for conditions that are not all joined by `and`.");
  out.Key("requestBody");
  out.BeginObject();
  out.Field("required", true);
  out.Key("content");
  out.BeginObject();
  out.Key(kJson);
  out.BeginObject();
  out.Key("schema");
  out.BeginObject();
  out.Field("type", "object");
  out.Field("additionalProperties", false);
  out.Key("properties");
  out.BeginObject();
  for (const MemberRow& row : kMembers) {
    if (row.name == "q" && !resource.searched()) continue;
    if (row.name == "deleted" && !resource.soft_delete) continue;
    out.Key(row.name);
    out.Raw(row.name == "perPage" ? fmt::format("{}{}}}", row.schema, resource.page_max) : std::string(row.schema));
  }
  for (int i = 0; i < 5; ++i) out.EndObject();
  WriteResponses(service, list, out);
  WriteSecurity(service, {.none = model::MayBeAnonymous(model::GateOf(resource, list.kind))}, out);
  out.EndObject();
}

}  // namespace ashlar::surface::rest
