// SPDX-License-Identifier: Apache-2.0
#include "identity/browser_session.h"

#include <gtest/gtest.h>

#include "identity/refresh_token.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

TEST(BrowserSessionTest, ACookieIsReadByTheKeyThatWroteItAlone) {
  const types::Uuid session = types::NewUuidV7(1);
  const std::string cookie = WriteSessionCookie("key", session);
  EXPECT_EQ(ReadSessionCookie("key", cookie), session);
  EXPECT_EQ(ReadSessionCookie("other", cookie), std::nullopt);
  for (size_t i = 0; i < cookie.size(); ++i) {
    std::string bent = cookie;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(ReadSessionCookie("key", bent), std::nullopt) << i;
    EXPECT_EQ(ReadSessionCookie("key", cookie.substr(0, i)), std::nullopt) << i;
  }
  EXPECT_EQ(ReadSessionCookie("key", cookie + "A"), std::nullopt);
  EXPECT_EQ(ReadSessionCookie("key", std::string(500, 'A')), std::nullopt);
}

TEST(BrowserSessionTest, NoTokenStandsForAnother) {
  const types::Uuid session = types::NewUuidV7(1);
  const std::string cookie = WriteSessionCookie("key", session);
  EXPECT_EQ(ReadSessionCookie("key", WriteRefreshToken("key", {session, 0})), std::nullopt);
  EXPECT_EQ(ReadRefreshToken("key", cookie), std::nullopt);
  const std::string csrf = CsrfTokenOf("key", session);
  EXPECT_EQ(csrf.size(), 43u);
  EXPECT_FALSE(cookie.ends_with(csrf));
  EXPECT_NE(csrf, CsrfTokenOf("key", types::NewUuidV7(2)));
  EXPECT_NE(csrf, CsrfTokenOf("other", session));
}

}  // namespace
}  // namespace ashlar::identity
