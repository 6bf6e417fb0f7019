// SPDX-License-Identifier: Apache-2.0
// Cursors: what they carry, for whom, and what walks with them.
#include "plan/cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

using model::OperationKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CursorTest : public testing::Test {
 protected:
  call::Call List(std::string_view resource, std::vector<call::SortTerm> sort = {}) const {
    call::Call list = world_.Make(OperationKind::kList, resource);
    list.sort = std::move(sort);
    list.paging.cursor = true;
    list.paging.per_page = 2;
    return list;
  }
  call::Call At(call::Call list, const std::string& cursor, bool backwards = false) const {
    list.paging.at = cursor;
    list.paging.backwards = backwards;
    return list;
  }
  // The page that these rows make.
  call::PageInfo Page(const call::Call& list, const call::Caller& caller,
                      std::initializer_list<std::string_view> rows) const {
    Steps steps(world_, list, caller);
    EXPECT_TRUE(steps.planned()) << steps.End();
    steps.Next();
    steps.Next(steps.Rows(rows));
    return *steps.Take()->page;
  }
  std::string First(const call::Call& list, const call::Caller& caller) const {
    return Steps(world_, list, caller).Next()[0];
  }
  // A cursor of the order rank, title, id at (4, 'b', 8).
  std::string Made(const call::Caller& caller) const { return *Page(list_, caller, kRows).next; }

  static constexpr std::initializer_list<std::string_view> kRows = {
      R"({"id": 9, "version": 1, "rank": 3, "title": "a"})", R"({"id": 8, "version": 1, "rank": 4, "title": "b"})",
      R"({"id": 7, "version": 1, "rank": 5, "title": "c"})"};
  static constexpr const char* kRefused = "INVALID_QUERY: 'after' is not a cursor of this query";
  World world_;
  call::Call list_ = List("Note", {{"rank"}, {"title", true}});
};

TEST_F(CursorTest, AWalkGoesForthAndBack) {
  call::PageInfo first = Page(list_, world_.ann, kRows);
  EXPECT_TRUE(first.cursor);
  EXPECT_FALSE(first.total.has_value());
  EXPECT_FALSE(first.previous.has_value());
  ASSERT_TRUE(first.next.has_value());
  call::Call forth = At(list_, *first.next);
  EXPECT_THAT(First(forth, world_.ann), HasSubstr(" by rank -title id after 4, 'b', 8 limit 3"));
  call::PageInfo last = Page(forth, world_.ann, {R"({"id": 7, "version": 1, "rank": 5, "title": "c"})"});
  EXPECT_FALSE(last.next.has_value());
  ASSERT_TRUE(last.previous.has_value());
  call::Call back = At(list_, *last.previous, true);
  EXPECT_THAT(First(back, world_.ann), HasSubstr(" by -rank title -id after 5, 'c', 7 limit 3"));
}

TEST_F(CursorTest, BackwardsPagesComeInTheOrderOfTheList) {
  call::Call back = At(list_, *Page(At(list_, Made(world_.ann)), world_.ann, kRows).previous, true);
  Steps steps(world_, back, world_.ann);
  steps.Next();
  steps.Next(steps.Rows(
      {R"({"id": 2, "version": 1, "rank": 2, "title": "b"})", R"({"id": 1, "version": 1, "rank": 1, "title": "a"})"}));
  auto outcome = steps.Take().value();
  EXPECT_FALSE(outcome.page->previous.has_value());
  ASSERT_TRUE(outcome.page->next.has_value());
  EXPECT_THAT(First(At(list_, *outcome.page->next), world_.ann), HasSubstr("after 2, 'b', 2"));
  EXPECT_EQ(outcome.rows.rows.at(0, outcome.rows.columns[0].cell).integer, 1);
}

TEST_F(CursorTest, AnEmptyPageHasNoCursors) {
  call::PageInfo page = Page(At(list_, Made(world_.ann)), world_.ann, {});
  EXPECT_FALSE(page.next.has_value() || page.previous.has_value());
}

TEST_F(CursorTest, EveryChangedByteIsRefused) {
  std::string cursor = Made(world_.ann);
  ASSERT_EQ(Steps(world_, At(list_, cursor), world_.ann).planned(), true);
  std::string raw = *Base64UrlDecode(cursor);
  for (size_t i = 0; i < raw.size(); ++i) {
    std::string tampered = raw;
    tampered[i] = static_cast<char>(tampered[i] ^ 1);
    EXPECT_EQ(First(At(list_, Base64UrlEncode(tampered)), world_.ann), kRefused) << i;
  }
  for (size_t size = 1; size < raw.size(); ++size) {
    EXPECT_EQ(First(At(list_, Base64UrlEncode(raw.substr(0, size))), world_.ann), kRefused) << size;
  }
  EXPECT_EQ(First(At(list_, cursor + "A"), world_.ann), kRefused);
  EXPECT_EQ(First(At(list_, "no base64!"), world_.ann), kRefused);
  EXPECT_EQ(First(At(list_, std::string(Cursors::kMaxCursor + 1, 'A')), world_.ann), kRefused);
  EXPECT_EQ(First(At(list_, "AA", true), world_.ann), "INVALID_QUERY: 'before' is not a cursor of this query");
}

TEST_F(CursorTest, AnotherCallersCursorIsRefused) {
  std::string cursor = Made(world_.ann);
  for (const call::Caller* caller : {&world_.bob, &world_.staff, &world_.boss}) {
    EXPECT_EQ(First(At(list_, cursor), *caller), kRefused);
  }
  // Of the same name, but not of the same kind.
  call::Caller named = world_.staff;
  named.id = world_.boss.id;
  EXPECT_EQ(First(At(list_, Made(world_.boss)), named), kRefused);
}

TEST_F(CursorTest, AnotherQuerysCursorIsRefused) {
  std::string cursor = Made(world_.ann);
  call::Call other = At(list_, cursor);
  other.sort[1].descending = false;
  EXPECT_EQ(First(other, world_.ann), kRefused);
  other = At(List("Note", {{"rank"}}), cursor);
  EXPECT_EQ(First(other, world_.ann), kRefused);
  other = At(list_, cursor);
  other.filter = "rank > 1";
  EXPECT_EQ(First(other, world_.ann), kRefused);
  other = At(list_, cursor);
  other.deleted = call::Deleted::kWith;
  EXPECT_EQ(First(other, world_.ann), kRefused);
  other = At(list_, cursor);
  other.where = {{"rank", {"rank"}, call::Operator::kEq, {"1"}}};
  EXPECT_EQ(First(other, world_.ann), kRefused);
  std::string of_where = *Page(At(other, ""), world_.ann, kRows).next;
  EXPECT_THAT(First(At(other, of_where), world_.ann), HasSubstr("after 4"));
  other.where[0].values = {"2"};
  EXPECT_EQ(First(At(other, of_where), world_.ann), kRefused);
  other.where[0] = {"rank", {"rank"}, call::Operator::kGt, {"1"}};
  EXPECT_EQ(First(At(other, of_where), world_.ann), kRefused);
}

TEST_F(CursorTest, AnotherResourcesCursorIsRefused) {
  std::string cursor = *Page(List("Shelf"), world_.ann,
                             {R"({"id": 1, "version": 1})", R"({"id": 2, "version": 1})", R"({"id": 3, "version": 1})"})
                            .next;
  EXPECT_THAT(First(At(List("Shelf"), cursor), world_.ann), HasSubstr("after 2 "));
  EXPECT_EQ(First(At(List("Note"), cursor), world_.ann), kRefused);
}

TEST_F(CursorTest, AnotherServersCursorIsRefused) {
  Rules rules(world_.service(), world_.ann, World::kNow);
  const model::Resource& note = world_.resource("Note");
  std::vector<Order> order = {{note.key[0], false}};
  Planner::CursorKey one{1};
  Planner::CursorKey two{2};
  types::Rows rows(1);
  rows.AppendInteger(5);
  std::string cursor = Cursors(one, list_, rules, note, order).Encode(rows, 0, {0});
  EXPECT_TRUE(Cursors(one, list_, rules, note, order).Decode(cursor).has_value());
  EXPECT_FALSE(Cursors(two, list_, rules, note, order).Decode(cursor).has_value());
}

TEST_F(CursorTest, ACursorOfAFieldThatHasChangedSinceIsRefused) {
  model::Resource kinds = world_.resource("Kinds");
  Rules rules(world_.service(), world_.ann, World::kNow);
  FieldId text = kinds.FindField("text");
  FieldId other = kinds.FindField("other");
  std::vector<Order> order = {{text, false}};
  Planner::CursorKey key{1};
  types::Rows rows(1);
  ASSERT_TRUE(rows.AppendText("x"));
  std::string cursor = Cursors(key, List("Kinds"), rules, kinds, order).Encode(rows, 0, {0});
  EXPECT_TRUE(Cursors(key, List("Kinds"), rules, kinds, order).Decode(cursor).has_value());
  model::Resource moved = kinds;
  std::swap(moved.fields[text.index()], moved.fields[other.index()]);
  EXPECT_FALSE(Cursors(key, List("Kinds"), rules, moved, order).Decode(cursor).has_value());
  EXPECT_TRUE(Cursors(key, List("Kinds"), rules, moved, {{other, false}}).Decode(cursor).has_value());
  kinds.fields[text.index()].type = kinds.field(other).type;
  EXPECT_FALSE(Cursors(key, List("Kinds"), rules, kinds, order).Decode(cursor).has_value());
}

TEST_F(CursorTest, TheOrderOfConditionsDoesNotMatter) {
  call::Condition one{"rank", {"rank"}, call::Operator::kGt, {"1"}};
  call::Condition two{"size", {"size"}, call::Operator::kLt, {"9"}};
  list_.where = {one, two};
  std::string cursor = Made(world_.ann);
  list_.where = {two, one};
  EXPECT_THAT(First(At(list_, cursor), world_.ann), HasSubstr("after 4"));
  // Nor does what is shown, or how much of it.
  list_.selection.fields = {"title"};
  list_.paging.per_page = 7;
  EXPECT_THAT(First(At(list_, cursor), world_.ann), HasSubstr("after 4"));
}

TEST_F(CursorTest, EveryKindOfSortKeyTravelsAndSoDoesNull) {
  const model::Resource& kinds = world_.resource("Kinds");
  Rules rules(world_.service(), world_.ann, World::kNow);
  Query query;
  query.resource = kinds.id;
  std::vector<uint32_t> cells;
  for (size_t i = 0; i < kinds.fields.size(); ++i) {
    FieldId id{static_cast<uint32_t>(i)};
    ASSERT_TRUE(kinds.field(id).type->sortable());
    query.fields.push_back(id);
    query.order.push_back({id, i % 2 == 1});
    cells.push_back(static_cast<uint32_t>(i));
  }
  types::Rows rows = std::get<types::Rows>(world_.RowsFor(
      query, {R"({"id": "0190a000-0000-7000-8000-00000000000a", "version": 9007199254740991, "flag": true, "whole": -1,
                  "createdAt": "2000-01-01T00:00:00Z", "updatedAt": "2000-01-01T00:00:00Z", "real": -0.1,
                  "large": "9223372036854775807", "money": "-1234567890123456.78", "text": "ä 😀 \\ \"", "long": "",
                  "other": "0190a000-0000-7000-8000-00000000000b", "day": "0001-01-01", "pick": "two",
                  "time": "9999-12-31T23:59:59.999999Z", "span": "-PT1.5S", "mail": "a@example.org",
                  "link": "https://example.org/"})",
              R"({"id": "0190a000-0000-7000-8000-00000000000a", "version": 1, "flag": false})", "{}"}));
  call::Call call = List("Kinds");
  Planner::CursorKey key{1};
  Cursors cursors(key, call, rules, kinds, query.order);
  for (size_t row = 0; row < rows.size(); ++row) {
    auto values = cursors.Decode(cursors.Encode(rows, row, cells));
    ASSERT_TRUE(values.has_value()) << row;
    ASSERT_EQ(values->size(), cells.size());
    for (size_t i = 0; i < cells.size(); ++i) {
      EXPECT_EQ(values->at(i), kinds.fields[i].type->ToValue(rows.at(row, i))) << kinds.fields[i].name;
      EXPECT_EQ(values->at(i).is_null(), rows.at(row, i).is_null()) << kinds.fields[i].name;
    }
  }
}

TEST_F(CursorTest, ACursorThatIsTooLongIsRefused) {
  const model::Resource& kinds = world_.resource("Kinds");
  Rules rules(world_.service(), world_.ann, World::kNow);
  std::vector<Order> order = {{kinds.FindField("long"), false}, {kinds.key[0], false}};
  Planner::CursorKey key{1};
  Cursors cursors(key, List("Kinds"), rules, kinds, order);
  for (bool fits : {true, false}) {
    types::Rows rows(2);
    ASSERT_TRUE(rows.AppendText(std::string(fits ? 3000 : 3100, 'x')));
    rows.AppendNull();
    EXPECT_EQ(cursors.Decode(cursors.Encode(rows, 0, {0, 1})).has_value(), fits);
  }
}

}  // namespace
}  // namespace ashlar::plan
