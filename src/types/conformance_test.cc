// SPDX-License-Identifier: Apache-2.0
// Runs the cases of tests/conformance/types: parameters, what is read and how it is written again, what is refused
// and why. A case goes through memory, through a cell as stores give it, and through the list form.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "types/list_form.h"
#include "types/number_text.h"
#include "types/type.h"

namespace ashlar::types {
namespace {

using json::Json;

std::vector<Json> ReadCases() {
  std::vector<Json> cases;
  for (const auto& entry : std::filesystem::directory_iterator(ASHLAR_SOURCE_DIR "/tests/conformance/types")) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    auto document = json::Parse(text.str());
    EXPECT_TRUE(document) << entry.path() << ":" << (document ? 0 : document.error().line);
    if (!document || document->array() == nullptr) continue;
    cases.insert(cases.end(), document->array()->begin(), document->array()->end());
  }
  return cases;
}

std::string TextAt(const Json& from, std::string_view name) {
  const Json* found = from.Find(name);
  return found == nullptr || found->string() == nullptr ? "" : *found->string();
}

const json::Array& ArrayAt(const Json& from, std::string_view name) {
  static const json::Array none;
  const Json* found = from.Find(name);
  return found == nullptr || found->array() == nullptr ? none : *found->array();
}

std::expected<TypePtr, std::vector<ParameterError>> Make(const Json& from) {
  Parameters parameters;
  for (const Json& argument : ArrayAt(from, "arguments")) parameters.arguments.push_back(*argument.string());
  auto take = [&](std::string_view name, std::optional<std::string>& to) {
    if (from.Find(name) != nullptr) to = TextAt(from, name);
  };
  take("min", parameters.min);
  take("max", parameters.max);
  take("pattern", parameters.pattern);
  if (TextAt(from, "type") == "list") {
    if (const Json* element = from.Find("element")) parameters.element = *Make(*element);
    return MakeList(parameters);
  }
  return FindFieldType(TextAt(from, "type"))->make(parameters);
}

std::string Shown(const Type& type, const Value& value) {
  std::string out;
  json::Writer writer(out);
  type.Format(value, writer);
  return out;
}

// "CODE" or "CODE path".
std::vector<std::string> Named(const FieldErrors& errors) {
  std::vector<std::string> names;
  for (const FieldError& error : errors) {
    EXPECT_FALSE(error.message.empty());
    names.push_back(std::string(NameOf(error.code)) + (error.path.empty() ? "" : " " + error.path));
  }
  return names;
}

std::vector<std::string> TextsAt(const Json& from, std::string_view name) {
  std::vector<std::string> texts;
  for (const Json& item : ArrayAt(from, name)) texts.push_back(*item.string());
  return texts;
}

// What a store gives for a value; see Cell.
bool AppendCell(const Value& value, Rows& rows) {
  switch (value.kind()) {
    case Kind::kBool: rows.AppendInteger(*value.get<bool>()); return true;
    case Kind::kInt64: rows.AppendInteger(*value.get<int64_t>()); return true;
    case Kind::kFloat64: rows.AppendReal(*value.get<double>()); return true;
    case Kind::kDecimal: rows.AppendInteger(static_cast<int64_t>(value.get<Decimal>()->unscaled)); return true;
    case Kind::kText: return rows.AppendText(*value.get<std::string>());
    case Kind::kBytes: return rows.AppendText(value.get<Bytes>()->data);
    case Kind::kUuid: {
      const auto& bytes = value.get<Uuid>()->bytes;
      return rows.AppendText({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    case Kind::kDate: rows.AppendInteger(value.get<Date>()->days); return true;
    case Kind::kTimestamp: rows.AppendInteger(value.get<Timestamp>()->micros); return true;
    case Kind::kDuration: rows.AppendInteger(value.get<Duration>()->micros); return true;
    case Kind::kJson: return rows.AppendText(value.get<JsonText>()->text);
    case Kind::kList: return rows.AppendText(ToListForm(*value.get<List>()));
  }
  return false;
}

void CheckValue(const Type& type, const Value& value, const std::string& expected) {
  ASSERT_EQ(value.kind(), type.kind());
  EXPECT_EQ(Shown(type, value), expected);
  EXPECT_EQ(Named(type.Validate(value)), std::vector<std::string>());
  Rows rows(1);
  ASSERT_TRUE(AppendCell(value, rows));
  std::string out;
  json::Writer writer(out);
  type.Format(rows.at(0, 0), writer);
  EXPECT_EQ(out, expected);
  EXPECT_EQ(type.ToValue(rows.at(0, 0)), value);
  if (type.kind() == Kind::kList) return;
  List list{{value, value}};
  EXPECT_EQ(FromListForm(ToListForm(list), type), Value(list));
  // What was read once is read again as it was written.
  auto written = json::Parse(expected);
  ASSERT_TRUE(written);
  auto again = type.Parse(*written);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, value);
}

void CheckAccepted(const Type& type, const Json& group) {
  for (const Json& one : ArrayAt(group, "accepted")) {
    SCOPED_TRACE(json::ToText(one));
    const Json* out = one.Find("out");
    auto value = type.Parse(*one.Find("in"));
    ASSERT_TRUE(value) << testing::PrintToString(Named(value.error()));
    CheckValue(type, *value, json::ToText(out == nullptr ? *one.Find("in") : *out));
  }
}

// {"repeat": "a", "times": 3} stands for "aaa".
Json InputOf(const Json& one) {
  const Json* input = one.Find("in");
  if (one.Find("generated") == nullptr) return *input;
  int64_t times = *ToInt64(*ParseNumber(input->Find("times")->number()->token));
  std::string text;
  for (int64_t i = 0; i < times; ++i) text += TextAt(*input, "repeat");
  return Json(text);
}

void CheckRefused(const Type& type, const Json& group) {
  for (const Json& one : ArrayAt(group, "refused")) {
    SCOPED_TRACE(json::ToText(one));
    auto value = type.Parse(InputOf(one));
    ASSERT_FALSE(value);
    EXPECT_EQ(Named(value.error()), TextsAt(one, "errors"));
    if (one.Find("message") != nullptr) {
      EXPECT_EQ(value.error().front().message, TextAt(one, "message"));
    }
  }
}

void CheckText(const Type& type, const Json& group) {
  const Json* text = group.Find("text");
  if (text == nullptr) return;
  for (const Json& one : ArrayAt(*text, "accepted")) {
    SCOPED_TRACE(json::ToText(one));
    const Json* out = one.Find("out");
    auto value = type.ParseText(TextAt(one, "in"));
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(Shown(type, *value), json::ToText(out == nullptr ? *one.Find("in") : *out));
  }
  for (const Json& one : ArrayAt(*text, "refused")) {
    SCOPED_TRACE(json::ToText(one));
    auto value = type.ParseText(TextAt(one, "in"));
    ASSERT_FALSE(value);
    EXPECT_EQ(NameOf(value.error().code), TextAt(one, "code"));
  }
}

void CheckDescriptions(const Type& type, const Json& group) {
  EXPECT_EQ(type.name(), TextAt(group, "type"));
  if (group.Find("name") != nullptr) {
    EXPECT_EQ(type.text(), TextAt(group, "name"));
  }
  if (const Json* schema = group.Find("schema")) {
    std::string out;
    json::Writer writer(out);
    writer.BeginObject();
    type.JsonSchema(writer);
    writer.EndObject();
    EXPECT_EQ(out, json::ToText(*schema));
  }
  if (group.Find("exampleMayFail") == nullptr) {
    EXPECT_TRUE(type.Parse(type.Example())) << json::ToText(type.Example());
  }
  for (const Json& one : ArrayAt(group, "validate")) {
    EXPECT_EQ(Named(type.Validate(TextAt(one, "value"))), TextsAt(one, "errors")) << json::ToText(one);
  }
}

TEST(ConformanceTest, TypesDoAsTheCasesSay) {
  for (const Json& group : ReadCases()) {
    Json title;
    title.value = json::Object{};
    for (const json::Member& member : *group.object()) {
      if (member.value.string() != nullptr || member.name == "arguments") {
        std::get<json::Object>(title.value).push_back(member);
      }
    }
    SCOPED_TRACE(json::ToText(title));
    auto type = Make(group);
    if (group.Find("mistakes") != nullptr) {
      ASSERT_FALSE(type);
      std::vector<std::string> keys;
      for (const ParameterError& error : type.error()) {
        EXPECT_FALSE(error.message.empty());
        keys.push_back(error.key);
      }
      EXPECT_EQ(keys, TextsAt(group, "mistakes"));
      continue;
    }
    ASSERT_TRUE(type) << (type ? "" : type.error().front().message);
    CheckAccepted(**type, group);
    CheckRefused(**type, group);
    CheckText(**type, group);
    CheckDescriptions(**type, group);
  }
}

// Which codes reading a value of each type can give.
const std::map<std::string, std::set<std::string>>& CodesByType() {
  static const std::map<std::string, std::set<std::string>> codes = {
      {"string", {"WRONG_TYPE", "FORMAT", "TOO_SHORT", "TOO_LONG", "PATTERN"}},
      {"text", {"WRONG_TYPE", "FORMAT", "TOO_SHORT", "TOO_LONG", "PATTERN"}},
      {"int", {"WRONG_TYPE", "TOO_SMALL", "TOO_LARGE"}},
      {"int64", {"WRONG_TYPE", "FORMAT", "TOO_SMALL", "TOO_LARGE"}},
      {"float", {"WRONG_TYPE", "TOO_SMALL", "TOO_LARGE"}},
      {"decimal", {"WRONG_TYPE", "FORMAT", "PRECISION", "TOO_SMALL", "TOO_LARGE"}},
      {"bool", {"WRONG_TYPE"}},
      {"uuid", {"WRONG_TYPE", "FORMAT"}},
      {"date", {"WRONG_TYPE", "FORMAT", "TOO_SMALL", "TOO_LARGE"}},
      {"datetime", {"WRONG_TYPE", "FORMAT", "PRECISION", "TOO_SMALL", "TOO_LARGE"}},
      {"duration", {"WRONG_TYPE", "FORMAT", "PRECISION", "TOO_SMALL", "TOO_LARGE"}},
      {"email", {"WRONG_TYPE", "FORMAT", "TOO_LONG"}},
      {"url", {"WRONG_TYPE", "FORMAT", "TOO_SHORT", "TOO_LONG"}},
      {"json", {"FORMAT", "TOO_SHORT", "TOO_LONG"}},
      {"bytes", {"WRONG_TYPE", "FORMAT", "TOO_SHORT", "TOO_LONG"}},
      {"enum", {"WRONG_TYPE", "ENUM"}},
      {"list", {"WRONG_TYPE", "NULL", "TOO_SHORT", "TOO_LONG", "ENUM", "FORMAT", "PRECISION", "TOO_LARGE"}},
  };
  return codes;
}

struct Coverage {
  bool accepted = false, schema = false, text = false, refused_text = false;
  std::set<std::string> codes;
  std::set<std::string> mistakes;
};

TEST(ConformanceTest, EveryTypeHasCasesForAllThatItCanSay) {
  std::map<std::string, Coverage> covered;
  for (const Json& group : ReadCases()) {
    Coverage& coverage = covered[TextAt(group, "type")];
    coverage.accepted |= !ArrayAt(group, "accepted").empty();
    coverage.schema |= group.Find("schema") != nullptr;
    if (const Json* text = group.Find("text")) {
      coverage.text |= !ArrayAt(*text, "accepted").empty();
      coverage.refused_text |= !ArrayAt(*text, "refused").empty();
    }
    for (const Json& one : ArrayAt(group, "refused")) {
      for (const std::string& error : TextsAt(one, "errors")) {
        coverage.codes.insert(error.substr(0, error.find(' ')));
      }
    }
    for (const std::string& key : TextsAt(group, "mistakes")) coverage.mistakes.insert(key);
  }
  std::vector<FieldType> rows(FieldTypes().begin(), FieldTypes().end());
  rows.push_back({.name = "list", .doc = "", .json = "array", .takes = "min max arguments", .make = MakeList});
  ASSERT_EQ(rows.size(), CodesByType().size());
  for (const FieldType& row : rows) {
    SCOPED_TRACE(row.name);
    const Coverage& coverage = covered[std::string(row.name)];
    EXPECT_TRUE(coverage.accepted) << "has no accepted case";
    EXPECT_TRUE(coverage.schema) << "has no JSON Schema in its cases";
    EXPECT_TRUE(coverage.text || row.name == "json" || row.name == "list") << "has no text that is accepted";
    EXPECT_TRUE(coverage.refused_text) << "has no text that is refused";
    EXPECT_EQ(coverage.codes, CodesByType().at(std::string(row.name)));
    std::stringstream takes{std::string(row.takes)};
    for (std::string key; takes >> key;) {
      EXPECT_TRUE(coverage.mistakes.contains(key)) << "has no mistake in " << key;
    }
  }
}

}  // namespace
}  // namespace ashlar::types
