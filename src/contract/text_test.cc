// SPDX-License-Identifier: Apache-2.0
// Reading and showing the text of contracts: YAML, places, types, near names, rendering, files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "contract/contract.h"
#include "contract/position.h"
#include "contract/reach.h"
#include "contract/scalar.h"
#include "contract/type_text.h"
#include "contract/yaml.h"

namespace ashlar::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Node Parse(const std::string& text) {
  std::vector<Source> sources = {{"a.yaml", text}};
  Mistakes mistakes(sources);
  auto node = ParseYaml(0, text, mistakes);
  EXPECT_EQ(Render(mistakes.Take(), false), "");
  return node ? *std::move(node) : Node();
}

TEST(Yaml, ScalarsAreOfTheCoreSchema) {
  Node node = Parse(
      "a: [true, 'true', True, yes, 12, '12', -0x1F, 0o17, +5, 1.50, .5, 5., 1e3, -.inf, .nan, null, ~, '~', 0123]");
  EXPECT_EQ(json::ToText(ToJson(node.Find("a")->value)),
            R"([true,"true",true,"yes",12,"12","-0x1F",15,5,1.50,0.5,5,1e3,"-.inf",".nan",null,null,"~",123])");
  const std::vector<Node>& items = node.Find("a")->value.items;
  EXPECT_EQ(ToBool(items[0]), true);
  EXPECT_EQ(ToBool(items[1]), std::nullopt);
  EXPECT_EQ(ToInt(items[4]), 12);
  EXPECT_EQ(ToInt(items[5]), std::nullopt);
  EXPECT_EQ(ToInt(items[9]), std::nullopt);
  EXPECT_TRUE(IsNull(items[15]) && IsNull(items[16]) && !IsNull(items[17]));
}

TEST(Yaml, PlacesAreThoseOfTheText) {
  std::string text = "a: \"x\"\nä: [1, 'y']\nb: |\n  z\nc: &n { d: e }\nf: *n\n";
  Node node = Parse(text);
  auto at = [&](const Place& place) { return text.substr(place.offset, place.length); };
  EXPECT_EQ(at(node.entries[0].place), "a");
  EXPECT_EQ(at(node.entries[0].value.place), "\"x\"");
  EXPECT_EQ(at(node.entries[1].place), "ä");
  EXPECT_EQ(at(node.entries[1].value.items[0].place), "1");
  EXPECT_EQ(at(node.entries[1].value.items[1].place), "'y'");
  EXPECT_EQ(at(node.entries[1].value.place), "[");
  EXPECT_EQ(at(node.entries[3].value.place), "{");
  EXPECT_EQ(node.entries[4].value.entries[0].value.text, "e");
  EXPECT_EQ(at(node.entries[4].value.entries[0].value.place), "e");
}

TEST(Yaml, AnEmptyDocumentIsNull) {
  EXPECT_TRUE(IsNull(Parse("")));
  EXPECT_TRUE(IsNull(Parse("# nothing\n")));
}

TEST(Position, FollowsQuotesEscapesAndFolds) {
  struct Case {
    std::string text;
    std::string part;  // found in the value and again in the source
    std::string in_source;
  };
  std::vector<Case> cases = {
      {"a: one two", "two", "two"},
      {"a: one\n  two", "two", "two"},
      {"a: 'it''s two'", "two", "two"},
      {"a: \"\\x41\\u00e4\\U0001F600\\n\\\"\\L\\N\\_ two\"", "two", "two"},
      {"a: \"one \\\n   two\"", "two", "two"},
      {"a: |\n   one\n     two\n", "two", "two"},
      {"a: |2-\n\n  one\n  two\n", "two", "two"},
      {"a: >\n  one\n  two\n\n  three\n", "three", "three"},
      {"a: \"one\\ttwo\"", "\ttwo", "\\ttwo"},
  };
  for (const Case& each : cases) {
    Node node = Parse(each.text);
    const Node& scalar = node.Find("a")->value;
    Place place = PlaceIn(scalar, scalar.text.find(each.part), each.part.size(), each.text);
    EXPECT_EQ(each.text.substr(place.offset, place.length), each.in_source) << each.text;
  }
  Node filled = Parse("a: one two").Find("a")->value;
  filled.filled = true;
  EXPECT_EQ(PlaceIn(filled, 4, 3, "a: one two"), filled.place);
}

TEST(TypeText, IsNameArgumentsListAndRequired) {
  auto type = ParseTypeText(" decimal( 12 ,2 ) ! ");
  ASSERT_TRUE(type.has_value());
  EXPECT_EQ(type->name, "decimal");
  EXPECT_THAT(type->arguments, ElementsAre("12", "2"));
  EXPECT_TRUE(type->required && !type->list);
  EXPECT_EQ(type->offset, 1u);
  auto list = ParseTypeText("[enum(a, b)]!");
  ASSERT_TRUE(list.has_value());
  EXPECT_TRUE(list->list && list->required && !list->element_required);
  EXPECT_EQ(list->offset, 1u);
  for (std::string_view wrong : {"", "!", "[", "[]", "a b", "a(b", "a)b", "[a", "a]", "a!!", "[[a]]", "a-b", "(a)"}) {
    EXPECT_FALSE(ParseTypeText(wrong).has_value()) << wrong;
  }
}

TEST(Reach, FindsCirclesOnce) {
  Reach reach = ReachOf({{1}, {2, 0}, {}, {0}, {4}});
  EXPECT_TRUE(reach[3].test(2));
  EXPECT_FALSE(reach[2].any());
  EXPECT_TRUE(LeadsCircle(reach, 0));
  EXPECT_FALSE(LeadsCircle(reach, 1));
  EXPECT_FALSE(LeadsCircle(reach, 3));
  EXPECT_TRUE(LeadsCircle(reach, 4));
}

MistakeList MistakesOf(const std::string& text, std::string path = "a.yaml") {
  auto compiled = Compile(std::vector<Source>{{std::move(path), text}}, {});
  return compiled ? MistakeList() : compiled.error();
}

TEST(Render, ShowsTheLineAndACaret) {
  MistakeList mistakes = MistakesOf("service: x\nresources:\n  Thing: { fields: { ä: int, b: { type: strin } } }\n");
  ASSERT_EQ(mistakes.size(), 2u);
  EXPECT_EQ(Render(std::span(mistakes).subspan(1), false),
            "a.yaml:3:41: error: there is no type 'strin'\n"
            "    Thing: { fields: { ä: int, b: { type: strin } } }\n"
            "                                          ^~~~~\n"
            "  did you mean 'string'?\n");
  EXPECT_THAT(Render(mistakes, true), HasSubstr("\x1b[1;31merror: "));
}

TEST(Render, LongLinesAreCutAndControlsAreNotShown) {
  std::string text = "service: x\ntitle: [" + std::string(5000, 'y') + ", \"\\e[31m\"]\nro\tles: 1\n\"\\e[2J\": 1\n";
  MistakeList mistakes = MistakesOf(text);
  ASSERT_GE(mistakes.size(), 2u);
  for (const Mistake& mistake : mistakes) {
    EXPECT_LT(mistake.source_line.size(), 400u);
    EXPECT_EQ((mistake.message + mistake.source_line).find('\x1b'), std::string::npos);
  }
  MistakeList at_end = MistakesOf("service: x\ntitle: { " + std::string(5000, 'y') + ": 1, a: @ }\n", "a\x1b\xff.yaml");
  ASSERT_EQ(at_end.size(), 1u);
  EXPECT_EQ(at_end[0].file, "a??.yaml");
  EXPECT_GT(at_end[0].column, 5000);
  EXPECT_LT(at_end[0].caret, 200);
}

TEST(Render, JsonForPrograms) {
  Source wrong{"a.yaml", "service: x\ntitel: a\n"};
  EXPECT_EQ(RenderJson(Judge({&wrong, 1}, {})),
            R"({"errors":[{"file":"a.yaml","line":2,"column":1,"id":"unknown-key",)"
            R"("message":"'titel' is not a key of a contract","suggestion":"title"}],"warnings":[]})");
  Source warned{"a.yaml", "service: x\nresources:\n  Note: { access: { write: signedIn } }\n"};
  Judgement judgement = Judge({&warned, 1}, {});
  EXPECT_EQ(RenderJson(judgement),
            R"({"errors":[],"warnings":[{"file":"a.yaml","line":3,"column":3,"id":"RESOURCE_UNDESCRIBED",)"
            R"("message":"'Note' has no description"}]})");
  EXPECT_EQ(Render(judgement.findings, false),
            "a.yaml:3:3: warning: 'Note' has no description [RESOURCE_UNDESCRIBED]\n"
            "    Note: { access: { write: signedIn } }\n"
            "    ^~~~\n");
}

TEST(Sources, AreAFileOrTheYamlOfAFolder) {
  namespace fs = std::filesystem;
  fs::path folder = fs::path(testing::TempDir()) / fmt::format("contract_sources_{}", ::getpid());
  fs::create_directories(folder / "sub.yaml");
  auto write = [&](std::string_view name, std::string_view text) { std::ofstream(folder / name) << text; };
  EXPECT_EQ(ReadSources(folder.string()).error().kind, ErrorKind::kNotFound);
  write("b.yaml", "b");
  write("a.yml", "a");
  write("c.txt", "c");
  auto sources = ReadSources(folder.string());
  ASSERT_TRUE(sources.has_value());
  ASSERT_EQ(sources->size(), 2u);
  EXPECT_EQ((*sources)[0].text, "a");
  EXPECT_EQ((*sources)[1].path, (folder / "b.yaml").string());
  EXPECT_EQ(ReadSources((folder / "b.yaml").string())->front().text, "b");
  EXPECT_EQ(ReadSources((folder / "d.yaml").string()).error().kind, ErrorKind::kNotFound);
  std::ofstream(folder / "large.yaml") << std::string((4 << 20) + 5, '#');
  EXPECT_EQ(ReadSources((folder / "large.yaml").string())->front().text.size(), (4u << 20) + 1);
  for (int i = 0; i < 200; ++i) write(fmt::format("f{}.yaml", i), "");
  EXPECT_EQ(ReadSources(folder.string()).error().kind, ErrorKind::kInvalid);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace ashlar::contract
