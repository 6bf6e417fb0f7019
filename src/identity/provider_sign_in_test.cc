// SPDX-License-Identifier: Apache-2.0
#include "identity/provider_sign_in.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "identity/accounts_world_test.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;

constexpr const char* kWithProviders = R"(service: shop
identity:
  register: open
  returnTo: ['https://app.test/in', 'https://app.test/other']
  providers:
    one: { issuer: 'http://127.0.0.1:1', clientId: shop, clientSecret: '${NONE:-secret}' }
    two: { issuer: 'http://127.0.0.1:2', clientId: shop, clientSecret: '${NONE:-secret}' }
)";

// What can be told without a provider that answers: one that refuses does not have to.
class ProviderSignInTest : public testing::Test, protected AccountsWorld {
 protected:
  ProviderSignInTest() : AccountsWorld(kWithProviders) {
    flow_ = {.id = types::NewUuidV7(1),
             .provider = "one",
             .expires_at = clock_.seconds + 100,
             .challenge = "",
             .return_to = ReturnMark("https://app.test/other"),
             .user = {},
             .by = {}};
  }
  ~ProviderSignInTest() override { providers_.Close(); }

  std::string State() const { return SealFlow(flow_keys_, FlowStage::kState, browser_, flow_); }
  using Query = std::vector<std::pair<std::string, std::string>>;
  call::Answer<Arrival> Return(const std::string& state, const std::string& provider = "one",
                               const std::string& browser = "", const Query& more = {{"code", "x"}}) {
    Query query = more;
    query.emplace_back("state", state);
    return Wait(sign_in_.Return(context(), provider, query, browser.empty() ? browser_ : browser, "agent"));
  }
  // Writes down what a callback leaves whose user the provider has vouched for.
  void Vouch() {
    Keeper::Body body;
    body.emplace_back("id", json::Json(types::FormatUuid(flow_.id)));
    body.emplace_back("expiresAt", TimeJson((clock_.seconds + 1800) * 1'000'000));
    auto made = keeper_.Making(service_->resource(service_->sign_in), ToJson(std::move(body)));
    ASSERT_TRUE(Wait(keeper_.Do(context(), std::move(made))));
  }
  // Whether it is refused without a word of what it was.
  bool IsRefused(const call::Answer<Arrival>& answer) {
    return !answer && answer.error().code == Code::kInvalidCredentials;
  }
  // A ticket of somebody's whom provider one has proved to be Ann.
  std::string Ticket() {
    auto known = Wait(links_.Recognise(context(), service_->identity->providers[0],
                                       {.subject = "ann at one", .email = "ann@example.com", .verified = true}));
    EXPECT_TRUE(known && !known->link.empty());
    flow_.user = *types::ParseUuid(known->user);
    flow_.by = *types::ParseUuid(known->link);
    flow_.challenge = ChallengeOf("verifier");
    return SealFlow(flow_keys_, FlowStage::kTicket, "", flow_);
  }
  int64_t Rows() {
    Keeper keeper(*engine_);
    auto list = Wait(keeper.Do(context(), keeper.Listing(service_->resource(service_->sign_in), "expiresAt", 1)));
    return *list->page->total;
  }

  OpenIdProviders providers_{*service_->identity, {"https://shop.test", ""}, SystemClock(), silence_};
  Keeper keeper_{*engine_};
  Passwords passwords_{keeper_, pool_, *rules_, keys_->refresh()};
  SecondFactors second_factors_{keeper_, passwords_, *keys_};
  Sessions sessions_{keeper_, *keys_};
  Links links_{keeper_};
  ProviderSignIn sign_in_{keeper_, sessions_, second_factors_, links_, providers_, *keys_};
  const FlowKeys flow_keys_{*keys_};
  const std::string browser_ = NewBrowserSecret();
  LoginFlow flow_;
};

TEST_F(ProviderSignInTest, ComesBackToThePageThatItWasBegunForAndOnce) {
  auto first = Return(State(), "one", "", {{"error", "access_denied"}});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->return_to, "https://app.test/other");
  EXPECT_EQ(first->name + " " + first->value, "error ACCESS_DENIED");
  EXPECT_EQ(first->session, "");
  Vouch();
  EXPECT_TRUE(IsRefused(Return(State())));
  flow_.id = types::NewUuidV7(2);
  EXPECT_TRUE(Return(State()));
}

TEST_F(ProviderSignInTest, NothingStaysOfThoseWhomTheProviderDoesNotVouchFor) {
  for (const Query& answer : {Query{{"error", "access_denied"}},
                              {{"error", "server_error"}},
                              {{"code", "x"}, {"iss", "https://evil.test"}},
                              {{"code", "x"}}}) {
    auto arrival = Return(State(), "one", "", answer);
    ASSERT_TRUE(arrival) << arrival.error().message;
    EXPECT_EQ(arrival->name, "error");
    EXPECT_EQ(Rows(), 0) << answer[0].second;
  }
}

TEST_F(ProviderSignInTest, IsOverInTimeAndOfItsProviderBrowserAndPage) {
  const LoginFlow good = flow_;
  flow_.expires_at = clock_.seconds;
  EXPECT_TRUE(IsRefused(Return(State())));
  flow_ = good;
  EXPECT_TRUE(IsRefused(Return(State(), "two")));
  EXPECT_TRUE(IsRefused(Return(State(), "one", NewBrowserSecret())));
  EXPECT_TRUE(IsRefused(Return(State(), "one", "short")));
  flow_.return_to = ReturnMark("https://app.test/");  // which the contract lists no more
  EXPECT_TRUE(IsRefused(Return(State())));
  flow_ = good;
  EXPECT_TRUE(IsRefused(Return(SealFlow(flow_keys_, FlowStage::kTicket, browser_, flow_))));
  EXPECT_EQ(CodeOf(Return(State(), "three")), Code::kNotFound);
  EXPECT_EQ(Rows(), 0);  // none of that was written down
  EXPECT_TRUE(Return(State()));
}

TEST_F(ProviderSignInTest, WhatHasComeBackIsForgottenInTime) {
  for (int i = 0; i < 5; ++i) {
    flow_.id = types::NewUuidV7(i);
    Vouch();
  }
  EXPECT_EQ(Rows(), 5);
  clock_.seconds += 3600;
  flow_.expires_at = clock_.seconds + 100;
  flow_.id = types::NewUuidV7(9);
  EXPECT_TRUE(Return(State()));
  EXPECT_EQ(Rows(), 0);
}

TEST_F(ProviderSignInTest, ATicketIsOfItsVerifierAndOverInTime) {
  Vouch();
  const std::string ticket = Ticket(), user = types::FormatUuid(flow_.user);
  auto hold = [&](const std::string& ticket, const std::string& verifier) {
    return Wait(sign_in_.Hold(context(), ticket, verifier, browser_));
  };
  auto held = hold(ticket, "verifier");
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(held->user, user);
  EXPECT_EQ(CodeOf(hold(ticket, "another")), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(hold(ticket, "")), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(hold(State(), "verifier")), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(hold(SealFlow(flow_keys_, FlowStage::kTicket, browser_, flow_), "")), Code::kInvalidCredentials);
  ASSERT_TRUE(Wait(keeper_.Do(context(), sign_in_.Consuming(context(), *held))));
  EXPECT_EQ(CodeOf(hold(ticket, "verifier")), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(Wait(keeper_.Do(context(), sign_in_.Consuming(context(), *held)))), Code::kPreconditionFailed);
}

TEST_F(ProviderSignInTest, ATicketIsOverInTime) {
  Vouch();
  const std::string ticket = Ticket();
  clock_.seconds = flow_.expires_at - 1;
  EXPECT_TRUE(Wait(sign_in_.Hold(context(), ticket, "verifier", "")));
  clock_.seconds = flow_.expires_at;
  EXPECT_FALSE(Wait(sign_in_.Hold(context(), ticket, "verifier", "")));
}

TEST_F(ProviderSignInTest, ATicketEndsWithItsLink) {
  Vouch();
  const std::string ticket = Ticket(), user = types::FormatUuid(flow_.user);
  auto held = Wait(sign_in_.Hold(context(), ticket, "verifier", ""));
  ASSERT_TRUE(held);
  auto list = Wait(links_.List(context(), user));
  ASSERT_EQ(list->size(), 1u);
  ASSERT_TRUE(Wait(keeper_.Do(context(), links_.Removing(list->front()))));
  EXPECT_EQ(CodeOf(Wait(sign_in_.Hold(context(), ticket, "verifier", ""))), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(Wait(keeper_.Do(context(), links_.Holding(context(), types::FormatUuid(held->flow.by))))),
            Code::kNotFound);
  ASSERT_TRUE(Wait(links_.Link(context(), "http://127.0.0.1:1", "another at one", user)));
  EXPECT_FALSE(Wait(sign_in_.Hold(context(), ticket, "verifier", ""))) << "that is not the link it came by";
}

}  // namespace
}  // namespace ashlar::identity
