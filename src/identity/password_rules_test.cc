// SPDX-License-Identifier: Apache-2.0
#include "identity/password_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "identity/password_strength.h"

namespace ashlar::identity {
namespace {

using types::Detail;

class PasswordRulesTest : public testing::Test {
 protected:
  PasswordRulesTest() {
    service_.name = "gardenclub";
    service_.identity.emplace();
    service_.identity->least_password = 8;
    service_.identity->least_strength = 0;
  }
  std::optional<Detail> Wrong(const std::string& password, std::string_view email = "ann.walters@example.com") {
    auto rules = PasswordRules::Open(service_);
    EXPECT_TRUE(rules) << rules.error().message;
    auto wrong = (*rules)->Judge("newPassword", password, email);
    EXPECT_TRUE(wrong);
    if (!*wrong) return std::nullopt;
    EXPECT_EQ((*wrong)->field, "newPassword");
    EXPECT_FALSE((*wrong)->message.contains(password)) << (*wrong)->message;
    return (*wrong)->code;
  }

  model::Service service_;
};

TEST_F(PasswordRulesTest, CharactersCountAtTheLowerEndAndBytesAtTheUpper) {
  EXPECT_EQ(Wrong("1234567"), Detail::kTooShort);
  EXPECT_EQ(Wrong("12345678"), std::nullopt);
  EXPECT_EQ(Wrong("ééééééé"), Detail::kTooShort);
  EXPECT_EQ(Wrong("éééééééé"), std::nullopt);
  EXPECT_EQ(Wrong(std::string(256, 'x')), std::nullopt);
  EXPECT_EQ(Wrong(std::string(257, 'x')), Detail::kTooLong);
}

TEST_F(PasswordRulesTest, TheAddressIsNoPassword) { EXPECT_EQ(Wrong("Ann.Walters@Example.com"), Detail::kCheck); }

TEST_F(PasswordRulesTest, WhatIsEasyToGuessIsRefusedAsTheContractSays) {
  EXPECT_EQ(Wrong("password1"), std::nullopt);
  service_.identity->least_strength = 1;
  EXPECT_EQ(Wrong("password1"), Detail::kCheck);
  EXPECT_EQ(Wrong("aaaaaaaaaaaa"), Detail::kCheck);
  EXPECT_EQ(Wrong("qwertyuiop"), std::nullopt);
  service_.identity->least_strength = 3;
  EXPECT_EQ(Wrong("qwertyuiop"), Detail::kCheck);
  EXPECT_EQ(Wrong("december1984"), Detail::kCheck);
  EXPECT_EQ(Wrong("correct horse battery"), std::nullopt);
  EXPECT_EQ(Wrong("Zm4 kq7 tulip"), std::nullopt);
}

TEST_F(PasswordRulesTest, WordsOfTheUserAndOfTheServiceAreGuessedFirst) {
  service_.identity->least_strength = 3;
  EXPECT_EQ(Wrong("wqzlkvbnrt1", "bob@example.com"), std::nullopt);
  EXPECT_EQ(Wrong("wqzlkvbnrt1", "wqzlkvbnrt@example.com"), Detail::kCheck);
  EXPECT_EQ(Wrong("WQZLKVBNRT1", "bob@wqzlkvbnrt.example"), Detail::kCheck);
  EXPECT_EQ(Wrong("GardenClub!!"), Detail::kCheck);
  EXPECT_EQ(Wrong("AnnWalters1"), Detail::kCheck);
}

TEST_F(PasswordRulesTest, TheLongestIsJudgedInNoTime) {
  service_.identity->least_strength = 3;
  std::string leet;
  while (leet.size() < kMostPassword) leet += "1|4@5$0(<";
  leet.resize(kMostPassword);
  EXPECT_EQ(Wrong(std::string(kMostPassword, '1')), Detail::kCheck);
  EXPECT_EQ(Wrong(leet), std::nullopt);
}

TEST_F(PasswordRulesTest, WhatIsInAListIsRefusedAndNotTold) {
  service_.identity->breached_passwords = testing::TempDir() + fmt::format("ashlar-rules-{}.txt", getpid());
  std::ofstream(service_.identity->breached_passwords) << "59D4F7C5CC07A70C5E72DD12DBD2B6FE3E93F3E7\n"  // nobody's
                                                       << "7C4A8D09CA3762AF61E59520943DC26494F8941B:42\n";  // 123456
  service_.identity->least_password = 6;
  EXPECT_EQ(Wrong("123456"), Detail::kCheck);
  EXPECT_EQ(Wrong("123457"), std::nullopt);
  unlink(service_.identity->breached_passwords.c_str());
  auto rules = PasswordRules::Open(service_);
  ASSERT_FALSE(rules);
  EXPECT_THAT(rules.error().message, testing::HasSubstr(service_.identity->breached_passwords));
}

}  // namespace
}  // namespace ashlar::identity
