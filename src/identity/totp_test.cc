// SPDX-License-Identifier: Apache-2.0
#include "identity/totp.h"

#include <gtest/gtest.h>

namespace ashlar::identity {
namespace {

constexpr std::string_view kSecret = "12345678901234567890";

// RFC 6238, appendix B, of whose eight digits these are the last six.
TEST(TotpTest, CodesAreThoseOfTheRfc) {
  auto at = [](int64_t seconds) { return TotpCode(kSecret, TotpStepAt(seconds * 1'000'000)); };
  EXPECT_EQ(at(59), "287082");
  EXPECT_EQ(at(1'111'111'109), "081804");
  EXPECT_EQ(at(1'111'111'111), "050471");
  EXPECT_EQ(at(1'234'567'890), "005924");
  EXPECT_EQ(at(2'000'000'000), "279037");
  EXPECT_EQ(at(20'000'000'000), "353130");
}

TEST(TotpTest, ACodeIsGoodOneStepEitherWayAndOnce) {
  const int64_t now = 60'000'000;
  auto find = [&](int64_t step, int64_t last) { return FindTotpStep(kSecret, TotpCode(kSecret, step), now, last); };
  EXPECT_EQ(find(now - 2, 0), std::nullopt);
  EXPECT_EQ(find(now - 1, 0), now - 1);
  EXPECT_EQ(find(now, 0), now);
  EXPECT_EQ(find(now + 1, 0), now + 1);
  EXPECT_EQ(find(now + 2, 0), std::nullopt);
  EXPECT_EQ(find(now, now - 1), now);
  EXPECT_EQ(find(now, now), std::nullopt);
  EXPECT_EQ(find(now - 1, now), std::nullopt);
}

TEST(TotpTest, WhatIsNoCodeIsNone) {
  const std::string code = TotpCode(kSecret, 7);
  for (const std::string& wrong : {std::string(), code.substr(1), code + "0", " " + code, std::string(6, '\0')}) {
    EXPECT_EQ(FindTotpStep(kSecret, wrong, 7, 0), std::nullopt) << wrong;
  }
}

TEST(TotpTest, SecretsAreOfTwentyBytesAndNeverTheSame) {
  EXPECT_EQ(NewTotpSecret().size(), 20u);
  EXPECT_NE(NewTotpSecret(), NewTotpSecret());
}

TEST(TotpTest, TheUriSaysAllThatAnAppNeeds) {
  EXPECT_EQ(TotpUri("Tea & Co", "ann+1@example.com", kSecret),
            "otpauth://totp/Tea%20%26%20Co:ann%2B1%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            "&issuer=Tea%20%26%20Co&algorithm=SHA1&digits=6&period=30");
}

}  // namespace
}  // namespace ashlar::identity
