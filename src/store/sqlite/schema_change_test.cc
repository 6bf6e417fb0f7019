// SPDX-License-Identifier: Apache-2.0
// A file that one contract made, opened with another: what comes by itself, what is refused and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "contract/contract.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/sqlite_store.h"

namespace ashlar::store::sqlite {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Pieces of a contract, each to be replaced by a test.
struct Pieces {
  std::string service = "changing";
  std::string fields = "      title: string!\n      pages: int\n      price: 'decimal(8,2)'\n      author: Author\n";
  std::string more;  // keys of Book
  std::string others = "  Author:\n    fields: { name: string! }\n";
  std::string text() const {
    return fmt::format("service: {}\nresources:\n  Book:\n    fields:\n{}{}{}", service, fields, more, others);
  }
};

class Silent final : public Observer {
 public:
  void Observe(const Observation&) override {}
};

class SchemaChangeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "ashlar_schema_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ / "store.db";
    ASSERT_EQ(OpenWith({}), "");
    Execute("INSERT INTO authors VALUES (x'01', 1, 0, 0, 'Ann')");
    Execute("INSERT INTO books VALUES (x'02', 1, 0, 0, 'One', 3, 950, x'01')");
  }
  void TearDown() override { fs::remove_all(folder_); }

  // The refusal, or empty.
  std::string OpenWith(const Pieces& pieces) {
    std::vector<contract::Source> sources{{"test.yaml", pieces.text()}};
    auto compiled = contract::Compile(sources, {});
    if (!compiled) return "CONTRACT " + contract::Render(compiled.error(), false);
    auto opened = Open(**compiled, {.path = path_, .reader_threads = 1}, observer_);
    if (opened) return "";
    EXPECT_EQ(opened.error().kind, ErrorKind::kInvalid);
    return opened.error().message;
  }
  void Execute(const std::string& sql) {
    auto connection = Connection::Open(path_, Connection::Role::kWriter).value();
    auto done = connection->Execute(sql);
    EXPECT_TRUE(done) << done.error().message;
  }
  std::string Ask(const std::string& sql) {
    auto connection = Connection::Open(path_, Connection::Role::kWriter).value();
    auto text = connection->QueryText(sql);
    return text ? text->value_or("NULL") : text.error().message;
  }
  // Opens it twice, so that what was applied is seen to be kept, and then asks for a value.
  std::string Applied(const Pieces& pieces, const std::string& question) {
    for (int i = 0; i < 2; ++i) {
      std::string refusal = OpenWith(pieces);
      if (!refusal.empty()) return refusal;
    }
    return Ask(question);
  }
  std::string WithField(const std::string& field, const std::string& question) {
    Pieces pieces;
    pieces.fields += "      " + field + "\n";
    return Applied(pieces, question);
  }
  std::string Without(const std::string& part, const std::string& instead) {
    Pieces pieces;
    size_t at = pieces.fields.find(part);
    pieces.fields.replace(at, part.size(), instead);
    return OpenWith(pieces);
  }

  Silent observer_;
  fs::path folder_;
  std::string path_;
};

TEST_F(SchemaChangeTest, NewFieldsComeByThemselves) {
  EXPECT_EQ(WithField("subtitle: string", "SELECT subtitle FROM books"), "NULL");
  EXPECT_THAT(WithField("copies: int", "SELECT copies FROM books"), HasSubstr("field Book.subtitle is gone"));
}

TEST_F(SchemaChangeTest, NewFieldsWithLiteralDefaultsFillTheirRows) {
  const std::pair<const char*, const char*> cases[] = {
      {"a: { type: int!, default: 7 }", "7"},
      {"b: { type: 'decimal(6,3)!', default: '1.5' }", "1500"},
      {"c: { type: string!, default: '\"it''s\"' }", "it's"},
      {"d: { type: bool!, default: true }", "1"},
      {"e: '[string]'", "[]"},
      {"f: { type: float!, default: '0.5' }", "0.5"},
      {"g: { type: 'enum(x, y)!', default: \"'y'\" }", "y"},
      {"h: { type: duration!, default: \"duration('2s')\" }", "2000000"},
      {"i: { type: string, default: \"'opt'\" }", "opt"},
  };
  Pieces pieces;
  for (const auto& [field, value] : cases) {
    pieces.fields += fmt::format("      {}\n", field);
    EXPECT_EQ(Applied(pieces, fmt::format("SELECT \"{}\" FROM books", field[0])), value) << field;
  }
}

TEST_F(SchemaChangeTest, NewResourcesRelationsAndIndexesComeByThemselves) {
  Pieces pieces;
  pieces.others += "  Shop:\n    fields: { name: string!, book: Book }\n";
  pieces.fields += "      editor: Author\n";
  pieces.more = "    indexes:\n      - [pages, price]\n";
  EXPECT_EQ(Applied(pieces, "SELECT group_concat(name) FROM pragma_index_list('books') WHERE origin = 'c'"),
            R"(books index "pages", "price",books index "editor_id",books index "author_id")");
  EXPECT_EQ(Ask("SELECT count(*) FROM shops"), "0");
  EXPECT_EQ(Ask("SELECT \"table\" FROM pragma_foreign_key_list('books') WHERE \"from\" = 'editor_id'"), "authors");
  pieces.more = "    indexes:\n      - [price]\n";
  EXPECT_EQ(Applied(pieces, "SELECT group_concat(name) FROM pragma_index_list('books') WHERE origin = 'c'"),
            R"(books index "price",books index "editor_id",books index "author_id")");
}

TEST_F(SchemaChangeTest, WhatTheProcessAloneJudgesMayChange) {
  Pieces pieces;
  pieces.fields =
      "      title: { type: string!, max: 500 }\n      pages: { type: int, max: 10 }\n"
      "      price: 'decimal(9,2)'\n      author: { type: Author, onDelete: clear }\n";
  pieces.more = "    description: Books.\n    access: { read: public }\n";
  EXPECT_EQ(Applied(pieces, "SELECT price FROM books"), "950");
}

TEST_F(SchemaChangeTest, ATypeThatTakesEveryValueMayTakeThePlaceOfAnother) {
  Pieces pieces;
  pieces.fields = "      title: text!\n      pages: int64\n      price: 'decimal(8,2)'\n      author: Author\n";
  EXPECT_EQ(Applied(pieces, "SELECT pages FROM books"), "3");
  // The rows were written under the wider type since: there is no way back without a look at them.
  EXPECT_THAT(OpenWith({}), HasSubstr("field Book.pages has changed from int64 to int: its values would have to be "
                                      "checked"));
  for (const char* narrower : {"email!", "url!", "'enum(a, b)!'"}) {
    Pieces changed = pieces;
    changed.fields.replace(changed.fields.find("text!"), 5, narrower);
    EXPECT_THAT(OpenWith(changed), HasSubstr("field Book.title has changed from text to ")) << narrower;
  }
}

TEST_F(SchemaChangeTest, WhatNeedsAMigrationIsRefusedInWords) {
  EXPECT_THAT(Without("      pages: int\n", ""), HasSubstr("field Book.pages is gone"));
  EXPECT_THAT(Without("pages: int", "pages: string"),
              HasSubstr("field Book.pages has changed from int to string: its values would have to be converted"));
  EXPECT_THAT(Without("(8,2)", "(8,3)"), HasSubstr("field Book.price has changed from decimal(8,2) to decimal(8,3)"));
  EXPECT_THAT(Without("pages: int", "pages: int!"), HasSubstr("field Book.pages is required now"));
  EXPECT_THAT(Without("title: string!", "title: string"), HasSubstr("field Book.title is optional now"));
  EXPECT_THAT(Without("author: Author", "author: Book"), HasSubstr("field Book.author"));
  EXPECT_THAT(Without("pages: int", "pages: { type: int, unique: true }"), HasSubstr("\"pages\" is unique now"));
  EXPECT_THAT(Without("pages: int", "pages: int\n      isbn: string!"),
              HasSubstr("field Book.isbn is new and required: its rows need a value, so give it a literal default"));
  EXPECT_THAT(Without("pages: int", "pages: int\n      isbn: { type: string, unique: true }"),
              HasSubstr("field Book.isbn is new and unique"));
  EXPECT_THAT(Without("pages: int", "pages: int\n      seen: { type: datetime!, default: now() }"),
              HasSubstr("field Book.seen is new and its default is no literal"));
  EXPECT_EQ(OpenWith({}), "") << "nothing of it was applied";
}

TEST_F(SchemaChangeTest, ChangesOfWholeResourcesAreRefused) {
  Pieces pieces;
  auto refusal = [&](std::string more, std::string others = Pieces().others) {
    pieces.more = std::move(more);
    pieces.others = std::move(others);
    return OpenWith(pieces);
  };
  EXPECT_THAT(refusal("    softDelete: true\n"), HasSubstr("resource Book: softDelete has changed"));
  EXPECT_THAT(refusal("    checks:\n      - { rule: pages > 0, message: m }\n"), HasSubstr("its checks have changed"));
  EXPECT_THAT(refusal("    unique:\n      - [title, pages]\n"), HasSubstr("\"title\", \"pages\" is unique now"));
  EXPECT_THAT(refusal("    plural: bookses\n"), HasSubstr("renamed from books to bookses"));
  EXPECT_THAT(refusal("", "  Author:\n    id: int\n    fields: { name: string! }\n"),
              HasSubstr("resource Author: its id has changed"));
}

TEST_F(SchemaChangeTest, EverythingThatIsRefusedIsToldAtOnceAndNothingIsApplied) {
  Pieces pieces;
  pieces.fields = "      title: string\n      pages: string\n      extra: int\n      author: Author\n";
  EXPECT_THAT(OpenWith(pieces), AllOf(HasSubstr("Book.title"), HasSubstr("Book.pages"), HasSubstr("Book.price is gone"),
                                      Not(HasSubstr("extra"))));
  EXPECT_THAT(Ask("SELECT extra FROM books"), HasSubstr("no such column"));
}

TEST_F(SchemaChangeTest, FilesOfOthersAreRefused) {
  Pieces pieces;
  pieces.service = "another";
  EXPECT_THAT(OpenWith(pieces), HasSubstr("of the service 'changing', not of 'another'"));
  Execute("UPDATE ashlar_schema SET description = replace(description, '\"format\":1', '\"format\":2')");
  EXPECT_THAT(OpenWith({}), HasSubstr("another version"));
  Execute(
      "UPDATE ashlar_schema SET description = '{\"format\":1,\"service\":\"changing\",\"resources\":{\"Book\":7}}'");
  EXPECT_THAT(OpenWith({}), HasSubstr("resource Book: its table"));
  Execute("UPDATE ashlar_schema SET description = '{'");
  EXPECT_THAT(OpenWith({}), HasSubstr("cannot be read"));
  Execute("DROP TABLE ashlar_schema");
  EXPECT_THAT(OpenWith({}), HasSubstr("database of something else"));
  std::ofstream(path_ + "x") << std::string(5000, 'x');
  path_ += "x";
  std::vector<contract::Source> sources{{"test.yaml", pieces.text()}};
  auto compiled = contract::Compile(sources, {});
  auto opened = Open(**compiled, {.path = path_}, observer_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace ashlar::store::sqlite
