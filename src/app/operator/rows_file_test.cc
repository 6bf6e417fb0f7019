// SPDX-License-Identifier: Apache-2.0
#include "app/operator/rows_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace ashlar::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Writes down what is found.
struct Heard final : RowSink {
  bool Resource(FilePlace place, const std::string& name) override {
    resources.push_back(fmt::format("{} {}", place.line, name));
    current = name;
    return true;
  }
  bool Row(FileRow row) override {
    std::string number = row.numbered ? fmt::format("[{}]", row.place.row) : "";
    rows.push_back(fmt::format("{} {}{} {}", row.place.line, current, number, json::ToText(row.body)));
    found.push_back(std::move(row));
    return found.size() < most;
  }
  bool BadRow(FilePlace place, std::string message) override {
    mistakes.push_back(fmt::format("{}: {}", place.line, message));
    return true;
  }
  void Stopped(FilePlace place, std::string message) override {
    mistakes.push_back(fmt::format("{}: {}, and stopped", place.line, message));
  }
  std::string current;
  size_t most = SIZE_MAX;
  std::vector<std::string> resources, rows, mistakes;
  std::vector<FileRow> found;
};

class RowsFileTest : public testing::Test {
 protected:
  RowsFileTest() {
    std::string pattern = testing::TempDir() + "ashlar-rows-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~RowsFileTest() override { std::filesystem::remove_all(folder_); }
  SourceFile Write(const std::string& name, const std::string& text) {
    std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    auto file = SourceFile::Open(path);
    EXPECT_TRUE(file);
    return std::move(*file);
  }
  Heard Read(const std::string& name, const std::string& text, const std::string& resource = "") {
    Heard heard;
    ReadRows(Write(name, text), 0, resource, heard);
    return heard;
  }
  std::string folder_;
};

TEST_F(RowsFileTest, EveryRowHasTheLineWhereItBegins) {
  Heard heard = Read("rows.json", R"({
"Team": [ {"id": "a"},
  {"id":
     "b", "tags": [1, {"x": [2]}], "o": {"p": [3]}}, {"id": "c,]}\"["},

 {"id":"d"}
],
"Empty": [],
"Member":
[[1], 5, "x", null
,true]})");
  EXPECT_THAT(heard.mistakes, IsEmpty());
  EXPECT_THAT(heard.rows,
              ElementsAre(R"(2 Team[0] {"id":"a"})", R"(3 Team[1] {"id":"b","tags":[1,{"x":[2]}],"o":{"p":[3]}})",
                          R"(4 Team[2] {"id":"c,]}\"["})", R"(6 Team[3] {"id":"d"})", "10 Member[0] [1]",
                          "10 Member[1] 5", "10 Member[2] \"x\"", "10 Member[3] null", "11 Member[4] true"));
  EXPECT_THAT(heard.resources, ElementsAre("2 Team", "8 Empty", "9 Member"));
}

TEST_F(RowsFileTest, ARowIsFoundAgainWhereItStands) {
  std::string text = "\xef\xbb\xbf{\"Team\": [\n";
  for (int i = 0; i < 20'000; ++i) text += fmt::format("{}{{\"id\": \"t{}\"}}\n", i == 0 ? "" : ",", i);
  SourceFile file = Write("rows.json", text + "]}");
  Heard heard;
  ReadRows(file, 0, "", heard);
  ASSERT_EQ(heard.found.size(), 20'000u);
  EXPECT_THAT(heard.mistakes, IsEmpty());
  PartReader reader(file);
  for (int i : {0, 1, 2, 9000, 9001, 19'999, 5, 19'998, 3}) {
    const FileRow& row = heard.found[static_cast<size_t>(i)];
    auto part = reader.Read(row.offset, row.length);
    ASSERT_TRUE(part);
    EXPECT_EQ(*part, fmt::format("{{\"id\": \"t{}\"}}", i));
    EXPECT_EQ(row.place.line, i + 2);
  }
  EXPECT_FALSE(reader.Read(text.size(), 10));
}

TEST_F(RowsFileTest, NothingMoreIsReadThanIsWanted) {
  Heard heard;
  heard.most = 2;
  ReadRows(Write("rows.json", "{\"A\": [1, 2, 3, 4"), 0, "", heard);
  EXPECT_EQ(heard.rows.size(), 2u);
  EXPECT_THAT(heard.mistakes, IsEmpty());
}

TEST_F(RowsFileTest, MembersThatAreNoArraysAreToldAtTheirLines) {
  Heard heard = Read("rows.json", "{\"A\": {\"x\": [1]},\n\"B\": 5,\n\"C\": [{}]}");
  EXPECT_THAT(heard.mistakes, ElementsAre("1: A: must be an array of rows", "2: B: must be an array of rows"));
  EXPECT_THAT(heard.rows, ElementsAre("3 C[0] {}"));
}

TEST_F(RowsFileTest, WhatIsNoObjectOfArraysIsToldWithItsPlace) {
  for (const auto& [text, told] : std::vector<std::pair<const char*, const char*>>{
           {"", "1: column 1: the document ends where a value is expected, and stopped"},
           {"\n[]", "2: must be an object: {\"Resource\": [row, ...]}, and stopped"},
           {"{\"A\": [}", "1: column 8: expected a value, and stopped"},
           {"{\"A\": [", "1: column 8: the document ends where a value is expected, and stopped"},
           {"{\"A\": [{}", "1: column 10: the document ends early: expected ',' or ']', and stopped"},
           {"{\"A\": [{}}", "1: column 10: expected ',' or ']', and stopped"},
           {"{\"A\": [{},]}", "1: column 11: expected a value, and stopped"},
           {"{\"A\": []", "1: column 9: the document ends early: expected ',' or '}', and stopped"},
           {"{\"A\": []]", "1: column 9: expected ',' or '}', and stopped"},
           {"{\"A\": [],}", "1: column 10: expected a name in double quotes, and stopped"},
           {"{\"A\" []}", "1: column 6: expected ':', and stopped"},
           {"{\"A\": [],\n \"A\": []}", "2: column 2: the name 'A' stands twice in one object, and stopped"},
           {"{} {}", "1: column 4: there is something behind the document, and stopped"},
           {"{\"A\": [\n{\"x\": nul}]}", "2: column 7: expected a value (in A[0]), and stopped"},
           {"{\"A\": [{}, {\"x\": 1]}", "1: column 19: expected ',' or '}' (in A[1]), and stopped"},
           {"{\"A\": [{\n\"x\": 1, \"x\"",
            "2: column 9: the name 'x' stands twice in one object (in A[0]), and stopped"},
           {"{\"A\": tru}", "1: column 7: expected a value, and stopped"},
           {"{\"\\uD800\": []}", "1: column 3: a lone surrogate, and stopped"},
           {"{\"A\": [\"\xff\"]}", "1: column 9: not valid UTF-8 (in A[0]), and stopped"},
       }) {
    EXPECT_THAT(Read("rows.json", text).mistakes, ElementsAre(told)) << text;
  }
}

TEST_F(RowsFileTest, WhatStandsBeforeAMistakeIsRead) {
  EXPECT_THAT(Read("rows.json", "{\"A\": [{\"x\":1}, {\"x\":2}, oops]}").rows,
              ElementsAre("1 A[0] {\"x\":1}", "1 A[1] {\"x\":2}"));
}

TEST_F(RowsFileTest, LinesOfTheResourceThatTheFileIsNamedFor) {
  Heard heard = Read("Team.ndjson", "\xef\xbb\xbf{\"id\":1}\r\n\n  \n{\"id\":\n[2]\n{\"id\":3}");
  EXPECT_THAT(heard.rows, ElementsAre("1 Team {\"id\":1}", "5 Team [2]", "6 Team {\"id\":3}"));
  EXPECT_THAT(heard.mistakes, ElementsAre("4: column 7: the document ends where a value is expected"));
  EXPECT_THAT(Read("dump.jsonl", "{}", "Member").rows, ElementsAre("1 Member {}"));
}

TEST_F(RowsFileTest, ARowThatIsTooLargeIsToldAndTheOthersAreRead) {
  std::string large = "\"" + std::string(kMostRowBytes, 'x') + "\"";
  Heard heard = Read("Team.ndjson", large + "\n{}");
  EXPECT_THAT(heard.mistakes, ElementsAre("1: the row is larger than 16 MiB"));
  EXPECT_EQ(heard.rows.size(), 1u);
  heard = Read("rows.json", "{\"A\": [" + large + ", {}]}");
  EXPECT_THAT(heard.mistakes, ElementsAre("1: A[0]: the row is larger than 16 MiB"));
  EXPECT_EQ(heard.rows.size(), 1u);
}

TEST_F(RowsFileTest, OnlyRegularFilesAreOpened) {
  EXPECT_THAT(SourceFile::Open("/nonexistent/rows.json").error().message, HasSubstr("/nonexistent/rows.json"));
  EXPECT_THAT(SourceFile::Open(testing::TempDir()).error().message, HasSubstr("not a regular file"));
  EXPECT_THAT(SourceFile::Open("/dev/null").error().message, HasSubstr("not a regular file"));
}

TEST_F(RowsFileTest, AChangedFileIsKnown) {
  SourceFile file = Write("rows.json", "{}");
  EXPECT_TRUE(file.Unchanged());
  std::ofstream(file.path(), std::ios::app) << " ";
  EXPECT_FALSE(file.Unchanged());
}

}  // namespace
}  // namespace ashlar::app
