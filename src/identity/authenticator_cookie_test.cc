// SPDX-License-Identifier: Apache-2.0
// The authenticator and browsers, whom a cookie names.
#include <gtest/gtest.h>

#include "identity/accounts_world_test.h"
#include "identity/authenticator.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;

class CookieTest : public testing::Test, protected AccountsWorld {
 protected:
  CookieTest() : user_(Register()), browser_(SignIn()) {}

  SignedIn SignIn(const std::string& cookie = "") {
    auto done = Wait(accounts_->Login(
        context(), Of(fmt::format(R"({{"email":"ann@example.com","password":"{}","mode":"cookie"}})", kPassword)),
        {"", cookie}));
    EXPECT_TRUE(done) << done.error().message;
    return std::move(*done);
  }
  call::Answer<call::CallerPtr> Ask(const std::string& cookie, std::vector<http::Header> more = {},
                                    const char* method = "GET") {
    http::Request request;
    request.method = method;
    request.headers = std::move(more);
    request.headers.push_back({"Cookie", "a=b; __Host-session=" + cookie});
    return Wait(Await(authenticator_.Authenticate(context(), request)));
  }
  int64_t ExpiresIn() {
    Keeper keeper(*engine_);
    auto found = Wait(keeper.Do(context(), keeper.Finding(keeper.session(), "userId", user_)));
    return MicrosIn(keeper.session(), found->rows, "expiresAt") / 1'000'000 - clock_.seconds;
  }

  std::string user_;
  SignedIn browser_;
  Authenticator authenticator_{*keys_, *engine_};
};

TEST_F(CookieTest, NamesItsUser) {
  EXPECT_TRUE(browser_.tokens.access.empty() && browser_.tokens.refresh.empty());
  auto caller = Ask(browser_.cookie);
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_EQ((*caller)->id, user_);
  EXPECT_EQ((*caller)->principal.kind, "user");
  EXPECT_EQ(*Ask(browser_.cookie), *caller) << "it is kept";
  clock_.seconds += Authenticator::kRefreshSeconds;
  EXPECT_EQ(*Ask(browser_.cookie), *caller) << "it is as before";
  EXPECT_EQ(CodeOf(Ask("")), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(Ask(browser_.cookie + "A")), Code::kInvalidCredentials);
}

TEST_F(CookieTest, WhatIsKeptOfACookieIsNoToken) {
  ASSERT_TRUE(Ask(browser_.cookie));
  for (const std::string& token : {browser_.cookie, " " + browser_.cookie}) {
    http::Request request;
    request.headers = {{"Authorization", "Bearer " + token}};
    EXPECT_EQ(CodeOf(Wait(Await(authenticator_.Authenticate(context(), request)))), Code::kInvalidCredentials);
  }
  const std::string access = AccountsWorld::Login()->tokens.access;
  EXPECT_EQ(CodeOf(Ask(access)), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(Ask(browser_.cookie, {{"Authorization", "Bearer " + access}})), Code::kInvalidCredentials);
}

TEST_F(CookieTest, WritesWithItsOwnCsrfTokenAlone) {
  const std::string other = SignIn().csrf;
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "MOVE"}) {
    EXPECT_EQ(CodeOf(Ask(browser_.cookie, {}, method)), Code::kForbidden) << method;
    EXPECT_EQ(CodeOf(Ask(browser_.cookie, {{"X-CSRF-Token", other}}, method)), Code::kForbidden) << method;
    EXPECT_TRUE(Ask(browser_.cookie, {{"x-csrf-token", browser_.csrf}}, method)) << method;
  }
  for (const char* method : {"GET", "HEAD", "OPTIONS", "QUERY"}) EXPECT_TRUE(Ask(browser_.cookie, {}, method));
}

TEST_F(CookieTest, ASessionLastsWhileItIsUsedButNotForEver) {
  EXPECT_EQ(ExpiresIn(), 600);
  clock_.seconds += 30;
  ASSERT_TRUE(Ask(browser_.cookie));
  EXPECT_EQ(ExpiresIn(), 570) << "a use soon after another is not written down";
  for (int minute = 0; minute < 54; minute += 9) {
    clock_.seconds += 9 * 60;
    ASSERT_TRUE(Ask(browser_.cookie)) << minute;
  }
  EXPECT_EQ(ExpiresIn(), 3600 - 30 - 54 * 60) << "its end";
  clock_.seconds += ExpiresIn() - 1;
  EXPECT_TRUE(Ask(browser_.cookie));
  clock_.seconds += 1;
  EXPECT_EQ(CodeOf(Ask(browser_.cookie)), Code::kInvalidCredentials);
}

TEST_F(CookieTest, ASessionThatNobodyUsesEnds) {
  ASSERT_TRUE(Ask(browser_.cookie));
  clock_.seconds += 600;
  EXPECT_EQ(CodeOf(Ask(browser_.cookie)), Code::kInvalidCredentials);
}

TEST_F(CookieTest, SigningInAnewEndsTheSessionOfTheSameBrowserAlone) {
  const SignedIn elsewhere = SignIn();
  const SignedIn anew = SignIn(browser_.cookie);
  clock_.seconds += Authenticator::kRefreshSeconds;
  EXPECT_EQ(CodeOf(Ask(browser_.cookie)), Code::kInvalidCredentials);
  EXPECT_TRUE(Ask(anew.cookie));
  EXPECT_TRUE(Ask(elsewhere.cookie));
}

TEST_F(CookieTest, NoCookieOpensASessionOfTokens) {
  AccountsWorld::Login();
  Keeper keeper(*engine_);
  Sessions sessions(keeper, *keys_);
  auto found = Wait(keeper.Do(context(), keeper.Finding(keeper.session(), "userId", user_)));
  ASSERT_EQ(found->rows.rows.size(), 2u);
  int open = 0;
  for (size_t row = 0; row < 2; ++row) {
    auto id = types::ParseUuid(IdIn(keeper.session(), found->rows, "id", row));
    open += Ask(sessions.CookieOf(*id)) ? 1 : 0;
  }
  EXPECT_EQ(open, 1);
}

}  // namespace
}  // namespace ashlar::identity
