// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/references.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ashlar::surface::rest {
namespace {

using json::Json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Json& Answer() {
  static const Json answer = *json::Parse(R"({"id":7,"name":"Tea/Mate","price":"1.50","none":null,"on":true,)"
                                          R"("lines":[{"id":"a"},{"id":"b"}],"doc":{"x":[1]}})");
  return answer;
}

std::expected<const Json*, std::string> FromAnswer(const Reference& reference) {
  if (reference.of == "c1") return Follow(reference, Answer());
  return std::unexpected("no operation has the id '" + reference.of + "'");
}

std::string Resolved(const std::string& text) {
  Json document = *json::Parse(text);
  std::string told;
  for (const call::ErrorDetail& detail : Resolve(document, FromAnswer))
    told += detail.field + ": " + detail.message + "\n";
  return told.empty() ? json::ToText(document) : told;
}

std::string Target(std::string_view target) {
  auto resolved = ResolveTarget(target, FromAnswer);
  return resolved ? *resolved : "! " + resolved.error();
}

TEST(References, AWholeValueKeepsItsType) {
  EXPECT_EQ(Resolved(R"({"a":"${c1.id}","b":["${c1.price}","${c1.on}"],"c":"${c1.lines[1].id}","d":"${c1.doc}"})"),
            R"({"a":7,"b":["1.50",true],"c":"b","d":{"x":[1]}})");
  EXPECT_EQ(Resolved(R"("${c1.none}")"), "null");
}

TEST(References, OtherTextsAreThemselves) {
  EXPECT_EQ(Resolved(R"({"a":"$${c1.id}","b":"costs ${c1.id}","c":"$","d":"$$","e":"$$${x}","${c1.id}":1})"),
            R"({"a":"${c1.id}","b":"costs ${c1.id}","c":"$","d":"$$","e":"$$${x}","${c1.id}":1})");
}

TEST(References, AllThatIsWrongIsToldAtItsPlace) {
  EXPECT_EQ(Resolved(R"({"a":"${c9.id}","b":{"c":["x","${c1.shoe}"]}})"),
            "a: no operation has the id 'c9'\nb.c[1]: '${c1.shoe}': the answer of 'c1' has no such value\n");
  for (const char* bad : {"${", "${}", "${c1}", "${c1.}", "${c1.id", "${.id}", "${c1[id]}", "${c1[1}", "${c1 .id}",
                          "${c1.id} and more", "${c1.id}${c1.id}", "${c1.lines[99999999999999999999].id}"}) {
    EXPECT_THAT(Resolved(json::ToText(Json(std::string(bad)))), HasSubstr("'$${'")) << bad;
  }
  EXPECT_THAT(Resolved(R"("${c1.lines[2].id}")"), HasSubstr("no such value"));
  EXPECT_THAT(Resolved(R"("${c1.id.more}")"), HasSubstr("no such value"));
}

TEST(References, ATargetTakesWholePartsEncoded) {
  EXPECT_EQ(Target("/v1/things/${c1.id}/history"), "/v1/things/7/history");
  EXPECT_EQ(Target("/v1/things/${c1.name}"), "/v1/things/Tea%2FMate");
  EXPECT_EQ(Target("/v1/things?thingId=${c1.id}&name[eq]=${c1.name}&x"), "/v1/things?thingId=7&name[eq]=Tea%2FMate&x");
  EXPECT_EQ(Target("/v1/things/$${c1.id}?a=$${x}"), "/v1/things/${c1.id}?a=${x}");
  EXPECT_EQ(Target("/v1/things/a${c1.id}?${c1.id}=a${c1.id}&"), "/v1/things/a${c1.id}?${c1.id}=a${c1.id}&");
  EXPECT_EQ(Target("/v1/things?"), "/v1/things?");
  EXPECT_THAT(Target("/v1/things/${c1.doc}"), HasSubstr("is no text, number or boolean"));
  EXPECT_THAT(Target("/v1/things/${c1.none}"), HasSubstr("is no text, number or boolean"));
  EXPECT_THAT(Target("/v1/things/${c9.id}"), HasSubstr("'c9'"));
}

TEST(References, NothingGrowsBeyondABody) {
  Json large = Json(json::Object{{"text", Json(std::string(600'000, 'x'))}});
  LookUp look_up = [&](const Reference& reference) { return Follow(reference, large); };
  Json document = *json::Parse(R"(["${c1.text}","${c1.text}","${c1.text}"])");
  auto wrong = Resolve(document, look_up);
  ASSERT_FALSE(wrong.empty());
  EXPECT_EQ(wrong[0].field, "[1]");
  EXPECT_THAT(wrong[0].message, HasSubstr("too large"));
  EXPECT_THAT(ResolveTarget("/v1/things/${c1.text}", look_up).error(), HasSubstr("too long"));
}

TEST(References, AreBoundedInNumber) {
  Json document = Json(json::Array(1001, Json(std::string("${c1.id}"))));
  auto wrong = Resolve(document, FromAnswer);
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_EQ(wrong[0].field, "[1000]");
}

// An object would be operators there, and a list of objects conditions.
TEST(References, AQueryTakesValuesAlone) {
  Json row = *json::Parse(R"({"doc":{"ne":"x"},"docs":[1,{"ne":"x"}],"deep":[[{}]],"tags":["a","b"],"none":null})");
  LookUp look_up = [&](const Reference& reference) { return Follow(reference, row); };
  Json document = *json::Parse(R"({"a":"${r.doc}","b":"${r.docs}","c":"${r.deep}","d":"${r.tags}","e":"${r.none}"})");
  Json any = document;
  EXPECT_TRUE(Resolve(any, look_up).empty());
  auto wrong = Resolve(document, look_up, Takes::kValues);
  ASSERT_EQ(wrong.size(), 3u);
  EXPECT_EQ(wrong[0].field + wrong[1].field + wrong[2].field, "abc");
  EXPECT_THAT(wrong[0].message, HasSubstr("holds an object"));
  EXPECT_EQ(json::ToText(*document.Find("d")), R"(["a","b"])");
}

TEST(References, WhatIsReferredToIsFound) {
  std::vector<std::string> ids;
  EXPECT_TRUE(FindReferences(*json::Parse(R"({"a":["${c1.id}",{"b":"${c2.x}"}]})"), ids));
  EXPECT_TRUE(FindReferences("/v1/a/${c3.id}?b=${c4.id}", ids));
  EXPECT_THAT(ids, ElementsAre("c1", "c2", "c3", "c4"));
  ids.clear();
  EXPECT_TRUE(FindReferences(*json::Parse(R"("$${x}")"), ids)) << "an escape is resolved too";
  EXPECT_FALSE(FindReferences(*json::Parse(R"({"a":"b ${c1.id}","${c1.id}":1})"), ids));
  EXPECT_FALSE(FindReferences("/v1/a?b=c", ids));
  EXPECT_THAT(ids, IsEmpty());
}

}  // namespace
}  // namespace ashlar::surface::rest
