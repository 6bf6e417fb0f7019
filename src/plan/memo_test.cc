// SPDX-License-Identifier: Apache-2.0
// What is kept between requests changes nothing of what is planned.
#include "plan/memo.h"

#include <gtest/gtest.h>

#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

using model::OperationKind;

struct Silent final : Observer {
  void Observe(const Observation&) override {}
};
struct SetClock final : Clock {
  int64_t NowMicros() const override { return micros; }
  int64_t SteadyMicros() const override { return 0; }
  int64_t micros = World::kNow;
};

class MemoTest : public testing::Test {
 protected:
  MemoTest() {
    uint64_t number = call::Caller::kNobody;
    for (call::Caller* caller : {&world_.nobody, &world_.ann, &world_.bob, &world_.staff}) caller->number = number++;
  }

  // The first statements of a plan that is made with the memo; a refusal's text.
  std::vector<Statement> Plan(const call::Call& call, const call::Caller& caller) {
    Context context{"request", {}, clock_, silent_};
    auto plan = world_.planner().MakePlan(call, caller, context, &memo_);
    if (!plan) return {};
    plan->program().Start();
    return plan->program().Advance({});
  }
  std::string Told(const call::Call& call, const call::Caller& caller) {
    std::string told;
    for (Statement& statement : Plan(call, caller)) {
      if (const auto* lookup = std::get_if<Lookup>(&statement)) statement = Whole(world_.service(), *lookup);
      told += world_.Tell(statement) + "\n";
    }
    return told;
  }

  World world_;
  Memo memo_;
  SetClock clock_;
  Silent silent_;
};

TEST_F(MemoTest, PlansAreTheSameWithAndWithoutIt) {
  call::Call get = world_.Make(OperationKind::kGet, "Shelf", "7");
  call::Call other = world_.Make(OperationKind::kGet, "Shelf", "8");
  call::Call few = get;
  few.selection.fields = {"id"};
  call::Call with = get;
  with.selection.includes = {{"boxes", "boxes", {{"label"}, {}}}};
  call::Call list = world_.Make(OperationKind::kList, "Note");
  for (const call::Call& call : {get, other, few, with, list, world_.Make(OperationKind::kGet, "Note", "7"),
                                 world_.Make(OperationKind::kList, "Kinds")}) {
    for (const call::Caller* caller : {&world_.nobody, &world_.ann, &world_.bob, &world_.staff, &world_.boss}) {
      Memo fresh;
      std::swap(fresh, memo_);
      std::string alone = Told(call, *caller);
      std::swap(fresh, memo_);
      for (int i = 0; i < 3; ++i) EXPECT_EQ(Told(call, *caller), alone);
    }
  }
}

TEST_F(MemoTest, AFormIsAskedAgainByTheSameCallerAlone) {
  auto form_of = [&](const call::Caller& caller, std::string_view id) {
    return std::get<Lookup>(Plan(world_.Make(OperationKind::kGet, "Shelf", id), caller).at(0));
  };
  EXPECT_FALSE(form_of(world_.ann, "1").kept) << "nobody knows yet that it comes again";
  Lookup first = form_of(world_.ann, "2");
  Lookup second = form_of(world_.ann, "3");
  EXPECT_TRUE(first.kept && second.kept);
  EXPECT_EQ(first.form, second.form);
  EXPECT_NE(first.key, second.key);
  EXPECT_NE(form_of(world_.bob, "2").form, first.form);
  world_.ann.number = 0;
  EXPECT_FALSE(form_of(world_.ann, "2").kept);
  EXPECT_FALSE(form_of(world_.ann, "2").kept) << "of whom nothing is known, nothing is kept";
}

TEST_F(MemoTest, WhatDependsOnTheMomentIsNotKept) {
  call::Call get = world_.Make(OperationKind::kGet, "Offer", "1");
  std::string before = Told(get, world_.ann);
  EXPECT_EQ(Told(get, world_.ann), before);
  EXPECT_FALSE(std::get<Lookup>(Plan(get, world_.ann).at(0)).kept);
  clock_.micros += 60'000'000;
  auto where = std::get<Lookup>(Plan(get, world_.ann).at(0)).form->where;
  EXPECT_NE(world_.Tell(where).find(world_.Tell(Value{types::Timestamp{clock_.micros}})), std::string::npos)
      << world_.Tell(where);
}

TEST_F(MemoTest, ForgetsWhatWasNotUsedForLong) {
  call::Call call = world_.Make(OperationKind::kGet, "Shelf", "1");
  call::Caller often = world_.ann;
  call::Caller other = world_.bob;
  for (uint64_t i = 0; i < 3 * Memo::kMostEntries; ++i) {
    other.number = 100 + i;
    ASSERT_EQ(memo_.Find(call, other), nullptr) << i;
    memo_.Keep({});
    bool known = memo_.Find(call, often) != nullptr;
    ASSERT_EQ(known, i > 0) << "what is asked for again and again stays";
    if (!known) memo_.Keep({});
  }
  other.number = 100;
  EXPECT_EQ(memo_.Find(call, other), nullptr);
}

TEST_F(MemoTest, ALongSelectionIsNotKept) {
  call::Call call = world_.Make(OperationKind::kGet, "Shelf", "1");
  call.selection.fields = {std::string(Memo::kMostKeyBytes, 'a')};
  EXPECT_EQ(memo_.Find(call, world_.ann), nullptr);
  memo_.Keep({});
  EXPECT_EQ(memo_.Find(call, world_.ann), nullptr);
}

}  // namespace
}  // namespace ashlar::plan
