// SPDX-License-Identifier: Apache-2.0
#include "redis/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace ashlar::redis {
namespace {

using State = Watch::State;

struct Told final : Observer {
  void Observe(const Observation& observation) override { events.push_back(std::get<Note>(observation).event); }
  std::vector<std::string> events;
};

TEST(WatchTest, TheProcessIsUpWhenAllAreAndDownWhenOneIs) {
  Told told;
  Watch watch(told);
  watch.Add();
  watch.Add();
  EXPECT_FALSE(watch.up());
  watch.Change(State::kUnknown, State::kUp, "");
  EXPECT_FALSE(watch.up());
  EXPECT_THAT(told.events, testing::IsEmpty());
  watch.Change(State::kUnknown, State::kUp, "");
  EXPECT_TRUE(watch.up());
  watch.Change(State::kUp, State::kDown, "");
  watch.Change(State::kUp, State::kDown, "");
  watch.Change(State::kDown, State::kUp, "");
  EXPECT_FALSE(watch.up());
  watch.Change(State::kDown, State::kUp, "");
  EXPECT_TRUE(watch.up());
  EXPECT_THAT(told.events, testing::ElementsAre("redis.up", "redis.down", "redis.up"));
}

TEST(WatchTest, AStartWithoutItIsTold) {
  Told told;
  Watch watch(told);
  watch.Add();
  watch.Add();
  watch.Change(State::kUnknown, State::kDown, "");
  watch.Change(State::kUnknown, State::kUp, "");
  EXPECT_THAT(told.events, testing::ElementsAre("redis.down"));
  watch.Change(State::kDown, State::kUp, "");
  EXPECT_THAT(told.events, testing::ElementsAre("redis.down", "redis.up"));
}

}  // namespace
}  // namespace ashlar::redis
