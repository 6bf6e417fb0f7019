// SPDX-License-Identifier: Apache-2.0
// What structured conditions and filters become, and what is wrong with them.
#include "plan/conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

using call::Operator;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConditionsTest : public testing::Test {
 protected:
  std::string Make(const call::Call& call) const {
    Rules rules(world_.service(), world_.boss, World::kNow);
    ClauseErrors errors;
    cel::ExprPtr made = MakeCondition(call, world_.resource("Note"), rules, errors);
    if (errors.empty()) return world_.Tell(made);
    EXPECT_EQ(made, nullptr);
    return errors.ToError(rules).message;
  }
  std::string Where(std::vector<std::string> path, Operator op, std::vector<std::string> values) const {
    call::Call call;
    call.where = {{"it", std::move(path), op, std::move(values)}};
    return Make(call);
  }
  std::string Filter(std::string text) const {
    call::Call call;
    call.filter = std::move(text);
    return Make(call);
  }
  World world_;
};

TEST_F(ConditionsTest, EveryOperatorIsAnExpression) {
  EXPECT_EQ(Where({"rank"}, Operator::kEq, {"1"}), "(rank == 1)");
  EXPECT_EQ(Where({"rank"}, Operator::kNe, {"1"}), "(rank != 1)");
  EXPECT_EQ(Where({"rank"}, Operator::kGt, {"1"}), "(rank > 1)");
  EXPECT_EQ(Where({"rank"}, Operator::kGte, {"1"}), "(rank >= 1)");
  EXPECT_EQ(Where({"rank"}, Operator::kLt, {"-1"}), "(rank < -1)");
  EXPECT_EQ(Where({"rank"}, Operator::kLte, {"1"}), "(rank <= 1)");
  EXPECT_EQ(Where({"rank"}, Operator::kIn, {"1", "2"}), "(rank in [1, 2])");
  EXPECT_EQ(Where({"rank"}, Operator::kNin, {"1"}), "!((rank in [1]))");
  EXPECT_EQ(Where({"title"}, Operator::kContains, {"a"}), "contains(title, 'a')");
  EXPECT_EQ(Where({"tags"}, Operator::kContains, {"a"}), "('a' in tags)");
  EXPECT_EQ(Where({"title"}, Operator::kStartsWith, {"a"}), "startsWith(title, 'a')");
  EXPECT_EQ(Where({"title"}, Operator::kIeq, {"a"}), "ieq(title, 'a')");
  EXPECT_EQ(Where({"title"}, Operator::kIcontains, {"a"}), "icontains(title, 'a')");
  EXPECT_EQ(Where({"size"}, Operator::kIsNull, {"true"}), "(size == null)");
  EXPECT_EQ(Where({"size"}, Operator::kIsNull, {"false"}), "(size != null)");
  EXPECT_EQ(Where({"ownerId"}, Operator::kEq, {std::string(World::kAnn)}), "(ownerId == ann)");
}

TEST_F(ConditionsTest, AnOperatorFitsItsFields) {
  EXPECT_EQ(
      Where({"rank"}, Operator::kContains, {"1"}),
      "'it': operator 'contains' is not for 'rank', which is int and takes eq, ne, gt, gte, lt, lte, in, nin, isNull");
  EXPECT_EQ(Where({"rank"}, Operator::kStartsWith, {"1"}),
            "'it': operator 'startsWith' is not for 'rank', which is int and takes eq, ne, gt, gte, lt, lte, in, nin, "
            "isNull");
  EXPECT_THAT(Where({"rank"}, Operator::kIeq, {"1"}), HasSubstr("'ieq' is not for 'rank', which is int"));
  EXPECT_THAT(Where({"rank"}, Operator::kIcontains, {"1"}), HasSubstr("'icontains' is not for 'rank', which is int"));
  EXPECT_THAT(Where({"tags"}, Operator::kGt, {"a"}), HasSubstr("which is [string] and takes contains, isNull"));
  EXPECT_THAT(Where({"tags"}, Operator::kEq, {"a"}), HasSubstr("'eq' is not for 'tags', which is [string]"));
  EXPECT_THAT(Where({"shelf", "hidden"}, Operator::kLt, {"true"}), HasSubstr("which is bool and takes eq, ne, in"));
  EXPECT_EQ(Where({"tags"}, Operator::kIsNull, {"true"}), "(tags == null)");
  EXPECT_EQ(Where({"data"}, Operator::kIsNull, {"true"}), "'it': a json field cannot be filtered");
}

TEST_F(ConditionsTest, AValueMustBeOfTheFieldsType) {
  EXPECT_THAT(Where({"rank"}, Operator::kEq, {"one"}), HasSubstr("'it': "));
  EXPECT_THAT(Where({"rank"}, Operator::kIn, {"1", "", "x"}), HasSubstr("; 'it': "));
  EXPECT_EQ(Where({"size"}, Operator::kIsNull, {"yes"}), "'it': must be true or false");
  EXPECT_THAT(Where({"ownerId"}, Operator::kEq, {"ann"}), HasSubstr("'it': "));
  // Bounds of the field do not bind what is looked for.
  EXPECT_EQ(Where({"rank"}, Operator::kGt, {"-5"}), "(rank > -5)");
}

TEST_F(ConditionsTest, APathCrossesRelations) {
  EXPECT_EQ(Where({"shelf", "name"}, Operator::kEq, {"a"}), "(shelf.name == 'a')");
  EXPECT_EQ(Where({"shelf", "boxes", "stamps", "number"}, Operator::kEq, {"1"}),
            "shelf.boxes.exists($1, $1.stamps.exists($2, ($2.number == 1)))");
  EXPECT_EQ(Where({"shelv", "name"}, Operator::kEq, {"a"}),
            "'it': Note has no relation 'shelv' (did you mean 'shelf'?)");
  EXPECT_EQ(Where({"shelf", "nam"}, Operator::kEq, {"a"}), "'it': Shelf has no field 'nam' (did you mean 'name'?)");
  EXPECT_EQ(Where({"shelf"}, Operator::kEq, {"a"}), "'it': Note has no field 'shelf' (did you mean 'shelfId'?)");
  std::vector<std::string> far = {"shelf", "notes", "shelf", "notes", "rank"};
  EXPECT_THAT(Where(far, Operator::kEq, {"1"}), HasSubstr("exists"));
  far.insert(far.end() - 1, "shelf");
  EXPECT_EQ(Where(far, Operator::kEq, {"1"}), "'it' crosses more than 4 relations");
}

TEST_F(ConditionsTest, ConditionsAllHold) {
  call::Call call;
  call.where = {{"a", {"shelf", "notes", "rank"}, Operator::kEq, {"1"}},
                {"b", {"shelf", "notes", "rank"}, Operator::kEq, {"2"}}};
  call.filter = "shelf.notes.exists(n, n.rank == 3)";
  // Each by itself: another row may answer each.
  EXPECT_EQ(Make(call),
            "((shelf.notes.exists($2, ($2.rank == 1)) && shelf.notes.exists($3, ($3.rank == 2))) && "
            "shelf.notes.exists($1, ($1.rank == 3)))");
  EXPECT_EQ(Make({}), "true");
}

TEST_F(ConditionsTest, AFilterIsFoldedForTheCaller) {
  EXPECT_EQ(Filter("1 + 1 == rank"), "(2 == rank)");
  EXPECT_EQ(Filter("createdAt < now()"), "(createdAt < now)");
  EXPECT_EQ(Filter("auth == null && title == 'x'"), "(title == 'x')");
}

TEST_F(ConditionsTest, MistakesInAFilterHaveTheirPlace) {
  EXPECT_EQ(Filter("titl == 'x'"), "'filter' at 1: there is no name 'titl' (did you mean 'title'?)");
  EXPECT_THAT(Filter("rank == 'x'"), HasSubstr("'filter' at "));
  EXPECT_THAT(Filter("rank"), HasSubstr("'filter' at 1: "));
  EXPECT_THAT(Filter("rank =="), HasSubstr("'filter' at "));
  // Named rules are the contract's own.
  EXPECT_THAT(Filter("mine"), HasSubstr("'mine'"));
  EXPECT_THAT(Filter("title.matches('a+')"), HasSubstr("'filter' at "));
  EXPECT_THAT(Filter("data == null"), HasSubstr("'data' is json and cannot be filtered"));
}

TEST_F(ConditionsTest, FiltersHaveLimits) {
  auto joined = [](size_t times, const std::string& one) {
    std::vector<std::string> all(times, one);
    return fmt::format("{}", fmt::join(all, " || "));
  };
  EXPECT_THAT(Filter(joined(100, "rank == 1")), HasSubstr("(rank == 1)"));
  EXPECT_EQ(Filter(joined(101, "rank == 1")), "the filter has more than 100 conditions");
  EXPECT_THAT(Filter("shelf.notes.exists(n, n.shelf.notes.exists(m, m.rank == 1))"), HasSubstr("exists"));
  EXPECT_EQ(Filter("shelf.notes.exists(n, n.shelf.notes.exists(m, m.shelf.name == 'a'))"),
            "the filter crosses more than 4 relations");
  EXPECT_THAT(Filter("(((((((rank + 1) + 1) + 1) + 1) + 1) + 1) + 1) + 1 == 1"),
              "the filter is nested more than 8 deep");
  call::Call call;
  call.where.assign(101, {"it", {"rank"}, Operator::kEq, {"1"}});
  EXPECT_EQ(Make(call), "the query has more than 100 conditions");
  EXPECT_THAT(Where({"rank"}, Operator::kIn, std::vector<std::string>(1000, "1")), HasSubstr("rank in [1, 1"));
  EXPECT_EQ(Where({"rank"}, Operator::kIn, std::vector<std::string>(1001, "1")), "'it' has more than 1000 values");
}

TEST_F(ConditionsTest, WhatIsForbiddenIsToldOnlyWhereNothingIsWrong) {
  ClauseErrors errors;
  Rules rules(world_.service(), world_.ann, World::kNow);
  call::Call call;
  call.where = {{"a", {"secret"}, Operator::kEq, {"1"}}, {"b", {"rank"}, Operator::kEq, {"x"}}};
  EXPECT_EQ(MakeCondition(call, world_.resource("Note"), rules, errors), nullptr);
  EXPECT_THAT(errors.denied, ElementsAre("secret"));
  EXPECT_EQ(errors.ToError(rules).code, call::Code::kInvalidQuery);
  errors.invalid.clear();
  EXPECT_EQ(Told(errors.ToError(rules)), "FORBIDDEN: field 'secret' is not allowed here");
}

}  // namespace
}  // namespace ashlar::plan
