// SPDX-License-Identifier: Apache-2.0
#include "identity/key_uses.h"

#include <gtest/gtest.h>

namespace ashlar::identity {
namespace {

constexpr int64_t kMinute = 60'000'000;

std::string Told(const std::vector<KeyUse>& uses) {
  std::string told;
  for (const KeyUse& use : uses) told += fmt::format("{}@{} ", use.key, use.at);
  return told;
}

TEST(KeyUsesTest, AreWrittenAtOnceAndThenOnceAMinute) {
  KeyUses uses;
  int64_t now = 10 * kMinute;
  uses.Note("a", now);
  EXPECT_EQ(Told(uses.Take(now)), fmt::format("a@{} ", now));
  EXPECT_EQ(Told(uses.Take(now)), "");
  uses.Note("a", now + 1);
  uses.Note("a", now + 2);
  EXPECT_EQ(Told(uses.Take(now + kMinute - 1)), "");
  EXPECT_EQ(Told(uses.Take(now + kMinute)), fmt::format("a@{} ", now + 2));
  EXPECT_EQ(Told(uses.Take(now + 3 * kMinute)), "");
}

TEST(KeyUsesTest, AtTheEndAllAre) {
  KeyUses uses;
  uses.Note("a", kMinute * 10);
  uses.Take(kMinute * 10);
  uses.Note("a", kMinute * 10 + 1);
  EXPECT_EQ(Told(uses.Take(kMinute * 10 + 1)), "");
  EXPECT_EQ(Told(uses.Take(kMinute * 10 + 1, true)), fmt::format("a@{} ", kMinute * 10 + 1));
}

TEST(KeyUsesTest, AreBounded) {
  KeyUses uses;
  for (size_t i = 0; i < KeyUses::kMost + 10; ++i) uses.Note(std::to_string(i), kMinute * 10);
  EXPECT_EQ(uses.Take(kMinute * 10).size(), KeyUses::kMost);
  uses.Take(kMinute * 12);  // nothing is left of those that rest
  uses.Note("new", kMinute * 12);
  EXPECT_EQ(Told(uses.Take(kMinute * 12)), fmt::format("new@{} ", kMinute * 12));
}

}  // namespace
}  // namespace ashlar::identity
