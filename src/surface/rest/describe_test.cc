// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe.h"

#include <gtest/gtest.h>

#include "base/json/json.h"
#include "contract/contract.h"

namespace ashlar::surface::rest {
namespace {

using json::Json;

// The document of a contract that names its resources alone.
Json DocumentOf(const std::string& resources) {
  std::vector<contract::Source> sources = {{"t.yaml", "service: t\nresources:\n" + resources}};
  auto service = contract::Compile(sources, {});
  EXPECT_TRUE(service) << (service ? "" : contract::Render(service.error(), false));
  if (!service) return Json{};
  auto parsed = json::Parse(DescribeOpenApi(**service));
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? *parsed : Json{};
}

// What stands at a path of names: "paths", "/v1/as", "get". Null JSON where there is nothing.
Json At(const Json& document, std::initializer_list<std::string_view> path) {
  const Json* at = &document;
  for (std::string_view name : path) {
    at = at->Find(name);
    if (at == nullptr) return Json{};
  }
  return *at;
}

std::string TextAt(const Json& document, std::initializer_list<std::string_view> path) {
  return json::ToText(At(document, path));
}

TEST(Describe, RequiredIsWhatMustBeGiven) {
  Json document = DocumentOf(R"(
  Note:
    fields:
      title: string!
      body: text
      state: { type: 'enum(open, closed)!', default: open, readOnly: true }
      kind: { type: string!, immutable: true }
      tags: '[string]'
    access: { read: public, write: public })");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "NoteCreate", "required"}), R"(["title","kind"])");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "NoteReplace", "required"}), R"(["title"])");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "NotePatch", "required"}), "null");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "NoteCreate", "properties", "state"}), "null");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "NotePatch", "properties", "state", "readOnly"}), "true");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "NotePatch", "properties", "kind", "readOnly"}), "true");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "Note", "required"}),
            R"(["id","version","createdAt","updatedAt","title","body","state","kind","tags"])");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "Note", "properties", "body", "type"}), R"(["string","null"])");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "Note", "properties", "tags", "type"}), R"("array")");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "NoteView", "required"}), "null");
}

TEST(Describe, KeysAreCredentialsWhereTheContractSaysSo) {
  const std::string resources = "  Note: { fields: { title: string! }, access: { read: public, create: signedIn } }";
  Json without = DocumentOf(resources);
  EXPECT_EQ(TextAt(without, {"components", "securitySchemes", "apiKey"}), "null");
  Json document = DocumentOf(resources + "\nidentity: { apiKeys: true }");
  EXPECT_EQ(TextAt(document, {"components", "securitySchemes", "apiKey", "name"}), R"("X-Api-Key")");
  EXPECT_EQ(TextAt(document, {"paths", "/v1/notes", "get", "security"}), R"([{},{"bearer":[]},{"apiKey":[]}])");
  EXPECT_EQ(TextAt(document, {"paths", "/v1/notes", "post", "security"}), R"([{"bearer":[]},{"apiKey":[]}])");
  EXPECT_EQ(TextAt(document, {"paths", "/v1/batch", "post", "security"}), R"([{},{"bearer":[]},{"apiKey":[]}])");
}

TEST(Describe, WhatNotEverybodyReadsIsNotPromised) {
  Json document = DocumentOf(R"(
  Note:
    fields:
      title: string!
      cost: { type: int!, default: 0, read: signedIn, write: signedIn }
      secret: { type: string, read: nobody }
    access: { get: signedIn, list: public, create: public, update: nobody })");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "Note", "required"}),
            R"(["id","version","createdAt","updatedAt","title"])");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "NoteView", "properties", "secret"}), "null");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "NoteCreate", "properties", "secret", "type"}),
            R"(["string","null"])");
  auto security = [&](std::string_view path, std::string_view method) {
    return TextAt(document, {"paths", path, method, "security"});
  };
  EXPECT_EQ(security("/v1/notes", "get"), R"([{},{"bearer":[]}])");
  EXPECT_EQ(security("/v1/notes/{id}", "get"), R"([{"bearer":[]}])");
  EXPECT_EQ(security("/v1/notes/{id}", "patch"), R"([{"bearer":[]}])");
  // Who creates may not be able to read what came of it.
  EXPECT_NE(TextAt(document, {"paths", "/v1/notes", "post", "responses", "201"}).find(R"({"type":"null"})"),
            std::string::npos);
}

TEST(Describe, NoResourceStandsInTheWayOfASchema) {
  Json document = DocumentOf(R"(
  Note: { fields: { a: string }, access: { read: public, write: public } }
  NoteView: { fields: { b: string }, access: { read: public, write: public } }
  Meta: { fields: { c: string }, access: { read: public, write: public } })");
  auto has = [&](std::string_view schema, std::string_view field) {
    return TextAt(document, {"components", "schemas", schema, "properties", field}) != "null";
  };
  EXPECT_TRUE(has("Note", "a"));
  EXPECT_TRUE(has("Note.View", "a"));
  EXPECT_TRUE(has("NoteView", "b"));
  EXPECT_TRUE(has("NoteViewView", "b"));
  EXPECT_TRUE(has("Meta", "c"));
  EXPECT_TRUE(has("any.Meta", "requestId"));
}

TEST(Describe, IdsOfEachKind) {
  Json document = DocumentOf(R"(
  A: { id: int, fields: { x: string }, access: { read: public, write: public } }
  B: { id: string, fields: { x: string }, access: { read: public, write: public } }
  C: { id: [a, b], fields: { a: A!, b: B! }, access: { read: public, write: public } })");
  auto pattern = [&](std::string_view path) {
    Json parameters = At(document, {"paths", path, "get", "parameters"});
    return parameters.array() == nullptr ? "" : TextAt(parameters.array()->front(), {"schema", "pattern"});
  };
  EXPECT_EQ(pattern("/v1/as/{id}"), R"("^(?:0|-?[1-9][0-9]{0,15})$")");
  EXPECT_EQ(pattern("/v1/bs/{id}"), R"("^(?:[A-Za-z0-9][A-Za-z0-9._~-]{0,127})$")");
  EXPECT_EQ(pattern("/v1/cs/{id}"), R"("^[^,]+(,[^,]+)+$")");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "BCreate", "required"}), R"(["id"])");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "ACreate", "properties", "id"}), "null");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "CCreate", "required"}), R"(["aId","bId"])");
  EXPECT_EQ(TextAt(document, {"paths", "/v1/as/{id}", "put", "responses", "201"}), "null");
  EXPECT_NE(TextAt(document, {"paths", "/v1/bs/{id}", "put", "responses", "201"}), "null");
}

TEST(Describe, WhatIsGoingIsMarked) {
  Json document = DocumentOf(R"(
  Note:
    deprecated: { since: 2026-01-01, use: Memo }
    ifMatch: required
    fields: { title: { type: string, deprecated: { since: 2026-01-01 } } }
    access: { read: public, write: public })");
  EXPECT_EQ(TextAt(document, {"paths", "/v1/notes", "get", "deprecated"}), "true");
  EXPECT_NE(TextAt(document, {"paths", "/v1/notes", "get", "responses", "200", "headers", "Deprecation"}), "null");
  EXPECT_EQ(TextAt(document, {"paths", "/v1/notes", "get", "responses", "200", "headers", "Sunset"}), "null");
  EXPECT_NE(TextAt(document, {"components", "responses", "INTERNAL.Note", "headers", "Deprecation"}), "null");
  EXPECT_EQ(TextAt(document, {"components", "schemas", "NoteView", "properties", "title", "deprecated"}), "true");
  EXPECT_NE(TextAt(document, {"paths", "/v1/notes/{id}", "patch", "responses", "428"}), "null");
  EXPECT_EQ(TextAt(document, {"components", "parameters", "If-Match-required", "required"}), "true");
  document = DocumentOf("\n  Note: { deprecated: true, access: { read: public } }");
  EXPECT_EQ(TextAt(document, {"paths", "/v1/notes", "get", "deprecated"}), "true");
  EXPECT_NE(TextAt(document, {"paths", "/v1/notes", "get", "responses", "200", "headers", "Deprecation"}), "null");
}

}  // namespace
}  // namespace ashlar::surface::rest
