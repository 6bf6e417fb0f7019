// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/prepared.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ashlar::store::postgres {
namespace {

constexpr Oid kInt[] = {kInt8Oid};
constexpr Oid kText[] = {kTextOid};

TEST(PostgresPreparedTest, AStatementIsFoundByItsTextAndTypes) {
  Prepared prepared(4);
  EXPECT_EQ(prepared.Find("a", kInt), nullptr);
  auto entry = prepared.Add("a", kInt);
  EXPECT_EQ(prepared.Find("a", kInt), entry);
  EXPECT_EQ(prepared.Find("a", kText), nullptr);
  EXPECT_EQ(prepared.Find("b", kInt), nullptr);
  EXPECT_NE(prepared.Add("a", kText)->name, entry->name);
}

TEST(PostgresPreparedTest, TheOneThatWasAskedForLongestAgoGoes) {
  Prepared prepared(2);
  auto first = prepared.Add("a", kInt);
  auto second = prepared.Add("b", kInt);
  EXPECT_EQ(prepared.Find("a", kInt), first);
  EXPECT_FALSE(prepared.any_dropped());
  prepared.Add("c", kInt);
  EXPECT_EQ(prepared.Find("b", kInt), nullptr);
  EXPECT_EQ(prepared.Find("a", kInt), first);
  EXPECT_EQ(prepared.size(), 2U);
  EXPECT_THAT(prepared.TakeDropped(), testing::ElementsAre(second->name));
  EXPECT_FALSE(prepared.any_dropped());
}

TEST(PostgresPreparedTest, WhatWasNeverThereNeedNotBeDropped) {
  Prepared prepared(2);
  auto failed = prepared.Add("a", kInt);
  prepared.Forget(failed);
  EXPECT_EQ(prepared.Find("a", kInt), nullptr);
  EXPECT_FALSE(prepared.any_dropped());
  auto there = prepared.Add("a", kInt);
  there->there = true;
  prepared.Forget(failed);
  EXPECT_EQ(prepared.Find("a", kInt), there) << "another one of that text";
  prepared.Forget(there);
  EXPECT_THAT(prepared.TakeDropped(), testing::ElementsAre(there->name));
}

}  // namespace
}  // namespace ashlar::store::postgres
