// SPDX-License-Identifier: Apache-2.0
#include "app/operator/rows_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ashlar::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "1 Team {...}" for every row.
std::vector<std::string> Rows(const FileContents& contents) {
  std::vector<std::string> rows;
  for (const FileRow& row : contents.rows) {
    rows.push_back(fmt::format("{} {} {}", row.place.line, row.resource, json::ToText(row.body)));
  }
  return rows;
}

FileContents Read(const std::string& path, const std::string& text, const std::string& resource = "") {
  FileContents contents;
  ReadRows(path, text, resource, contents);
  return contents;
}

TEST(RowsFileTest, EveryRowHasTheLineWhereItBegins) {
  FileContents contents = Read("rows.json", R"({
"Team": [ {"id": "a"},
  {"id":
     "b", "tags": [1, {"x": [2]}], "o": {"p": [3]}}, {"id": "c,]}\"["},

 {"id":"d"}
],
"Empty": [],
"Member":
[[1], 5, "x", null
,true]})");
  EXPECT_THAT(contents.mistakes, testing::IsEmpty());
  EXPECT_THAT(Rows(contents),
              ElementsAre(R"(2 Team {"id":"a"})", R"(3 Team {"id":"b","tags":[1,{"x":[2]}],"o":{"p":[3]}})",
                          R"(4 Team {"id":"c,]}\"["})", R"(6 Team {"id":"d"})", "10 Member [1]", "10 Member 5",
                          "10 Member \"x\"", "10 Member null", "11 Member true"));
  ASSERT_EQ(contents.resources.size(), 3u);
  EXPECT_EQ(contents.resources[1].second, "Empty");
  EXPECT_EQ(contents.resources[1].first.line, 8);
}

TEST(RowsFileTest, MembersThatAreNoArraysAreToldAtTheirLines) {
  FileContents contents = Read("rows.json", "{\"A\": {\"x\": [1]},\n\"B\": 5,\n\"C\": [{}]}");
  ASSERT_EQ(contents.mistakes.size(), 2u);
  EXPECT_EQ(contents.mistakes[0].place.line, 1);
  EXPECT_EQ(contents.mistakes[1].place.line, 2);
  EXPECT_THAT(contents.mistakes[1].message, HasSubstr("B"));
  EXPECT_THAT(Rows(contents), ElementsAre("3 C {}"));
}

TEST(RowsFileTest, WhatIsNoObjectOfArraysIsTold) {
  for (const char* text : {"", "[]", "5", "{\"A\": [}", "{\"A\": [], \"A\": []}", "{} {}"}) {
    FileContents contents = Read("rows.json", text);
    EXPECT_EQ(contents.mistakes.size(), 1u) << text;
    EXPECT_THAT(contents.rows, testing::IsEmpty()) << text;
  }
  FileContents contents = Read("rows.json", "{\"A\": [\n{\"x\": nul}]}");
  ASSERT_EQ(contents.mistakes.size(), 1u);
  EXPECT_EQ(contents.mistakes[0].place.line, 2);
  EXPECT_THAT(contents.mistakes[0].message, HasSubstr("column"));
}

TEST(RowsFileTest, LinesOfTheResourceThatTheFileIsNamedFor) {
  FileContents contents = Read("some/where/Team.ndjson", "{\"id\":1}\r\n\n  \n{\"id\":\n[2]\n{\"id\":3}");
  EXPECT_THAT(Rows(contents), ElementsAre("1 Team {\"id\":1}", "5 Team [2]", "6 Team {\"id\":3}"));
  ASSERT_EQ(contents.mistakes.size(), 1u);
  EXPECT_EQ(contents.mistakes[0].place.line, 4);
  EXPECT_THAT(Rows(Read("dump.jsonl", "{}", "Member")), ElementsAre("1 Member {}"));
}

TEST(RowsFileTest, FilesFollowEachOther) {
  FileContents contents = Read("a.json", "{\"A\": [{}]}");
  ReadRows("b.csv", "id\n1\n", "", contents);
  ReadRows("c.json", "{\"A\": [{}]}", "", contents);
  EXPECT_THAT(contents.paths, ElementsAre("a.json", "b.csv", "c.json"));
  ASSERT_EQ(contents.mistakes.size(), 1u);
  EXPECT_EQ(contents.mistakes[0].place.file, 1u);
  EXPECT_THAT(contents.mistakes[0].message, HasSubstr("CSV is not supported by this build"));
  ASSERT_EQ(contents.rows.size(), 2u);
  EXPECT_EQ(contents.rows[1].place.file, 2u);
}

}  // namespace
}  // namespace ashlar::app
