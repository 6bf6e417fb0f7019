// SPDX-License-Identifier: Apache-2.0
// What an aggregate becomes, and what it refuses.
#include "plan/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/tally.h"
#include "plan/world_test.h"
#include "types/decimal.h"

namespace ashlar::plan {
namespace {

using call::Operator;
using testing::HasSubstr;
using types::Kind;

class AggregateTest : public testing::Test {
 protected:
  call::Call Ask(call::Aggregation aggregation, std::string_view of = "Note") const {
    call::Call call = world_.Make(model::OperationKind::kAggregate, of);
    call.aggregation = std::make_shared<const call::Aggregation>(std::move(aggregation));
    return call;
  }
  std::string Told(const call::Call& call, const call::Caller& caller) const {
    auto plan = world_.MakePlan(call, caller);
    if (!plan) return plan::Told(plan.error());
    plan->program().Start();
    return world_.Tell(plan->program().Advance({}).at(0));
  }
  std::string Refused(call::Aggregation aggregation, std::string_view of = "Note") const {
    return Told(Ask(std::move(aggregation), of), world_.boss);
  }
  World world_;
};

TEST_F(AggregateTest, IsAboutTheRowsThatTheCallerMayList) {
  call::Call call = Ask({.select = {"count", "sum(rank)"}, .group_by = {"ownerId"}});
  EXPECT_EQ(Told(call, world_.ann), "groups of Note: ownerId count sum(rank) where (ownerId == ann) by 0 limit 6");
  EXPECT_THAT(Told(call, world_.nobody), HasSubstr("UNAUTHENTICATED"));
  call.filter = "rank > 2";
  call.paging.page = 3;
  EXPECT_EQ(Told(call, world_.boss), "groups of Note: ownerId count sum(rank) where (rank > 2) by 0 from 10 limit 6");
}

TEST_F(AggregateTest, CountsItsGroupsUnlessItNeedNot) {
  call::Call call = Ask({.select = {"count"}, .group_by = {"rank"}});
  auto plan = world_.MakePlan(call, world_.boss);
  plan->program().Start();
  auto statements = plan->program().Advance({});
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(world_.Tell(statements[1]), "count groups of Note: rank count where true");
  call.paging.total = false;
  plan = world_.MakePlan(call, world_.boss);
  plan->program().Start();
  EXPECT_EQ(plan->program().Advance({}).size(), 1U);
}

TEST_F(AggregateTest, SortsByKeysAndFunctionsAndEndsWithTheKeys) {
  call::Call call = Ask({.select = {"count"}, .group_by = {"rank", "shelfId"}});
  call.sort = {{"max(size)", true}, {"shelfId", false}};
  EXPECT_EQ(Told(call, world_.boss), "groups of Note: rank shelfId count max(size) where true by -3 by 1 by 0 limit 6");
  call.sort = {{"title", false}};
  EXPECT_THAT(Told(call, world_.boss), HasSubstr("'sort': 'title' is neither a key of 'groupBy' nor a function"));
}

TEST_F(AggregateTest, HavingLooksAtFunctions) {
  call::Aggregation asked{.select = {"count"}, .group_by = {"rank"}};
  asked.having = {{"h", {"sum(size)"}, Operator::kGte, {"10"}}};
  EXPECT_EQ(Told(Ask(asked), world_.boss),
            "groups of Note: rank count sum(size) where true having 1 gte 10 by 0 limit 6");
  asked.having = {{"h", {"size"}, Operator::kGte, {"10"}}};
  EXPECT_THAT(Told(Ask(asked), world_.boss), HasSubstr("'having': 'size' is none of count, sum(field)"));
  asked.having = {{"h", {"count"}, Operator::kContains, {"10"}}};
  EXPECT_THAT(Told(Ask(asked), world_.boss), HasSubstr("'h': operator 'contains' is not for groups"));
  asked.having = {{"h", {"count"}, Operator::kIn, {"1", "x"}}};
  EXPECT_THAT(Told(Ask(asked), world_.boss), HasSubstr("'h': must be a whole number"));
}

TEST_F(AggregateTest, EveryFieldIsOneThatTheCallerReadsOfEveryRow) {
  // `mood` depends on the row, `secret` and `code` on a role.
  for (const char* field : {"secret", "mood", "code"}) {
    std::string least = fmt::format("min({})", field);
    std::string denied = fmt::format("FORBIDDEN: field '{}' is not allowed here", field);
    EXPECT_EQ(Told(Ask({.select = {least}}), world_.ann), denied);
    EXPECT_EQ(Told(Ask({.select = {"count"}, .group_by = {field}}), world_.ann), denied);
    call::Aggregation having{.select = {"count"}};
    having.having = {{"h", {least}, Operator::kEq, {"x"}}};
    EXPECT_EQ(Told(Ask(having), world_.ann), denied);
    call::Call sorted = Ask({.select = {"count"}, .group_by = {"rank"}});
    sorted.sort = {{least, false}};
    EXPECT_EQ(Told(sorted, world_.ann), denied);
    sorted.sort = {{field, false}};
    EXPECT_EQ(Told(sorted, world_.ann), denied);
    call::Call filtered = Ask({.select = {"count"}});
    filtered.where = {{"w", {field}, Operator::kEq, {"x"}}};
    EXPECT_EQ(Told(filtered, world_.ann), denied);
  }
}

TEST_F(AggregateTest, WhatIsWrongIsToldAtOnce) {
  EXPECT_THAT(Refused({}), HasSubstr("'select' must be given"));
  EXPECT_THAT(Refused({.select = {"sum(title)", "count(rank)", "most(rank)", "sum(rang)", "count", "count"}}),
              testing::AllOf(HasSubstr("'sum' is for number or duration fields, 'title' is string"),
                             HasSubstr("'count(rank)' is none of"), HasSubstr("'most(rank)' is none of"),
                             HasSubstr("Note has no field 'rang'"), HasSubstr("'select' names 'count' twice")));
  EXPECT_THAT(Refused({.select = {"min(data)", "max(tags)"}}), HasSubstr("'data' is json"));
  EXPECT_THAT(Refused({.select = {"count"}, .group_by = {"data", "tags", "shelf", "rank", "rank"}}),
              testing::AllOf(HasSubstr("'data' is json and cannot be grouped by"), HasSubstr("'tags' is [string]"),
                             HasSubstr("Note has no field 'shelf'"), HasSubstr("'groupBy' names 'rank' twice")));
  EXPECT_THAT(Refused({.select = {"count"}, .group_by = {"createdAt:fortnight", "rank:month"}}),
              testing::AllOf(HasSubstr("there is no period 'fortnight'"), HasSubstr("'rank' is int and has no month")));
  EXPECT_THAT(Refused({.select = {"count"}, .group_by = {"day:hour"}}, "Kinds"),
              HasSubstr("'day' is date and has no hour"));
  EXPECT_THAT(Refused({.select = {"count"}, .group_by = std::vector<std::string>(9, "rank")}),
              HasSubstr("more than 8"));
}

std::string Told(const std::optional<types::Value>& value) {
  if (!value) return "does not fit";
  if (value->is_null()) return "null";
  if (const auto* decimal = value->get<types::Decimal>()) return types::FormatDecimal(*decimal);
  if (const auto* whole = value->get<int64_t>()) return std::to_string(*whole);
  if (const auto* duration = value->get<types::Duration>()) return fmt::format("{} us", duration->micros);
  return fmt::format("{}", *value->get<double>());
}

TEST(TallyTest, IsExactUntilTheEnd) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  Tally sum(false, {Kind::kInt64, 0, Kind::kInt64, 0});
  EXPECT_EQ(Told(sum.Finish()), "null");
  sum.Add({});
  EXPECT_EQ(Told(sum.Finish()), "null");
  for (int64_t number : {kMost, kMost, -kMost}) sum.Add(number);
  EXPECT_EQ(Told(sum.Finish()), std::to_string(kMost));
  sum.Add(int64_t{1});
  EXPECT_EQ(Told(sum.Finish()), "does not fit");
  Tally mean(true, {Kind::kInt64, 0, Kind::kDecimal, 6});
  for (int64_t number : {kMost, kMost, kMost}) mean.Add(number);
  EXPECT_EQ(Told(mean.Finish()), "9223372036854775807.000000");
  Tally wide(false, {Kind::kDecimal, 2, Kind::kDecimal, 2});
  for (int i = 0; i < 100; ++i) wide.Add(types::Decimal{999'999'999'999'999'999, 2});
  EXPECT_EQ(Told(wide.Finish()), "999999999999999999.00");
}

TEST(TallyTest, RoundsAHalfToTheEvenNeighbour) {
  Tally cents(true, {Kind::kDecimal, 0, Kind::kDecimal, 0});
  for (int64_t number : {2, 3}) cents.Add(types::Decimal{number, 0});
  EXPECT_EQ(Told(cents.Finish()), "2");
  Tally lengths(true, {Kind::kDuration, 0, Kind::kDuration, 0});
  for (int64_t micros : {3, 4}) lengths.Add(types::Duration{micros});
  EXPECT_EQ(Told(lengths.Finish()), "4 us");
  Tally third(true, {Kind::kInt64, 0, Kind::kFloat64, 0});
  for (int64_t number : {0, 0, 1}) third.Add(number);
  EXPECT_EQ(Told(third.Finish()), fmt::format("{}", 1.0 / 3));
}

}  // namespace
}  // namespace ashlar::plan
