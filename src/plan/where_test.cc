// SPDX-License-Identifier: Apache-2.0
// The structured form of conditions, from JSON to what the store is asked.
#include "call/where.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/conditions.h"
#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class WhereTest : public testing::Test {
 protected:
  // What it becomes, or all that is wrong with it.
  std::string Make(const std::string& text) const {
    std::vector<std::string> wrong;
    call::Call call;
    call.where = call::ReadWhere(json::Parse(text).value(), wrong);
    if (!wrong.empty()) return fmt::format("{}", fmt::join(wrong, "; "));
    Rules rules(world_.service(), world_.ann, World::kNow);
    ClauseErrors errors;
    cel::ExprPtr made = MakeCondition(call, world_.resource("Note"), rules, errors);
    return errors.empty() ? world_.Tell(made) : errors.ToError(rules).message;
  }
  World world_;
};

TEST_F(WhereTest, MembersGoTogether) {
  EXPECT_EQ(Make("{}"), "true");
  EXPECT_EQ(Make(R"({"rank": 1, "title": "a"})"), "((rank == 1) && (title == 'a'))");
  EXPECT_EQ(Make(R"({"rank": {"gte": 1, "lt": 5}})"), "((rank >= 1) && (rank < 5))");
}

TEST_F(WhereTest, ValuesHaveTheirTypes) {
  EXPECT_EQ(Make(R"({"rank": "1"})"), "'rank': must be a whole number");
  EXPECT_EQ(Make(R"({"rank": 1.0})"), "(rank == 1)");
  EXPECT_EQ(Make(R"({"rank": {"gt": -5}})"), "(rank > -5)");
  EXPECT_EQ(Make(R"({"title": 1})"), "'title': must be a string");
  EXPECT_EQ(Make(R"({"title": {"contains": 1}})"), "'title[contains]': must be a string");
  EXPECT_EQ(Make(R"({"size": {"isNull": "true"}})"), "'size[isNull]': must be true or false");
  EXPECT_EQ(Make(R"({"size": {"isNull": false}})"), "(size != null)");
  EXPECT_EQ(Make(R"({"tags": {"contains": "a"}})"), "('a' in tags)");
  EXPECT_EQ(Make(R"({"title": {"startsWith": "a", "ieq": "B"}})"), "(startsWith(title, 'a') && ieq(title, 'B'))");
  EXPECT_EQ(Make(R"({"title": "a\u0000"})"), "'title': must not contain U+0000");
}

TEST_F(WhereTest, NullIsEqualToNullAlone) {
  EXPECT_EQ(Make(R"({"size": null})"), "(size == null)");
  EXPECT_EQ(Make(R"({"size": {"ne": null}})"), "(size != null)");
  EXPECT_EQ(Make(R"({"size": {"gt": null}})"), "'size[gt]': null is for eq, ne and isNull");
  EXPECT_EQ(Make(R"({"size": {"in": [1, null]}})"), "'size[in]': null is for eq, ne and isNull");
}

TEST_F(WhereTest, ListsOfValuesMayBeEmpty) {
  EXPECT_EQ(Make(R"({"rank": {"in": [1, 2]}})"), "(rank in [1, 2])");
  EXPECT_EQ(Make(R"({"rank": {"in": []}})"), "false");
  EXPECT_EQ(Make(R"({"rank": {"nin": []}})"), "true");
  EXPECT_EQ(Make(R"({"not": {"rank": {"nin": []}}})"), "false");
  EXPECT_EQ(Make(R"({"rank": {"in": 1}})"), "'rank[in]': must be an array");
  EXPECT_EQ(Make(R"({"rank": [1]})"), "'rank': must be one value");
  EXPECT_EQ(Make(R"({"rank": {"gt": {"lt": 1}}})"), "'rank[gt]': must be one value");
}

TEST_F(WhereTest, JunctionsNest) {
  EXPECT_EQ(Make(R"({"or": [{"rank": 1}, {"rank": 2, "title": "a"}]})"),
            "((rank == 1) || ((rank == 2) && (title == 'a')))");
  EXPECT_EQ(Make(R"({"and": [{"rank": 1}, {"not": {"title": "a"}}]})"), "((rank == 1) && !((title == 'a')))");
  EXPECT_EQ(Make(R"({"and": {"rank": 1}, "not": {"rank": 2, "title": "a"}})"),
            "((rank == 1) && !(((rank == 2) && (title == 'a'))))");
}

TEST_F(WhereTest, WhatIsEmptyOrNoObjectIsAMistake) {
  EXPECT_EQ(Make("[]"), "'where': must be an object");
  EXPECT_EQ(Make(R"({"or": []})"), "'or': is empty");
  EXPECT_EQ(Make(R"({"or": {"rank": 1}})"), "'or': must be an array of objects");
  EXPECT_EQ(Make(R"({"or": [{}]})"), "'or': has no condition");
  EXPECT_EQ(Make(R"({"and": [1], "not": [], "rank": {}})"),
            "'and': must hold objects; 'not': must be an object; 'rank': has no condition");
}

TEST_F(WhereTest, AnObjectBehindARelationIsAboutOneRow) {
  EXPECT_EQ(Make(R"({"shelf.name": "a"})"), Make(R"({"shelf": {"name": "a"}})"));
  EXPECT_THAT(Make(R"({"shelf": {"boxes": {"label": "a", "id": "b"}}})"),
              HasSubstr("($1.label == 'a') && ($1.id == 'b')"));
  EXPECT_THAT(Make(R"({"shelf.boxes.stamps": {"number": {"in": [1, 2]}}})"), HasSubstr("$2.number in [1, 2]"));
  EXPECT_EQ(
      Make(R"({"shelf": {"nam": 1}, "shelv": {"name": 2}})"),
      "'shelf.nam': Shelf has no field 'nam' (did you mean 'name'?); 'shelv': Note has no relation 'shelv' (did you "
      "mean 'shelf'?)");
  EXPECT_EQ(Make(R"({"rank": {"like": 1}})"), "'rank.like': there is no operator of that name");
  EXPECT_EQ(Make(R"({"rank": {"gt": 1, "like": 1}})"), "'rank[like]': there is no operator 'like'");
  EXPECT_EQ(Make(R"({"shelf.": 1, "": 2})"), "'shelf.' is not a field; '' is not a field");
  EXPECT_EQ(Make(R"({"shelf": {"notes": {"shelf": {"notes": {"shelf": {"name": "a"}}}}}})"),
            "'shelf.notes.shelf.notes.shelf' crosses more than 4 relations");
}

TEST_F(WhereTest, AFieldIsRefusedWhereverItStands) {
  for (const char* place : {R"({"secret": "x"})", R"({"or": [{"rank": 1}, {"not": {"secret": "x"}}]})",
                            R"({"shelf": {"notes": {"secret": {"in": []}}}})"}) {
    EXPECT_EQ(Make(place), "field 'secret' is not allowed here") << place;
  }
}

TEST_F(WhereTest, TreesHaveLimits) {
  std::string deep = R"({"rank": 1})";
  for (int i = 0; i < 7; ++i) deep = R"({"not": )" + deep + "}";
  EXPECT_THAT(Make(deep), HasSubstr("(rank == 1)"));
  EXPECT_EQ(Make(R"({"not": )" + deep + "}"), "'where' is nested more than 8 deep");
  std::string wide;
  for (int i = 0; i < 101; ++i) wide += R"({"rank": 1},)";
  wide.pop_back();
  EXPECT_EQ(Make(R"({"or": [)" + wide + "]}"), "the query has more than 100 conditions");
  std::string many = "1";
  for (int i = 0; i < 1000; ++i) many += ",1";
  EXPECT_EQ(Make(R"({"rank": {"in": [)" + many + "]}}"), "'rank[in]' has more than 1000 values");
  std::string wrong;
  for (int i = 0; i < 500; ++i) wrong += fmt::format(R"("f{}": {{}},)", i);
  wrong.pop_back();
  EXPECT_THAT(Make("{" + wrong + "}"), AllOf(HasSubstr("'f99'"), testing::Not(HasSubstr("'f100'"))));
}

// Every place tells the names above it: a long one above many would take the square of what was sent.
TEST_F(WhereTest, WhatIsBuiltOfABodyIsBounded) {
  std::string many;
  for (int i = 0; i < 50'000; ++i) many += fmt::format(R"("{}": 1,)", i);
  many.pop_back();
  std::string name = std::string(255, 'a') + "\u00e9" + std::string(200'000, 'b');
  std::string text = fmt::format(R"({{"{}": {{{}}}, "shelf": {{{}}}}})", name, many, many);
  std::vector<std::string> wrong;
  std::vector<call::Condition> built = call::ReadWhere(json::Parse(text).value(), wrong);
  EXPECT_EQ(wrong, (std::vector<std::string>{"'" + std::string(255, 'a') + "...' is not a field",
                                             "'where' has more than 1000 conditions"}));
  ASSERT_EQ(built.size(), 1u);
  EXPECT_LE(built[0].of.size(), 1000u);
  std::string groups;
  for (int i = 0; i < 500; ++i) groups += R"({"shelf": {}},)";
  groups.pop_back();
  wrong.clear();
  call::Call call;
  call.where = call::ReadWhere(json::Parse(R"({"or": [)" + groups + "]}").value(), wrong);
  ClauseErrors errors;
  (void)MakeCondition(call, world_.resource("Note"), Rules(world_.service(), world_.ann, World::kNow), errors);
  EXPECT_EQ(errors.invalid, std::vector<std::string>{"the query has more than 100 conditions"});
}

}  // namespace
}  // namespace ashlar::plan
