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
  // Numbers are n..., JSON is j..., bools are b...
  std::vector<CsvColumn> Columns(FilePlace, const std::vector<std::string>& names) override {
    using Form = CsvColumn::Form;
    std::vector<CsvColumn> columns;
    for (const std::string& name : names) {
      Form form = name[0] == 'n'   ? Form::kNumber
                  : name[0] == 'j' ? Form::kJson
                  : name[0] == 'b' ? Form::kBool
                                   : Form::kText;
      columns.push_back({name, name == "unknown" ? Form::kNone : form});
    }
    return columns;
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

TEST_F(RowsFileTest, CsvIsReadByItsColumns) {
  Heard heard = Read("Team.csv",
                     "\xef\xbb\xbfid,n,\"b\",j,text\r\n"
                     "a,1.50,true,\"[1, \"\"x\"\"]\",\"two\r\nlines, \"\"quoted\"\"\"\r\n"
                     "\r\n"
                     "b,,,,\n"
                     "\"\", 7,TRUE,null,\"\"\n"
                     "c,x,false,{},end");
  EXPECT_THAT(heard.mistakes, IsEmpty());
  EXPECT_THAT(heard.resources, ElementsAre("1 Team"));
  EXPECT_THAT(heard.rows,
              ElementsAre(R"(2 Team {"id":"a","n":1.50,"b":true,"j":[1,"x"],"text":"two\r\nlines, \"quoted\""})",
                          R"(5 Team {"id":"b"})", R"(6 Team {"id":"","n":" 7","b":"TRUE","j":null,"text":""})",
                          R"(7 Team {"id":"c","n":"x","b":false,"j":{},"text":"end"})"));
  EXPECT_THAT(Read("dump.csv", "unknown,a\n1,2\n", "Member").rows, ElementsAre(R"(2 Member {"a":"2"})"));
}

TEST_F(RowsFileTest, ARowOfCsvIsReadAgainFromItsPlace) {
  std::string text = "a,b\r\n\"x\ny\",1\r\nz,2";
  Heard heard = Read("Team.csv", text);
  ASSERT_EQ(heard.found.size(), 2u);
  EXPECT_EQ(text.substr(heard.found[0].offset, heard.found[0].length), "\"x\ny\",1");
  EXPECT_EQ(text.substr(heard.found[1].offset, heard.found[1].length), "z,2");
}

TEST_F(RowsFileTest, EveryMistakeOfCsvIsToldWhereItsRowBegins) {
  Heard heard = Read("Team.csv",
                     "a,ja,jb\n1,2\n1,2,3,4\nx\"y,1,1\n\"x\"y,1,1\n\"multi\n\nline\",[,nul\na\rb,1,1\n"
                     "a\xff,1,1\n" +
                         std::string("a\0,1,1\n", 7) + "ok,1,2\n\"open,1\n2");
  EXPECT_THAT(heard.rows, ElementsAre(R"(12 Team {"a":"ok","ja":1,"jb":2})"));
  EXPECT_THAT(heard.mistakes,
              ElementsAre("2: the row has 2 cells, the first line 3", "3: the row has 4 cells, the first line 3",
                          "4: a quote within a cell that does not begin with one",
                          "5: something stands behind a closing quote", "6: ja: the cell is not JSON",
                          "6: jb: the cell is not JSON", "9: a carriage return within a cell without quotes",
                          "10: not valid UTF-8", "11: a NUL", "13: a quote is not closed"));
}

TEST_F(RowsFileTest, AFirstLineThatNamesNoFieldsStopsCsv) {
  std::string many = "a";
  for (int i = 0; i < 1000; ++i) many += fmt::format(",a{}", i);
  for (const auto& [text, told] : std::vector<std::pair<std::string, std::string>>{
           {"", "1: the first line must have the names of the fields, and stopped"},
           {"\n\r\n", "3: the first line must have the names of the fields, and stopped"},
           {"a,a,,b,b\n1,2,3,4,5",
            "1: the column 'a' stands twice; column 3 has no name; the column 'b' stands twice, and stopped"},
           {"\na,\"b\n", "2: a quote is not closed, and stopped"},
           {many, "1: there are more than 1000 columns, and stopped"}}) {
    Heard heard = Read("Team.csv", text);
    EXPECT_THAT(heard.mistakes, ElementsAre(told)) << text;
    EXPECT_THAT(heard.rows, IsEmpty()) << text;
  }
}

TEST_F(RowsFileTest, ARowOfCsvThatIsTooLargeIsTold) {
  Heard heard = Read("Team.csv", "a\n\"" + std::string(kMostRowBytes, 'x') + "\"\nb\n");
  EXPECT_THAT(heard.mistakes, ElementsAre("2: the row is larger than 16 MiB"));
  EXPECT_THAT(heard.rows, ElementsAre(R"(3 Team {"a":"b"})"));
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
