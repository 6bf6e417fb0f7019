// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/work_queue.h"

#include <gtest/gtest.h>

namespace ashlar::store::sqlite {
namespace {

struct Silence final : Observer {
  void Observe(const Observation&) override {}
};

TEST(WorkQueue, RefusesWhatIsTooMuchAndWhatWouldWaitTooLong) {
  struct Steps final : Clock {
    int64_t now = 0;
    int64_t NowMicros() const override { return 0; }
    int64_t SteadyMicros() const override { return now; }
  } clock;
  Silence silence;
  Context context{.clock = clock, .observer = silence};
  WorkQueue queue(2, 1000);
  Unit unit;
  auto push = [&] {
    Job job{&context, &unit, {}};
    return queue.Push(job);
  };
  EXPECT_TRUE(push());
  clock.now = 1001;
  EXPECT_FALSE(push()) << "the first has waited for more than 1000 us";
  clock.now = 1000;
  EXPECT_TRUE(push());
  EXPECT_FALSE(push()) << "two wait";
  EXPECT_EQ(context.queue_us, 0);
  clock.now = 1300;
  EXPECT_EQ(queue.Take(9).size(), 2u);
  EXPECT_EQ(context.queue_us, 1300 + 300) << "what both have waited";
  EXPECT_TRUE(push());
  queue.Close();
  EXPECT_FALSE(push());
  EXPECT_EQ(queue.Take(9).size(), 1u);
  EXPECT_TRUE(queue.Take(9).empty());
}

TEST(WorkQueue, WhatIsToBeAloneIsTakenByItself) {
  Silence silence;
  Context context{.clock = SystemClock(), .observer = silence};
  WorkQueue queue(9, 60'000'000);
  Unit shared, alone;
  alone.alone = true;
  for (Unit* unit : {&shared, &shared, &alone, &shared}) {
    Job job{&context, unit, {}};
    ASSERT_TRUE(queue.Push(job));
  }
  EXPECT_EQ(queue.Take(9).size(), 2u);
  std::vector<Job> taken = queue.Take(9);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].unit, &alone);
  EXPECT_EQ(queue.Take(9).size(), 1u);
}

TEST(WorkQueue, MixedUnitsWaitInALineOfTheirOwn) {
  Silence silence;
  Context context{.clock = SystemClock(), .observer = silence};
  WorkQueue queue(2, 60'000'000);
  Unit plain, mixed, other;
  mixed.mixed = other.mixed = true;
  auto push = [&](Unit& unit) {
    Job job{&context, &unit, {}};
    return queue.Push(job);
  };
  EXPECT_TRUE(push(mixed));
  EXPECT_TRUE(push(other));
  EXPECT_FALSE(push(mixed)) << "two wait";
  EXPECT_EQ(queue.waiting().since_us, 0) << "of the mixed ones the others know nothing";
  EXPECT_TRUE(push(plain));
  EXPECT_EQ(queue.waiting().jobs, 3);
  EXPECT_GT(queue.waiting().since_us, 0);
  std::vector<Job> taken = queue.Take(9);
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0].unit, &plain);
  EXPECT_EQ(taken[1].unit, &mixed);
  queue.GiveBack(std::span(taken).subspan(1));
  EXPECT_TRUE(push(plain));
  taken = queue.Take(9);
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0].unit, &plain);
  EXPECT_EQ(taken[1].unit, &mixed);
  EXPECT_EQ(taken[2].unit, &other);
}

TEST(WorkQueue, TakesThoseForWhomNobodyWaitsAnyMore) {
  Silence silence;
  std::atomic<bool> gone = false;
  Context stays{.clock = SystemClock(), .observer = silence};
  Context leaves = stays;
  leaves.client_gone = &gone;
  WorkQueue queue(9, 60'000'000);
  Unit plain, mixed;
  mixed.mixed = true;
  for (Context* context : {&stays, &leaves}) {
    for (Unit* unit : {&plain, &mixed}) {
      Job job{context, unit, {}};
      ASSERT_TRUE(queue.Push(job));
    }
  }
  EXPECT_TRUE(queue.TakeLate().empty());
  gone = true;
  EXPECT_EQ(queue.TakeLate().size(), 2u);
  EXPECT_EQ(queue.waiting().jobs, 2);
}

}  // namespace
}  // namespace ashlar::store::sqlite
