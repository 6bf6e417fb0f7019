// SPDX-License-Identifier: Apache-2.0
#include "identity/refresh_token.h"

#include <gtest/gtest.h>

namespace ashlar::identity {
namespace {

constexpr std::string_view kKey = "a key of thirty-two bytes, nearly";

RefreshToken TokenOf(int64_t step) {
  RefreshToken token{.session = {}, .step = step};
  for (size_t i = 0; i < token.session.bytes.size(); ++i) token.session.bytes[i] = static_cast<uint8_t>(200 + i);
  return token;
}

TEST(RefreshTokenTest, SaysWhatWasWritten) {
  for (int64_t step : {int64_t{0}, int64_t{1}, int64_t{255}, int64_t{256}, (int64_t{1} << 53) - 1}) {
    EXPECT_EQ(ReadRefreshToken(kKey, WriteRefreshToken(kKey, TokenOf(step))), TokenOf(step)) << step;
  }
}

TEST(RefreshTokenTest, IsTheSameEachTimeItIsMade) {
  EXPECT_EQ(WriteRefreshToken(kKey, TokenOf(7)), WriteRefreshToken(kKey, TokenOf(7)));
  EXPECT_NE(WriteRefreshToken(kKey, TokenOf(7)), WriteRefreshToken(kKey, TokenOf(8)));
}

TEST(RefreshTokenTest, OneThatIsChangedAnywhereIsNone) {
  const std::string good = WriteRefreshToken(kKey, TokenOf(7));
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(ReadRefreshToken(kKey, bad)) << i;
  }
  EXPECT_FALSE(ReadRefreshToken("another key", good));
  for (const std::string& bad : {std::string(), good + "A", good.substr(1), good + "=", std::string(5000, 'A')}) {
    EXPECT_FALSE(ReadRefreshToken(kKey, bad)) << bad.size();
  }
}

}  // namespace
}  // namespace ashlar::identity
