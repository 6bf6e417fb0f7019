// SPDX-License-Identifier: Apache-2.0
#include "types/value.h"

#include <gtest/gtest.h>

#include <set>

#include "types/list_form.h"
#include "types/regex.h"
#include "types/rows.h"

namespace ashlar::types {
namespace {

// In the order of the language; those within braces are equal.
void ExpectOrder(const std::vector<std::vector<Value>>& groups) {
  for (size_t i = 0; i < groups.size(); ++i) {
    for (size_t j = 0; j < groups.size(); ++j) {
      for (const Value& a : groups[i]) {
        for (const Value& b : groups[j]) EXPECT_EQ(Compare(a, b), i <=> j) << i << " " << j;
      }
    }
  }
}

TEST(ValueTest, NumbersOfAllKindsCompareExactly) {
  ExpectOrder({{Value{}},
               {Value{-1e300}},
               {Value{INT64_MIN}, Value{-9223372036854775808.0}},
               {Value{Decimal{-15, 1}}, Value{-1.5}},
               {Value{int64_t{0}}, Value{0.0}, Value{-0.0}, Value{Decimal{0, 5}}},
               {Value{Decimal{1, 1}}},
               {Value{0.1}},
               {Value{int64_t{1}}, Value{1.0}, Value{Decimal{100, 2}}},
               {Value{int64_t{9007199254740992}}, Value{9007199254740992.0}},
               {Value{int64_t{9007199254740993}}, Value{Decimal{9007199254740993, 0}}},
               {Value{INT64_MAX}},
               {Value{9223372036854775808.0}},
               {Value{1e300}}});
}

TEST(ValueTest, OtherKindsCompareByValue) {
  ExpectOrder({{Value{}}, {Value{false}}, {Value{true}}});
  // By code point, which is not the order of UTF-16: U+FFFD before U+1FAD6.
  ExpectOrder({{Value{}},
               {Value{std::string()}},
               {Value{std::string("A")}},
               {Value{std::string("a")}},
               {Value{std::string("a\0", 2)}},
               {Value{std::string("\xC3\xA9")}},
               {Value{std::string("\xEF\xBF\xBD")}},
               {Value{std::string("\xF0\x9F\xAB\x96")}}});
  ExpectOrder({{Value{Bytes{"\x01"}}}, {Value{Bytes{"\xFF"}}}});
  ExpectOrder({{Value{Uuid{{1}}}}, {Value{Uuid{{1, 1}}}}, {Value{Uuid{{2}}}}});
  ExpectOrder({{Value{Date{-1}}}, {Value{Date{0}}}});
  ExpectOrder({{Value{Timestamp{-1}}}, {Value{Timestamp{0}}}});
  ExpectOrder({{Value{Duration{-1}}}, {Value{Duration{0}}}});
  ExpectOrder({{Value{JsonText{"1"}}}, {Value{JsonText{"{}"}}}});
  Value one{int64_t{1}}, two{int64_t{2}};
  ExpectOrder({{Value{}},
               {Value{List{}}},
               {Value{List{{one}}}},
               {Value{List{{one, one}}}},
               {Value{List{{one, two}}}},
               {Value{List{{two}}}}});
}

TEST(ValueTest, KindIsThatOfTheDatum) {
  const std::vector<std::pair<Value, Kind>> values = {
      {Value{true}, Kind::kBool},           {Value{int64_t{1}}, Kind::kInt64},   {Value{1.0}, Kind::kFloat64},
      {Value{Decimal{}}, Kind::kDecimal},   {Value{std::string()}, Kind::kText}, {Value{Bytes{}}, Kind::kBytes},
      {Value{Uuid{}}, Kind::kUuid},         {Value{Date{}}, Kind::kDate},        {Value{Timestamp{}}, Kind::kTimestamp},
      {Value{Duration{}}, Kind::kDuration}, {Value{JsonText{}}, Kind::kJson},    {Value{List{}}, Kind::kList}};
  std::set<std::string> names;
  for (const auto& [value, kind] : values) {
    EXPECT_EQ(value.kind(), kind);
    EXPECT_TRUE(names.insert(NameOf(kind)).second);
  }
}

TEST(RowsTest, KeepsCellsOfAllSizes) {
  Rows rows(2);
  std::vector<std::string> texts;
  for (size_t i = 0; i < 300; ++i) {
    texts.push_back(std::string(i * i % 9000, static_cast<char>('a' + i % 26)));
    ASSERT_TRUE(rows.AppendText(texts.back()));
    if (i % 2 == 0) {
      rows.AppendInteger(static_cast<int64_t>(i));
    } else {
      rows.AppendNull();
    }
  }
  ASSERT_EQ(rows.size(), 300u);
  rows.Reverse();
  for (size_t i = 0; i < 300; ++i) {
    EXPECT_EQ(rows.at(299 - i, 0).text(), texts[i]);
    EXPECT_EQ(rows.at(299 - i, 1).is_null(), i % 2 == 1);
  }
  rows.Truncate(1);
  EXPECT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.at(0, 0).text(), texts[299]);
  rows.AppendReal(0.5);
  EXPECT_EQ(rows.at(1, 0).real, 0.5);
}

TEST(RowsTest, RefusesTextsBeyondItsLimit) {
  Rows rows(1, 10);
  EXPECT_TRUE(rows.AppendText("12345678"));
  EXPECT_FALSE(rows.AppendText("123"));
  EXPECT_TRUE(rows.AppendText("12"));
  EXPECT_FALSE(rows.AppendText("1"));
  EXPECT_TRUE(rows.AppendText(""));
  EXPECT_EQ(rows.size(), 3u);
}

TEST(RegexTest, MatchesWholeTextsOrParts) {
  auto regex = Regex::Make("a|ab");
  ASSERT_TRUE(regex);
  EXPECT_TRUE(regex->MatchesWhole("ab"));
  EXPECT_FALSE(regex->MatchesWhole("abc"));
  EXPECT_TRUE(regex->MatchesPart("xabc"));
  EXPECT_FALSE(regex->MatchesPart("xyz"));
  EXPECT_EQ(regex->pattern(), "a|ab");
  EXPECT_TRUE(Regex::Make("^..$")->MatchesWhole("\xC3\xA9\xF0\x9F\xAB\x96"));
}

TEST(RegexTest, RefusesWhatCannotBeBounded) {
  for (const char* pattern : {"(", "a(?=b)", "(a)\\1", "((a{1000}){1000})", "\xFF"})
    EXPECT_FALSE(Regex::Make(pattern)) << pattern;
  EXPECT_FALSE(Regex::Make(std::string(Regex::kMaxPattern + 1, 'a')));
  // Linear, whatever the text.
  EXPECT_FALSE(Regex::Make("(a*)*b")->MatchesWhole(std::string(100'000, 'a')));
}

TEST(ListFormTest, WritesWhatEachKindStores) {
  List list{{true, int64_t{-5}, 0.5, Decimal{150, 2}, std::string("a\""), Bytes{"\x01"}, Uuid{}, Date{3}, Timestamp{4},
             Duration{-5}, JsonText{"{}"}, Value{}}};
  EXPECT_EQ(ToListForm(list),
            "[true,-5,0.5,150,\"a\\\"\",\"AQ==\",\"00000000-0000-0000-0000-000000000000\",3,4,-5,{},null]");
  EXPECT_EQ(ToListElement(std::string("x")), "\"x\"");
  EXPECT_EQ(ToListForm({}), "[]");
}

TEST(ListFormTest, ADamagedListIsNull) {
  TypePtr text = *FindFieldType("string")->make({});
  TypePtr date = *FindFieldType("date")->make({});
  TypePtr uuid = *FindFieldType("uuid")->make({});
  for (const char* damaged : {"", "[", "{}", "[1]", "[null]", "\"a\""}) {
    EXPECT_TRUE(FromListForm(damaged, *text).is_null()) << damaged;
  }
  for (const char* damaged : {"[\"a\"]", "[1.5]", "[99999999999999999999]"}) {
    EXPECT_TRUE(FromListForm(damaged, *date).is_null()) << damaged;
  }
  EXPECT_TRUE(FromListForm("[\"x\"]", *uuid).is_null());
}

}  // namespace
}  // namespace ashlar::types
