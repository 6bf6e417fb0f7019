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

std::optional<types::Detail> Wrong(std::string_view password) {
  auto wrong = WrongPassword({.least_password = 8}, "newPassword", password, "ann@example.com");
  if (!wrong) return std::nullopt;
  EXPECT_EQ(wrong->field, "newPassword");
  EXPECT_FALSE(wrong->message.contains(password)) << wrong->message;
  return wrong->code;
}

TEST(PasswordsTest, CharactersCountAtTheLowerEndAndBytesAtTheUpper) {
  EXPECT_EQ(Wrong("1234567"), types::Detail::kTooShort);
  EXPECT_EQ(Wrong("12345678"), std::nullopt);
  EXPECT_EQ(Wrong("ééééééé"), types::Detail::kTooShort);
  EXPECT_EQ(Wrong("éééééééé"), std::nullopt);
  EXPECT_EQ(Wrong(std::string(256, 'x')), std::nullopt);
  EXPECT_EQ(Wrong(std::string(257, 'x')), types::Detail::kTooLong);
}

TEST(PasswordsTest, TheAddressIsNoPassword) { EXPECT_EQ(Wrong("Ann@Example.com"), types::Detail::kCheck); }

}  // namespace
}  // namespace ashlar::identity
