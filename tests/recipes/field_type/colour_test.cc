// SPDX-License-Identifier: Apache-2.0
// What the toy reads, refuses and says, and how contracts take it; what is served stands in colour_service_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/contract.h"
#include "recipes/field_type/all_types.h"

namespace ashlar::recipes {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using types::Detail;

types::TypePtr Colour() { return *types::FindFieldType("colour", AllTypes())->make({}); }

std::string Shown(const types::Value& value) {
  std::string out;
  json::Writer writer(out);
  Colour()->Format(value, writer);
  return out;
}

// What is wrong with it, or how it is shown.
std::string Parsed(const json::Json& input) {
  auto value = Colour()->Parse(input);
  return value ? Shown(*value) : std::string(types::NameOf(value.error().front().code));
}
std::string Parsed(const char* text) { return Parsed(json::Json(std::string(text))); }

TEST(Colour, ReadsFoldsAndRefuses) {
  EXPECT_EQ(Colour()->kind(), types::Kind::kText);
  EXPECT_EQ(Parsed("#1E90FF"), "\"#1e90ff\"");
  EXPECT_EQ(Parsed("#1e90ff"), "\"#1e90ff\"");
  for (const char* wrong : {"", "#", "blue", "#1e90f", "#1e90fff", "1e90ff#", "#1e90fg", "##e90ff", " #1e90f"}) {
    EXPECT_EQ(Parsed(wrong), "FORMAT") << wrong;
  }
  EXPECT_EQ(Parsed(json::Json(true)), "WRONG_TYPE");
  auto text = Colour()->ParseText("#ABCDEF");
  ASSERT_TRUE(text);
  EXPECT_EQ(Shown(*text), "\"#abcdef\"");
  EXPECT_EQ(Colour()->ParseText("abcdef").error().code, Detail::kFormat);
}

TEST(Colour, JudgesWhatExpressionsMake) {
  EXPECT_THAT(Colour()->Validate(std::string("#abcdef")), IsEmpty());
  EXPECT_EQ(Colour()->Validate(std::string("#ABCDEF")).front().code, Detail::kFormat);
  EXPECT_EQ(Colour()->Validate(std::string("abcdef")).front().code, Detail::kFormat);
}

TEST(Colour, GoesThroughACell) {
  types::Rows rows(1);
  ASSERT_TRUE(rows.AppendText("#abcdef"));
  std::string out;
  json::Writer writer(out);
  Colour()->Format(rows.at(0, 0), writer);
  EXPECT_EQ(out, "\"#abcdef\"");
  EXPECT_EQ(Colour()->ToValue(rows.at(0, 0)), types::Value(std::string("#abcdef")));
}

TEST(Colour, DescribesItself) {
  std::string out;
  json::Writer writer(out);
  writer.BeginObject();
  Colour()->JsonSchema(writer);
  writer.EndObject();
  EXPECT_EQ(out, R"({"type":"string","pattern":"^#[0-9A-Fa-f]{6}$"})");
  EXPECT_TRUE(Colour()->Parse(Colour()->Example()));
}

contract::Compiled Compile(const std::string& text, std::span<const types::FieldType> field_types) {
  contract::Source source{"paint.yaml", text};
  contract::Options options;
  options.field_types = field_types;
  return contract::Compile({&source, 1}, options);
}

// The one mistake in a contract whose Paint has this field.
contract::Mistake MistakeIn(const std::string& field, std::span<const types::FieldType> field_types = AllTypes()) {
  auto compiled = Compile("service: a\nresources: { Paint: { fields: { tint: " + field + " } } }\n", field_types);
  if (!compiled && compiled.error().size() == 1) return compiled.error().front();
  ADD_FAILURE() << field << (compiled ? " is right" : contract::Render(compiled.error(), false));
  return {};
}

TEST(ColourInContracts, IsKnownToThoseWhoGiveItsRow) {
  auto compiled = Compile("service: a\nresources: { Paint: { fields: { tint: '[colour]!' } } }\n", AllTypes());
  ASSERT_TRUE(compiled.has_value()) << contract::Render(compiled.error(), false);
  const model::Resource& paint = (*compiled)->resource((*compiled)->FindResource("Paint"));
  EXPECT_EQ(paint.field(paint.FindField("tint")).type->text(), "[colour]");
  EXPECT_EQ(MistakeIn("colour", types::FieldTypes()).id, "type-unknown");
  EXPECT_EQ(MistakeIn("color").suggestion, "colour");
  EXPECT_EQ(MistakeIn("color", types::FieldTypes()).suggestion, "");
}

TEST(ColourInContracts, JudgesParametersDefaultsAndExamples) {
  EXPECT_EQ(MistakeIn("{ type: colour, min: 1 }").id, "type-parameter");
  EXPECT_EQ(MistakeIn("colour(rgb)").message, "colour takes no arguments");
  EXPECT_THAT(MistakeIn("{ type: colour, default: \"'#FFFFFF'\" }").message, HasSubstr("must be in lower case"));
  EXPECT_THAT(MistakeIn("{ type: colour, example: blue }").message, HasSubstr("must be a colour such as #1e90ff"));
}

}  // namespace
}  // namespace ashlar::recipes
