// SPDX-License-Identifier: Apache-2.0
#include "surface/limits/buckets.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ashlar::surface {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr Hash128 kOne{1, 1}, kOther{1, 2};
constexpr BucketRate kTenASecond{kSecond / 10, 10};

TEST(BucketsTest, ABurstGoesAtOnceAndComesBackTokenByToken) {
  Buckets buckets(512);
  const int64_t start = 77 * kSecond;
  for (int64_t left = 9; left >= 0; --left) {
    BucketTaken taken = buckets.Take(kOne, kTenASecond, 1, start);
    EXPECT_TRUE(taken.taken);
    EXPECT_EQ(taken.left, left);
    EXPECT_EQ(taken.wait_ns, kSecond / 10);
  }
  BucketTaken refused = buckets.Take(kOne, kTenASecond, 1, start);
  EXPECT_FALSE(refused.taken);
  EXPECT_EQ(refused.left, 0);
  EXPECT_EQ(refused.wait_ns, kSecond / 10);
  EXPECT_FALSE(buckets.Take(kOne, kTenASecond, 1, start + kSecond / 10 - 1).taken);
  EXPECT_TRUE(buckets.Take(kOne, kTenASecond, 1, start + kSecond / 10).taken);
  EXPECT_FALSE(buckets.Take(kOne, kTenASecond, 1, start + kSecond / 10).taken);
  // Long after, it is full and no fuller.
  EXPECT_FALSE(buckets.Take(kOne, kTenASecond, 11, start + 1000 * kSecond).taken);
  EXPECT_TRUE(buckets.Take(kOne, kTenASecond, 10, start + 1000 * kSecond).taken);
  EXPECT_FALSE(buckets.Take(kOne, kTenASecond, 1, start + 1000 * kSecond).taken);
}

TEST(BucketsTest, WhatIsRefusedCostsNothing) {
  Buckets buckets(512);
  EXPECT_EQ(buckets.Take(kOne, kTenASecond, 7, 0).left, 3);
  for (int i = 0; i < 100; ++i) {
    BucketTaken refused = buckets.Take(kOne, kTenASecond, 4, 0);
    EXPECT_FALSE(refused.taken);
    EXPECT_EQ(refused.left, 3);
    EXPECT_EQ(refused.wait_ns, kSecond / 10);
  }
  EXPECT_TRUE(buckets.Take(kOne, kTenASecond, 3, 0).taken);
}

TEST(BucketsTest, WaitsAreOfTheNextWholeToken) {
  Buckets buckets(512);
  EXPECT_EQ(buckets.Take(kOne, kTenASecond, 2, 0).wait_ns, kSecond / 10);
  BucketTaken between = buckets.Take(kOne, kTenASecond, 1, 30'000'000);  // 1.7 + 1 of the ten are gone... 2.7
  EXPECT_EQ(between.left, 7);
  EXPECT_EQ(between.wait_ns, 70'000'000);
  BucketTaken much = buckets.Take(kOne, kTenASecond, 10, 30'000'000);
  EXPECT_FALSE(much.taken);
  EXPECT_EQ(much.wait_ns, 270'000'000);
}

TEST(BucketsTest, KeysAndTheirBucketsAreApart) {
  Buckets buckets(512);
  EXPECT_TRUE(buckets.Take(kOne, kTenASecond, 10, 0).taken);
  EXPECT_FALSE(buckets.Take(kOne, kTenASecond, 1, 0).taken);
  EXPECT_TRUE(buckets.Take(kOther, kTenASecond, 10, 0).taken);
}

TEST(BucketsTest, TheSlowestAndTheFastestRateFit) {
  Buckets buckets(512);
  const BucketRate slow{86'400 * kSecond, 366};
  const BucketRate fast{1000, 1'000'000};
  const int64_t years = 50LL * 366 * 86'400 * kSecond;  // that the machine runs
  EXPECT_TRUE(buckets.Take(kOne, slow, 366, years).taken);
  EXPECT_EQ(buckets.Take(kOne, slow, 100, years).wait_ns, 100 * 86'400 * kSecond);
  EXPECT_TRUE(buckets.Take(kOther, fast, 1'000'000, years).taken);
  EXPECT_FALSE(buckets.Take(kOther, fast, 1, years + 999).taken);
  EXPECT_TRUE(buckets.Take(kOther, fast, 1, years + 1000).taken);
}

// Keys of one row: the lower bits of `low` are its place.
Hash128 InRow(uint64_t number) { return {3, number}; }

TEST(BucketsTest, WhereThereIsNoRoomTheFullestIsForgotten) {
  Buckets buckets(512);
  EXPECT_TRUE(buckets.Take(InRow(0), kTenASecond, 10, 0).taken);
  for (uint64_t i = 1; i < 8; ++i) EXPECT_TRUE(buckets.Take(InRow(i), kTenASecond, 1, 0).taken);
  EXPECT_EQ(buckets.forgotten(), 0);
  for (uint64_t i = 8; i < 1000; ++i) EXPECT_TRUE(buckets.Take(InRow(i), kTenASecond, 1, 0).taken);
  EXPECT_EQ(buckets.forgotten(), 992);
  EXPECT_FALSE(buckets.Take(InRow(0), kTenASecond, 1, 0).taken);  // still remembered
  // Full ones are no loss.
  for (uint64_t i = 2000; i < 2008; ++i) EXPECT_TRUE(buckets.Take(InRow(i), kTenASecond, 1, 100 * kSecond).taken);
  EXPECT_EQ(buckets.forgotten(), 992);
}

TEST(BucketsTest, LookingTakesNothing) {
  Buckets buckets(512);
  EXPECT_TRUE(buckets.Look(kOne, kTenASecond, 10, 0).taken);
  EXPECT_EQ(buckets.Look(kOne, kTenASecond, 4, 0), buckets.Take(kOne, kTenASecond, 4, 0));
  EXPECT_EQ(buckets.Look(kOne, kTenASecond, 7, 0), buckets.Take(kOne, kTenASecond, 7, 0));
  EXPECT_FALSE(buckets.Look(kOne, kTenASecond, 7, 0).taken);
  EXPECT_TRUE(buckets.Take(kOne, kTenASecond, 6, 0).taken);
}

TEST(BucketsTest, WhatOthersSawOnlyEverTakes) {
  Buckets buckets(512);
  buckets.Learn(kOne, kSecond, 0);
  EXPECT_FALSE(buckets.Look(kOne, kTenASecond, 1, 0).taken);
  buckets.Learn(kOne, kSecond / 2, 0);
  EXPECT_FALSE(buckets.Look(kOne, kTenASecond, 1, 0).taken);
  EXPECT_TRUE(buckets.Take(kOne, kTenASecond, 1, kSecond / 10).taken);
  buckets.Learn(kOther, 5, 10);  // full again
  EXPECT_EQ(buckets.Take(kOther, kTenASecond, 1, 10).left, 9);
}

TEST(BucketsTest, ManyThreadsNeverGetMoreThanIsAllowed) {
  Buckets buckets(512);
  constexpr BucketRate kRate{1000, 1000};
  constexpr int kThreads = 8;
  constexpr int64_t kSteps = 20'000;
  std::atomic<int64_t> now = 0, taken = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int64_t step = 0; step < kSteps; ++step) {
          const int64_t at = now.fetch_add(10) + 10;
          if (buckets.Take(kOne, kRate, 1, at).taken) taken.fetch_add(1);
        }
      });
    }
  }
  // 160,000 attempts in 1,600,000 ns: 1,000 at first and 1,600 that came back.
  EXPECT_LE(taken.load(), 2600);
  EXPECT_GE(taken.load(), 2590);  // clocks of threads may be read in another order than they are used
}

}  // namespace
}  // namespace ashlar::surface
