// SPDX-License-Identifier: Apache-2.0
#include "base/json/json.h"

#include <gmock/gmock.h>

#include <random>

#include "base/json/locate.h"
#include "base/json/writer.h"

namespace ashlar::json {
namespace {

std::string RoundTrip(std::string_view text) {
  auto document = Parse(text);
  return document ? ToText(*document) : "refused: " + document.error().message;
}

TEST(JsonTest, KeepsWhatItReads) {
  for (const char* text :
       {"null", "true", "false", "0", "-0", "1.50", "1e400", "123456789012345678901234567890", "\"\"", "\"a\"", "[]",
        "{}", "[1,2.5,\"x\",null,true,{\"b\":{}}]", "{\"z\":1,\"a\":[[]]}", "[\"\\u0001\xF0\x9F\xAB\x96\"]"}) {
    EXPECT_EQ(RoundTrip(text), text);
  }
}

TEST(JsonTest, ReadsEscapesAndSpaces) {
  EXPECT_EQ(RoundTrip(" \t\r\n[ 1 , \"\\u0041\\ud83e\\uDED6\\/\" ] \n"), "[1,\"A\xF0\x9F\xAB\x96/\"]");
  EXPECT_EQ(RoundTrip("{\"\\u0041\\\\\":\"\\\\\"}"), "{\"A\\\\\":\"\\\\\"}");
  EXPECT_EQ(RoundTrip("  \"\\n\"  "), "\"\\n\"");
  EXPECT_EQ(RoundTrip(" 12 "), "12");
}

struct Mistake {
  const char* text;
  int line, column;
  const char* message;
};

TEST(JsonTest, TellsWhereATextStopsBeingJson) {
  const Mistake mistakes[] = {
      {"", 1, 1, "ends where a value"},
      {"  ", 1, 3, "ends where a value"},
      {"{\n  \"a\": 1,\n  \"b\": ?\n}", 3, 8, "expected a value"},
      {"{\"a\":1,}", 1, 8, "expected a name"},
      {"{\"a\":1,", 1, 8, "ends where a name"},
      {"{a:1}", 1, 2, "expected a name"},
      {"{\"a\" 1}", 1, 6, "expected ':'"},
      {"{\"a\":1 \"b\":2}", 1, 8, "expected ',' or '}'"},
      {"[1 2]", 1, 4, "expected ',' or ']'"},
      {"[1,]", 1, 4, "expected a value"},
      {"[1", 1, 3, "ends early"},
      {"[1}", 1, 3, "expected ',' or ']'"},
      {"[1] 2", 1, 5, "behind the document"},
      {"[1][2]", 1, 4, "behind the document"},
      {"{}\n}", 2, 1, "behind the document"},
      {"\"a\" \"b\"", 1, 5, "behind the document"},
      {"1 2", 1, 3, "behind the document"},
      {"[01]", 1, 2, "not a number"},
      {"[-]", 1, 2, "not a number"},
      {"[1.]", 1, 2, "not a number"},
      {"[.5]", 1, 2, "expected a value"},
      {"[1e]", 1, 2, "not a number"},
      {"[+1]", 1, 2, "expected a value"},
      {"[0x10]", 1, 2, "not a number"},
      {"[NaN]", 1, 2, "expected a value"},
      {"[tru]", 1, 2, "expected a value"},
      {"[truex]", 1, 2, "expected a value"},
      {"[nul]", 1, 2, "expected a value"},
      {"01", 1, 1, "not a number"},
      {"[\"a]", 1, 2, "does not end"},
      {"\"a", 1, 1, "does not end"},
      {"[\"a\nb\"]", 1, 4, "control character"},
      {"[\"\\x\"]", 1, 3, "not an escape"},
      {"[\"\\u12g4\"]", 1, 3, "four hexadecimal"},
      {"[\"\\ud800\"]", 1, 3, "lone surrogate"},
      {"[\"\\udc00\"]", 1, 3, "lone surrogate"},
      {"[\"\\ud800\\u0041\"]", 1, 3, "lone surrogate"},
      {"[\"\\udc00\\ud800\"]", 1, 3, "lone surrogate"},
      {"{\"\\ud800\":1}", 1, 3, "lone surrogate"},
      {"\"\\ud800\"", 1, 2, "lone surrogate"},
      {"[\"a\xFF\"]", 1, 4, "UTF-8"},
      {"[\"\xED\xA0\x80\"]", 1, 3, "UTF-8"},
      {"[\"\xC0\x80\"]", 1, 3, "UTF-8"},
      {"\xEF\xBB\xBF[]", 1, 1, "expected a value"},
      {"{\"a\":1,\"b\":2,\"a\":3}", 1, 14, "twice"},
      {"{\"a\":1,\"\\u0061\":3}", 1, 8, "twice"},
      {"{\"x\":{\"a\":1,\n\"a\":3}}", 2, 1, "twice"},
  };
  for (const Mistake& mistake : mistakes) {
    auto document = Parse(mistake.text);
    ASSERT_FALSE(document) << mistake.text;
    EXPECT_THAT(document.error().message, testing::HasSubstr(mistake.message)) << mistake.text;
    EXPECT_EQ(document.error().line, mistake.line) << mistake.text;
    EXPECT_EQ(document.error().column, mistake.column) << mistake.text;
  }
}

TEST(JsonTest, RefusesDuplicatesInWideObjects) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(Parse(text + "\"last\":0}"));
  EXPECT_FALSE(Parse(text + "\"k57\":0}"));
}

TEST(JsonTest, LimitsDepthAndBytes) {
  std::string deep = std::string(64, '[') + std::string(64, ']');
  EXPECT_TRUE(Parse(deep));
  EXPECT_FALSE(Parse("[" + deep + "]"));
  EXPECT_EQ(Parse(std::string(1'000'000, '[')).error().column, 65);
  std::string objects;
  for (int i = 0; i < 5; ++i) objects += "{\"a\":";
  EXPECT_EQ(Parse(objects + "1}}}}}", {.depth = 4}).error().column, 21);
  EXPECT_TRUE(Parse(objects + "1}}}}}", {.depth = 5}));
  EXPECT_TRUE(Parse("[1]", {.bytes = 3}));
  EXPECT_EQ(Parse("[1] ", {.bytes = 3}).error().message, "the document is larger than 3 bytes");
  std::string large = "[\"" + std::string(200'000, 'x') + "\"]";
  EXPECT_EQ(RoundTrip(large), large);
}

// What simdjson builds and what the byte-by-byte reader admits must be the same language.
TEST(JsonTest, TheTwoReadersAgreeOnDamagedDocuments) {
  const std::string seeds[] = {
      "{\"a\":[1,-2.5e+3,true,false,null],\"b\":{\"c\":\"x\\u00e9\\ud83e\\uded6\\n\"},\"d\":\"\xC3\xA9\"}",
      "[[],{},\"\",0,[{\"k\":[]}],\"\\\\\\\"\"]", "\"scalar\\u0041\"", "-12.5e-7", "true"};
  const std::string_view alphabet = "{}[]\",:\\u0dD8cC-+.eE 1\n\t\x01\x80\xC3\xED";
  std::mt19937 random(20261121);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seeds[random() % std::size(seeds)];
    for (unsigned edits = 1 + random() % 3; edits > 0; --edits) {
      size_t at = random() % text.size();
      char c = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0: text[at] = c; break;
        case 1: text.insert(at, 1, c); break;
        default: text.erase(at, 1);
      }
      if (text.empty()) text = " ";
    }
    auto document = Parse(text);
    auto located = Locate(text, {});
    ASSERT_EQ(document.has_value(), !located.has_value()) << text;
    if (!document) {
      ASSERT_EQ(document.error().message, located->message) << text;
      continue;
    }
    auto again = Parse(ToText(*document));
    ASSERT_TRUE(again) << text;
    ASSERT_EQ(*again, *document) << text;
  }
}

TEST(JsonTest, FindsMembers) {
  Json document = *Parse("{\"a\":1,\"b\":\"x\"}");
  ASSERT_NE(document.Find("b"), nullptr);
  EXPECT_EQ(*document.Find("b")->string(), "x");
  EXPECT_EQ(document.Find("c"), nullptr);
  EXPECT_EQ(Parse("[1]")->Find("a"), nullptr);
}

// The examples of RFC 7396, appendix A.
TEST(JsonTest, MergesAsTheRfcSays) {
  const char* cases[][3] = {
      {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
      {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
      {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
      {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
      {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
      {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
      {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
      {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
      {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
      {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
      {"{\"a\":\"foo\"}", "null", "null"},
      {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
      {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
      {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
      {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
  };
  for (auto& [target, patch, result] : cases) {
    Json document = *Parse(target);
    MergePatch(document, *Parse(patch));
    EXPECT_EQ(ToText(document), result) << patch;
  }
}

TEST(WriterTest, QuotesBehindWhatIsThereAndReadsBack) {
  for (size_t size = 0; size < 40; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (const char* special : {"\"", "\\", "\n", "\x01", "\x7f", "\u00e9", "z"}) {
        std::string text(size, 'a');
        text.replace(at, 1, special);
        std::string out = "[";
        AppendQuoted(text, out);
        AppendQuoted(text, out += ',');
        auto read = Parse(out + "]");
        ASSERT_TRUE(read) << out;
        EXPECT_EQ(*read->array()->at(0).string(), text);
        EXPECT_EQ(*read->array()->at(1).string(), text);
      }
    }
  }
}

TEST(WriterTest, WritesCommasAndEscapes) {
  std::string out = ">";
  Writer writer(out);
  writer.BeginObject();
  writer.Field("a\"", "x\ty\x1F/");
  writer.Field("n", -5);
  writer.Key("list");
  writer.BeginArray();
  writer.Bool(true);
  writer.Null();
  writer.Double(0.1);
  writer.Raw("{}");
  writer.BeginArray();
  writer.EndArray();
  writer.EndArray();
  writer.Field("last", false);
  writer.EndObject();
  EXPECT_EQ(out, ">{\"a\\\"\":\"x\\ty\\u001f/\",\"n\":-5,\"list\":[true,null,0.1,{},[]],\"last\":false}");
}

}  // namespace
}  // namespace ashlar::json
