// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe_query.h"

#include "model/reach.h"
#include "surface/rest/decode.h"
#include "surface/rest/query_body.h"

namespace ashlar::surface::rest {
namespace {

struct MemberRow {
  std::string_view name;
  std::string_view schema;
};
constexpr MemberRow kMembers[] = {
    {"where",
     R"({"type":"object","description":"Conditions that all hold: `{\"price\": {\"gte\": \"10\"}}`, equal as )"
     R"(`{\"name\": \"Tea\"}`, over relations as `{\"category.name\": \"Tea\"}` or, of one and the same related row, )"
     R"(`{\"category\": {...}}`; `and` and `or` take arrays of the same, `not` one."})"},
    {"filter", R"({"type":"string","minLength":1,"maxLength":8192,"description":"A condition in CEL."})"},
    {"q", R"({"type":"string","description":"Words that all must occur in the searched fields."})"},
    {"sort", R"({"type":"array","maxItems":1000,"items":{"type":"string"}})"},
    {"fields", R"({"type":"array","maxItems":1000,"items":{"type":"string"}})"},
    {"include", R"({"type":"array","maxItems":1000,"items":{"type":"string"}})"},
    {"page", R"({"type":"integer","minimum":1,"maximum":1000000})"},
    {"perPage", R"({"type":"integer","minimum":1})"},
    {"total", R"({"type":"boolean"})"},
    {"after", R"({"type":"string"})"},
    {"before", R"({"type":"string"})"},
    {"deleted", R"({"type":"string","enum":["with","only"]})"},
};
static_assert(std::size(kMembers) == std::size(kQueryMembers));

}  // namespace

void WriteQueryExtension(const model::Service& service, const model::Operation& list, json::Writer& out) {
  const model::Resource& resource = service.resource(list.resource);
  out.Key("x-query");
  out.BeginObject();
  out.Field("operationId", list.name);
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
    out.Raw(row.schema);
  }
  for (int i = 0; i < 6; ++i) out.EndObject();
}

}  // namespace ashlar::surface::rest
