// SPDX-License-Identifier: Apache-2.0
#include "identity/recovery_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ashlar::identity {
namespace {

TEST(RecoveryCodeTest, IsTypedAsOneLikes) {
  const std::string hash = HashRecoveryCode("key", "ann", "ABCDEF-GHIJKL-MNOPQR-STUVWX");
  EXPECT_EQ(HashRecoveryCode("key", "ann", "abcdefghijklmnopqrstuvwx"), hash);
  EXPECT_EQ(HashRecoveryCode("key", "ann", " ABCDEF GHIJKL mnopqr-stuvwx "), hash);
  EXPECT_NE(HashRecoveryCode("key", "ann", "ABCDEF-GHIJKL-MNOPQR-STUVW2"), hash);
  EXPECT_NE(HashRecoveryCode("key", "ben", "ABCDEF-GHIJKL-MNOPQR-STUVWX"), hash);
  EXPECT_NE(HashRecoveryCode("other", "ann", "ABCDEF-GHIJKL-MNOPQR-STUVWX"), hash);
}

TEST(RecoveryCodeTest, IsOfChanceAlone) {
  std::set<std::string> codes;
  for (int i = 0; i < 100; ++i) {
    codes.insert(NewRecoveryCode());
    EXPECT_THAT(*codes.rbegin(), testing::MatchesRegex("([A-Z2-7]{6}-){3}[A-Z2-7]{6}"));
  }
  EXPECT_EQ(codes.size(), 100u);
}

}  // namespace
}  // namespace ashlar::identity
