// SPDX-License-Identifier: Apache-2.0
#include "identity/provider.h"

#include <gtest/gtest.h>

#include "identity/accounts_world_test.h"
#include "identity/client_code.h"

namespace ashlar::identity {
namespace {

constexpr const char* kProvides = R"(service: shop
identity:
  register: open
  tokens: { refresh: 1d, access: 5m }
  sessions: { idle: 10m, lifetime: 1h }
  provider:
    issuer: https://id.test
    clients:
      app:
        redirectUris: [https://app.example/cb]
        grants: [authorization_code, refresh_token]
        scopes: [openid, email, offline_access]
      other: { redirectUris: [https://other.example/cb], scopes: [openid] }
      tv: { grants: [device_code, refresh_token], scopes: [openid, offline_access] }
)";
const std::string kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const std::string kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

class ProviderTest : public testing::Test, protected AccountsWorld {
 protected:
  ProviderTest() : AccountsWorld(kProvides), provider_(*engine_, *keys_, *accounts_) { user_ = Register(); }

  const model::Client& Client(std::string_view id) { return *provider_.model().Find(id); }
  Authorization Want(std::string_view id = "app", std::string scope = "openid email offline_access") {
    Authorization want;
    want.client = provider_.model().Borrow(id);
    want.to.redirect_uri = want.client->redirects[0];
    want.scope = std::move(scope);
    want.challenge = kChallenge;
    return want;
  }
  Visitor SignIn() {
    Accounts::Proof proof{"ann@example.com", kPassword, ""};
    auto entered = Wait(provider_.Enter(context(), proof, "agent", cookie_));
    EXPECT_TRUE(entered);
    cookie_ = entered->cookie;
    return entered->visitor;
  }
  std::string Code(const Authorization& want) {
    auto code = Wait(provider_.clients().IssueCode(context(), SignIn(), want));
    EXPECT_TRUE(code);
    return code.value_or("");
  }
  ClientSessions::Brought Bring(std::string code) { return {std::move(code), "https://app.example/cb", kVerifier}; }
  OauthAnswer<ClientTokens> Redeem(ClientSessions::Brought brought, std::string_view client = "app") {
    return Wait(provider_.clients().Redeem(context(), Client(client), std::move(brought)));
  }
  OauthAnswer<ClientTokens> Refresh(std::string token, std::string scope = "", std::string_view client = "app") {
    return Wait(provider_.clients().Refresh(context(), Client(client), std::move(token), std::move(scope)));
  }
  bool IsLive(const std::string& token) {
    auto live = Wait(provider_.clients().Look(context(), token));
    return live && *live;
  }
  Task<bool> Change(std::string from, std::string to) {
    auto body = Of(fmt::format(R"({{"currentPassword":"{}","newPassword":"{}"}})", from, to));
    auto done = co_await accounts_->ChangePassword(context(), user_, "", std::move(body));
    changed_ = done.has_value();
    co_return true;
  }
  // Each somewhat later than the last.
  Task<void> Later(int steps) {
    for (int i = 0; i < steps; ++i) (void)co_await keeper_.Get(context(), keeper_.user(), user_);
  }
  Task<bool> Fetch(std::string code, int steps) {
    co_await Later(steps);
    auto tokens = co_await provider_.clients().Redeem(context(), Client("app"), Bring(std::move(code)));
    fetched_ += tokens ? 1 : 0;
    co_return true;
  }
  Task<bool> Poll(std::string code, int steps) {
    co_await Later(steps);
    auto tokens = co_await provider_.devices().Poll(context(), Client("tv"), std::move(code));
    fetched_ += tokens ? 1 : 0;
    co_return true;
  }
  size_t SessionsSeen() { return Wait(accounts_->sessions().List(context(), user_))->size(); }

  Provider provider_;
  Keeper keeper_{*engine_};
  std::string user_, cookie_;
  bool changed_ = false;
  int fetched_ = 0;  // tokens, around a change
};

TEST_F(ProviderTest, ACodeBringsTokensOnceAndItsSecondUseEndsThem) {
  const std::string code = Code(Want());
  const size_t before = SessionsSeen();
  auto tokens = Redeem(Bring(code));
  ASSERT_TRUE(tokens) << tokens.error().description;
  EXPECT_EQ(tokens->scope, "openid email offline_access");
  EXPECT_EQ(SessionsSeen(), before + 1);
  EXPECT_TRUE(IsLive(tokens->access) && IsLive(tokens->refresh));
  EXPECT_FALSE(Redeem(Bring(code)));
  EXPECT_FALSE(IsLive(tokens->access) || IsLive(tokens->refresh));
  EXPECT_FALSE(Refresh(tokens->refresh));
  EXPECT_EQ(SessionsSeen(), before);
}

TEST_F(ProviderTest, OfManyAtOnceOneGetsTokens) {
  const std::string code = Code(Want());
  auto all = AllOf<OauthAnswer<ClientTokens>>(
      50, [&] { return provider_.clients().Redeem(context(), Client("app"), Bring(code)); });
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& one) { return one.has_value(); }), 1);
}

TEST_F(ProviderTest, ACodeIsBoundToWhatItWasAskedWith) {
  const std::string code = Code(Want());
  auto refused = [&](ClientSessions::Brought brought, std::string_view client = "app") {
    auto tokens = Redeem(std::move(brought), client);
    return !tokens && tokens.error().error == "invalid_grant";
  };
  EXPECT_TRUE(refused(Bring(code), "other"));
  EXPECT_TRUE(refused({code, "https://app.example/cb", kChallenge}));
  EXPECT_TRUE(refused({code, "https://app.example/", kVerifier}));
  ClientCode forged = *ReadClientCode(code);
  forged.secret[0] = static_cast<char>(forged.secret[0] ^ 1);
  EXPECT_TRUE(refused(Bring(WriteClientCode(forged))));
  EXPECT_TRUE(refused(Bring("x")));
  clock_.seconds += 59;
  EXPECT_TRUE(Redeem(Bring(code)));  // none of this used it up
}

TEST_F(ProviderTest, ACodeIsOverAfterAMinuteAndWithTheBrowsersSession) {
  const std::string late = Code(Want());
  clock_.seconds += 60;
  EXPECT_FALSE(Redeem(Bring(late)));
  const std::string code = Code(Want());
  EXPECT_TRUE(Wait(provider_.Leave(context(), cookie_)));
  EXPECT_FALSE(Redeem(Bring(code)));
}

TEST_F(ProviderTest, RefreshTokensRotateAndOldOnesEndTheSession) {
  auto first = Redeem(Bring(Code(Want())));
  ASSERT_TRUE(first);
  EXPECT_FALSE(Refresh(first->refresh, "", "other"));
  auto second = Refresh(first->refresh, "openid");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->scope, "openid offline_access");
  EXPECT_EQ(Refresh(first->refresh)->refresh, second->refresh);
  EXPECT_FALSE(Refresh(second->refresh, "admin"));
  clock_.seconds += 11;
  EXPECT_FALSE(Refresh(first->refresh));
  EXPECT_FALSE(IsLive(second->refresh));
}

TEST_F(ProviderTest, RefreshTokensOfAccountsAndOfClientsAreTwoThings) {
  auto tokens = Redeem(Bring(Code(Want())));
  ASSERT_TRUE(tokens);
  EXPECT_FALSE(AccountsWorld::Refresh(tokens->refresh));
  EXPECT_FALSE(Refresh(Login()->tokens.refresh));
  EXPECT_TRUE(IsLive(tokens->refresh));
}

TEST_F(ProviderTest, WithoutOfflineAccessThereIsNoRefreshToken) {
  auto tokens = Redeem(Bring(Code(Want("app", "openid"))));
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->refresh, "");
  clock_.seconds += 299;
  EXPECT_TRUE(IsLive(tokens->access));
  clock_.seconds += 1;
  EXPECT_FALSE(IsLive(tokens->access));
}

TEST_F(ProviderTest, AClientHoldsTenSessionsAndPushesNoOthersOut) {
  Login();
  std::vector<std::string> tokens;
  const Visitor visitor = SignIn();
  for (int i = 0; i < 12; ++i) {
    clock_.seconds += 1;
    auto code = Wait(provider_.clients().IssueCode(context(), visitor, Want()));
    tokens.push_back(Redeem(Bring(*code))->access);
  }
  EXPECT_EQ(std::ranges::count_if(tokens, [&](const std::string& one) { return IsLive(one); }), 10);
  EXPECT_EQ(SessionsSeen(), 12u);
}

TEST_F(ProviderTest, CodesThatNobodyBringsPushNoSessionOut) {
  auto tokens = Redeem(Bring(Code(Want())));
  const Visitor visitor = SignIn();
  for (int i = 0; i < 12; ++i) {
    EXPECT_TRUE(Wait(provider_.clients().IssueCode(context(), visitor, Want())));
    EXPECT_TRUE(Wait(provider_.clients().IssueCode(context(), visitor, Want("other", "openid"))));
  }
  EXPECT_FALSE(Refresh(tokens->refresh, "", "other"));
  EXPECT_TRUE(Refresh(tokens->refresh));
  auto rows = Wait(keeper_.Do(context(), keeper_.Finding(keeper_.session(), "userId", user_)));
  EXPECT_EQ(rows->rows.rows.size(), 2 + 2 * kCodesOfClient);
}

TEST_F(ProviderTest, AUsedCodeWithAnotherVerifierEndsNothing) {
  const std::string code = Code(Want());
  auto tokens = Redeem(Bring(code));
  EXPECT_FALSE(Redeem({code, "https://app.example/cb", kChallenge}));
  EXPECT_TRUE(IsLive(tokens->access));
}

TEST_F(ProviderTest, EndingsAndTheBrowsersSessionAreLookedAtWithinTheTransaction) {
  const Visitor visitor = SignIn();
  auto code = Wait(provider_.clients().IssueCode(context(), visitor, Want()));
  Sessions& sessions = accounts_->sessions();
  EXPECT_TRUE(Wait(keeper_.DoAll(context(), {}, {}, {sessions.EndingAll(context(), user_, visitor.session)})));
  EXPECT_TRUE(*Wait(provider_.Visit(context(), cookie_)));
  EXPECT_FALSE(Redeem(Bring(*code)));
  std::vector<call::Call> ending{sessions.Ending(context(), visitor.session)};
  EXPECT_FALSE(Wait(provider_.clients().Start(context(), Client("tv"), visitor, "openid", ending)));
  EXPECT_TRUE(*Wait(provider_.Visit(context(), cookie_))) << "all or none";
  EXPECT_EQ(SessionsSeen(), 1u);
}

// However they come between: what a browser has let others have ends with the password.
TEST_F(ProviderTest, NothingThatIsFetchedAroundAChangeOfPasswordIsLeft) {
  std::string password = kPassword;
  for (int round = 0; round < 20; ++round) {
    Accounts::Proof proof{"ann@example.com", password, ""};
    const Visitor visitor = Wait(provider_.Enter(context(), proof, "agent", ""))->visitor;
    auto code = Wait(provider_.clients().IssueCode(context(), visitor, Want()));
    auto device = Wait(provider_.devices().Begin(context(), Client("tv"), ""));
    auto wish = *Wait(provider_.devices().Find(context(), device->user_code));
    ASSERT_TRUE(*Wait(provider_.Decide(context(), *wish, visitor, true)));
    const std::string next = fmt::format("correct horse battery {}", round);
    int turn = 0;
    auto all = AllOf<bool>(3, [&]() -> Task<bool> {
      switch (turn++) {
        case 0: return Change(password, next);
        case 1: return Fetch(*code, round);
        default: return Poll(device->device_code, round);
      }
    });
    ASSERT_TRUE(changed_);
    password = next;
    EXPECT_EQ(SessionsSeen(), 0u) << round;
    EXPECT_FALSE(Redeem(Bring(*code)));
  }
  EXPECT_GT(fetched_, 0) << "too late each time";
}

TEST_F(ProviderTest, ACodeIsGivenForWhatTheRowOfConsentCovers) {
  const Visitor visitor = SignIn();
  auto issue = [&](const Authorization& want) { return Wait(provider_.IssueCode(context(), visitor, want)); };
  EXPECT_EQ(CodeOf(issue(Want())), call::Code::kNotFound);
  EXPECT_TRUE(Wait(provider_.Agree(context(), visitor, Want("app", "openid"))));
  EXPECT_TRUE(issue(Want("app", "openid")));
  EXPECT_EQ(CodeOf(issue(Want())), call::Code::kNotFound);
  EXPECT_TRUE(Wait(provider_.Disagree(context(), user_, "app")));
  EXPECT_EQ(CodeOf(issue(Want("app", "openid"))), call::Code::kNotFound);
}

TEST_F(ProviderTest, OnlyADeviceThatIsAllowedCountsAsConsent) {
  const Visitor visitor = SignIn();
  auto device = Wait(provider_.devices().Begin(context(), Client("tv"), ""));
  auto wish = *Wait(provider_.devices().Find(context(), device->user_code));
  EXPECT_TRUE(*Wait(provider_.Decide(context(), *wish, visitor, false)));
  EXPECT_FALSE(*Wait(provider_.Decide(context(), *wish, visitor, true)));  // it is decided
  EXPECT_TRUE(Wait(provider_.consents().List(context(), user_))->empty());
}

TEST_F(ProviderTest, WhatADeviceMayHaveIsTakenBackToo) {
  const Visitor visitor = SignIn();
  auto allow = [&] {
    auto device = Wait(provider_.devices().Begin(context(), Client("tv"), ""));
    auto wish = *Wait(provider_.devices().Find(context(), device->user_code));
    EXPECT_TRUE(*Wait(provider_.Decide(context(), *wish, visitor, true)));
    return device->device_code;
  };
  auto poll = [&](const std::string& code) { return Wait(provider_.devices().Poll(context(), Client("tv"), code)); };
  const std::string waiting = allow();
  auto tokens = poll(allow());
  ASSERT_TRUE(tokens);
  EXPECT_EQ(Wait(provider_.consents().List(context(), user_))->size(), 1u);
  EXPECT_TRUE(Wait(provider_.Disagree(context(), user_, "tv")));
  EXPECT_FALSE(IsLive(tokens->access));
  EXPECT_FALSE(poll(waiting));
  EXPECT_EQ(CodeOf(Wait(provider_.Disagree(context(), user_, "tv"))), call::Code::kNotFound);
}

TEST_F(ProviderTest, ConsentCoversWhatWasGivenUntilItIsTakenBack) {
  const Visitor visitor = SignIn();
  auto agreed = [&](const Authorization& want) { return *Wait(provider_.HasAgreed(context(), visitor, want)); };
  EXPECT_FALSE(agreed(Want("app", "openid")));
  EXPECT_TRUE(Wait(provider_.Agree(context(), visitor, Want("app", "openid"))));
  EXPECT_TRUE(agreed(Want("app", "openid")));
  EXPECT_FALSE(agreed(Want("app", "openid email")));
  EXPECT_FALSE(agreed(Want("other", "openid")));
  EXPECT_TRUE(Wait(provider_.Agree(context(), visitor, Want("app", "openid email"))));
  EXPECT_TRUE(agreed(Want("app", "openid email")));
  auto tokens = Redeem(Bring(Code(Want())));
  EXPECT_TRUE(Wait(provider_.Disagree(context(), user_, "app")));
  EXPECT_FALSE(agreed(Want("app", "openid")));
  EXPECT_FALSE(IsLive(tokens->access));
  EXPECT_FALSE(Wait(provider_.Disagree(context(), user_, "app")));
}

TEST_F(ProviderTest, WhatIsSealedOpensAtItsPlaceInItsTime) {
  const std::string sealed = provider_.Seal(context(), "here", "text of it", 60);
  EXPECT_EQ(provider_.Open(context(), "here", sealed), "text of it");
  EXPECT_FALSE(provider_.Open(context(), "there", sealed));
  EXPECT_FALSE(provider_.Open(context(), "here", sealed + "A"));
  EXPECT_FALSE(provider_.Open(context(), "here", ""));
  clock_.seconds += 60;
  EXPECT_FALSE(provider_.Open(context(), "here", sealed));
}

TEST_F(ProviderTest, ABrowsersSessionEndsWhenItIsIdleOrOld) {
  SignIn();
  EXPECT_TRUE(*Wait(provider_.Visit(context(), cookie_)));
  for (int i = 0; i < 6; ++i) {
    clock_.seconds += 590;
    EXPECT_TRUE(*Wait(provider_.Visit(context(), cookie_))) << i;
  }
  clock_.seconds += 60;
  EXPECT_FALSE(*Wait(provider_.Visit(context(), cookie_)));
  SignIn();
  clock_.seconds += 600;
  EXPECT_FALSE(*Wait(provider_.Visit(context(), cookie_)));
  EXPECT_FALSE(*Wait(provider_.Visit(context(), "x")));
}

}  // namespace
}  // namespace ashlar::identity
