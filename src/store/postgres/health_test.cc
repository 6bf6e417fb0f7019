// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/health.h"

#include <gtest/gtest.h>

#include "store/postgres/postgres_world_test.h"

namespace ashlar::store::postgres {
namespace {

using State = Health::State;

TEST(PostgresHealthTest, TheProcessIsUpWhenAllAreAndDownWhenOneIs) {
  Noted noted;
  Health health(noted, SystemClock());
  health.Add();
  health.Add();
  EXPECT_FALSE(health.up());
  health.Change(State::kUnknown, State::kUp, "a");
  EXPECT_FALSE(health.up());
  health.Change(State::kUnknown, State::kUp, "b");
  EXPECT_TRUE(health.up());
  health.Change(State::kUp, State::kDown, "gone");
  EXPECT_FALSE(health.up());
  EXPECT_EQ(health.status().why, "gone");
  EXPECT_GT(health.status().since_us, 0);
  health.Change(State::kDown, State::kUp, "c");
  EXPECT_TRUE(health.up());
  health.Remove(State::kUp);
  health.Change(State::kUp, State::kDown, "d");
  health.Change(State::kDown, State::kUp, "e");
  EXPECT_TRUE(health.up());
  EXPECT_EQ(noted.events, (std::vector<std::string>{"store.up", "store.down", "store.up", "store.down", "store.up"}));
}

}  // namespace
}  // namespace ashlar::store::postgres
