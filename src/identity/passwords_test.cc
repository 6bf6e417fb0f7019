// SPDX-License-Identifier: Apache-2.0
#include "identity/passwords.h"

#include <gtest/gtest.h>

namespace ashlar::identity {
namespace {

constexpr int64_t kSecond = 1'000'000;

TEST(PasswordsTest, TheDelayGrowsFromTheFifthFailureToAQuarterOfAnHour) {
  EXPECT_EQ(DelayAfter(0), 0);
  EXPECT_EQ(DelayAfter(4), 0);
  EXPECT_EQ(DelayAfter(5), kSecond);
  EXPECT_EQ(DelayAfter(6), 2 * kSecond);
  EXPECT_EQ(DelayAfter(14), 512 * kSecond);
  EXPECT_EQ(DelayAfter(15), 900 * kSecond);
  EXPECT_EQ(DelayAfter(INT64_MAX), 900 * kSecond);
}

}  // namespace
}  // namespace ashlar::identity
