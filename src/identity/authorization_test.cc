// SPDX-License-Identifier: Apache-2.0
#include "identity/authorization.h"

#include <gtest/gtest.h>

#include <limits>

namespace ashlar::identity {
namespace {

const model::Provider& Provided() {
  static const model::Provider provider = [] {
    model::Client client;
    client.id = "app";
    client.redirects = {"https://app.example/cb"};
    client.scopes = {"openid", "email"};
    model::Client phone;
    phone.id = "phone";
    phone.redirects = {"com.example.phone:/cb", "http://127.0.0.1/cb", "https://phone.example/cb"};
    phone.scopes = {"openid"};
    return model::Provider{"https://id.test", {client, phone}};
  }();
  return provider;
}

// A right request, but for what `changes` says of it; an empty value leaves it out.
std::expected<Authorization, NotAuthorized> Ask(const Parameters& changes) {
  Parameters all = {{"client_id", "app"},
                    {"redirect_uri", "https://app.example/cb"},
                    {"response_type", "code"},
                    {"scope", "openid"},
                    {"state", "s"},
                    {"code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
                    {"code_challenge_method", "S256"}};
  for (const auto& [name, value] : changes) {
    std::erase_if(all, [&](const auto& one) { return one.first == name; });
    if (!value.empty()) all.emplace_back(name, value);
  }
  return ReadAuthorization(Provided().Borrow(ParameterOf(all, "client_id")), all);
}

TEST(AuthorizationTest, IsReadWhole) {
  auto asked = Ask({{"scope", " email  openid email"},
                    {"nonce", "n"},
                    {"prompt", "login consent"},
                    {"max_age", "60"},
                    {"login_hint", "ann@example.com"},
                    {"response_mode", "form_post"},
                    {"display", "page"}});
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->client->id, "app");
  EXPECT_EQ(asked->scope, "openid email");
  EXPECT_EQ(asked->nonce, "n");
  EXPECT_TRUE(asked->sign_in && asked->ask && !asked->silent && asked->to.form_post);
  EXPECT_EQ(asked->max_age_s, 60);
  EXPECT_EQ(asked->login_hint, "ann@example.com");
  EXPECT_EQ(asked->to.state, "s");
  EXPECT_TRUE(asked->Has("email") && !asked->Has("offline_access"));
}

TEST(AuthorizationTest, ScopesThatTheClientMayNotHaveAreLeftOut) {
  for (const auto& [scope, left] : {std::pair("openid profile email", "openid email"),
                                    {"openid offline_access", "openid"},
                                    {"profile email address", "email"}}) {
    auto asked = Ask({{"scope", scope}});
    ASSERT_TRUE(asked) << scope;
    EXPECT_EQ(asked->scope, left);
  }
}

TEST(AuthorizationTest, AnAgeIsBounded) {
  EXPECT_EQ(Ask({{"max_age", "0"}})->max_age_s, 0);
  auto most = Ask({{"max_age", "9223372036854775807"}});
  ASSERT_TRUE(most);
  EXPECT_LT(*most->max_age_s, std::numeric_limits<int64_t>::max() / 1'000'000);  // they are counted in microseconds
}

TEST(AuthorizationTest, WhatNothingProvesIsAskedForAgain) {
  auto asks = [](const Parameters& changes) {
    auto asked = Ask(changes);
    return asked && asked->ask;
  };
  EXPECT_FALSE(asks({}));
  EXPECT_TRUE(asks({{"prompt", "consent"}}));
  EXPECT_TRUE(asks({{"client_id", "phone"}, {"redirect_uri", "com.example.phone:/cb"}}));
  EXPECT_TRUE(asks({{"client_id", "phone"}, {"redirect_uri", "http://127.0.0.1:4711/cb"}}));
  EXPECT_TRUE(asks({{"client_id", "phone"}, {"redirect_uri", "http://127.0.0.1/cb"}, {"prompt", "none"}}));
  EXPECT_FALSE(asks({{"client_id", "phone"}, {"redirect_uri", "https://phone.example/cb"}}));
}

TEST(AuthorizationTest, WithoutAProvedPlaceNobodyIsSentAnywhere) {
  for (const Parameters& wrong : {Parameters{{"client_id", ""}},
                                  {{"client_id", "other"}},
                                  {{"client_id", "APP"}},
                                  {{"redirect_uri", ""}},
                                  {{"redirect_uri", "https://app.example/cb/"}},
                                  {{"redirect_uri", "https://evil.example/"}},
                                  {{"state", std::string(1001, 's')}}}) {
    auto asked = Ask(wrong);
    ASSERT_FALSE(asked) << wrong[0].first;
    EXPECT_FALSE(asked.error().to) << wrong[0].first;
  }
}

TEST(AuthorizationTest, WhatElseIsWrongIsToldThere) {
  const std::pair<Parameters, std::string> cases[] = {
      {{{"response_type", ""}}, "unsupported_response_type"},
      {{{"response_type", "token"}}, "unsupported_response_type"},
      {{{"response_type", "code id_token"}}, "unsupported_response_type"},
      {{{"response_mode", "fragment"}}, "invalid_request"},
      {{{"scope", ""}}, "invalid_scope"},
      {{{"scope", "offline_access"}}, "invalid_scope"},
      {{{"scope", "profile admin"}}, "invalid_scope"},
      {{{"code_challenge", ""}}, "invalid_request"},
      {{{"code_challenge", "short"}}, "invalid_request"},
      {{{"code_challenge_method", ""}}, "invalid_request"},
      {{{"code_challenge_method", "plain"}}, "invalid_request"},
      {{{"code_challenge_method", "s256"}}, "invalid_request"},
      {{{"prompt", "none login"}}, "invalid_request"},
      {{{"prompt", "create"}}, "invalid_request"},
      {{{"max_age", "-1"}}, "invalid_request"},
      {{{"max_age", "1x"}}, "invalid_request"},
      {{{"max_age", "9223372036854775808"}}, "invalid_request"},
      {{{"nonce", std::string(256, 'n')}}, "invalid_request"},
      {{{"request", "x"}}, "request_not_supported"},
      {{{"request_uri", "https://a.test/"}}, "request_uri_not_supported"},
      {{{"registration", "{}"}}, "registration_not_supported"},
  };
  for (const auto& [changes, error] : cases) {
    auto asked = Ask(changes);
    ASSERT_FALSE(asked) << changes[0].first;
    EXPECT_EQ(asked.error().error.error, error) << changes[0].first << changes[0].second;
    ASSERT_TRUE(asked.error().to) << changes[0].first;
    EXPECT_EQ(asked.error().to->redirect_uri, "https://app.example/cb");
    EXPECT_EQ(asked.error().to->state, "s");
  }
}

}  // namespace
}  // namespace ashlar::identity
