// SPDX-License-Identifier: Apache-2.0
#include "model/provider.h"

#include <gtest/gtest.h>

namespace ashlar::model {
namespace {

TEST(Provider, AnswersGoToTheAddressOfTheListAndToNoOther) {
  Client client;
  client.secret = Digest{};
  client.redirects = {"https://app.example/cb", "http://127.0.0.1/cb"};
  EXPECT_TRUE(client.TakesRedirect("https://app.example/cb"));
  for (std::string_view other :
       {"https://app.example/cb/", "https://app.example/cb?x=1", "https://app.example/cb#x", "https://app.example/CB",
        "https://APP.example/cb", "https://app.example:443/cb", "https://app.example/%63b", "http://app.example/cb",
        "https://app.example.evil.example/cb", "https://app.example@evil.example/cb", "https://app.example/cb/../x",
        "https://app.example/cb ", "", "//app.example/cb", "http://127.0.0.1:4000/cb"}) {
    EXPECT_FALSE(client.TakesRedirect(other)) << other;
  }
}

TEST(Provider, ProgramsOnThisMachineChooseTheirPort) {
  Client client;
  client.redirects = {"http://127.0.0.1/cb", "http://[::1]:1/cb", "http://localhost/cb", "com.example.app:/cb"};
  for (std::string_view one : {"http://127.0.0.1:4000/cb", "http://127.0.0.1/cb", "http://[::1]:65535/cb",
                               "http://127.0.0.1:1/cb", "http://localhost/cb", "com.example.app:/cb"}) {
    EXPECT_TRUE(client.TakesRedirect(one)) << one;
  }
  for (std::string_view one :
       {"http://localhost:4000/cb", "http://127.0.0.1:4000/cb?x", "http://127.0.0.1:4000/", "http://127.0.0.2:1/cb",
        "https://127.0.0.1:4000/cb", "http://127.0.0.1:4000@evil.example/cb", "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1:/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:080/cb", "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:99999/cb", "http://127.0.0.1:-1/cb", "http://127.0.0.1:4294971296/cb",
        "http://127.0.0.1:4000/cb#x", "com.example.app:/cb2"}) {
    EXPECT_FALSE(client.TakesRedirect(one)) << one;
  }
}

TEST(Provider, OnlyASecretOrAnAddressOfHttpsTellsAClientFromOthers) {
  Client client;
  for (std::string_view one : {"http://127.0.0.1:4000/cb", "http://[::1]/cb", "http://localhost/cb",
                               "https://localhost:8443/cb", "com.example.app:/cb", "com.example.app://cb"}) {
    EXPECT_TRUE(client.MayBeAnother(one)) << one;
  }
  EXPECT_FALSE(client.MayBeAnother("https://app.example/cb"));
  client.secret = Digest{};
  EXPECT_FALSE(client.MayBeAnother("http://127.0.0.1:4000/cb"));
}

TEST(Provider, AddressesForAnswersAreSafeOnes) {
  for (std::string_view one :
       {"https://app.example/cb?x=1", "https://app.example", "http://localhost:3000/cb", "http://[::1]:3000/cb"}) {
    EXPECT_TRUE(IsRedirectUri(one, false)) << one;
  }
  for (std::string_view one :
       {"http://app.example/cb", "https://app.example/cb#f", "https://u:p@app.example/", "https://*.example/cb",
        "javascript:alert(1)", "data:text/html,x", "com.example.app:/cb", "https://", "https:///cb", "app.example/cb",
        "https://app.example;x/cb", "https://a,b/", "https://app.example/a b", "ftp://app.example/"}) {
    EXPECT_FALSE(IsRedirectUri(one, false)) << one;
  }
  EXPECT_TRUE(IsRedirectUri("com.example.app:/cb", true));
  for (std::string_view one : {"javascript:alert(1)", "app:/cb", "com.example.app:x", "http:/x", "file:/etc"}) {
    EXPECT_FALSE(IsRedirectUri(one, true)) << one;
  }
  EXPECT_EQ(RedirectOriginOf("https://app.example:8443/cb?x"), "https://app.example:8443");
  EXPECT_EQ(RedirectOriginOf("https://app.example?x"), "https://app.example");
  EXPECT_EQ(RedirectOriginOf("com.example.app:/cb"), "com.example.app:");
  EXPECT_EQ(RedirectHostOf("https://app.example:8443/cb?x"), "app.example");
  EXPECT_EQ(RedirectHostOf("http://[::1]:80/cb"), "[::1]");
  EXPECT_EQ(RedirectHostOf("com.example.app:/cb"), "com.example.app");
  EXPECT_EQ(RedirectHostOf("com.example.app://cb/x"), "com.example.app");
}

TEST(Provider, WhatRegisteredItselfHasWhatAllOfThemMayHave) {
  Client app;
  app.id = "app";
  app.scopes = {"openid", "read"};
  Provider provider{"https://id.test", {app}};
  EXPECT_EQ(provider.Borrow("app").get(), &provider.clients[0]);
  EXPECT_EQ(provider.Borrow("app").use_count(), 0) << "nobody owns it but the provider";
  EXPECT_EQ(provider.Borrow("none"), nullptr);
  EXPECT_EQ(provider.FindMost("app"), &provider.clients[0]);
  EXPECT_EQ(provider.FindMost("registered.x"), nullptr);
  provider.registration.emplace().like.scopes = {"openid", "read", "things:read"};
  EXPECT_EQ(provider.FindMost("registered.x"), &provider.registration->like);
  EXPECT_EQ(provider.FindMost("registered"), nullptr);
  EXPECT_EQ(provider.Find("registered.x"), nullptr);
  EXPECT_EQ(provider.DataScopes(), (std::vector<std::string>{"read", "things:read"}));
}

TEST(Provider, AnIssuerIsAnOrigin) {
  EXPECT_TRUE(IsProviderIssuer("https://id.example.com"));
  EXPECT_TRUE(IsProviderIssuer("http://localhost:8080"));
  for (std::string_view one : {"https://id.example.com/", "https://id.example.com/realm", "https://id.example.com?x",
                               "http://id.example.com", "shop", ""}) {
    EXPECT_FALSE(IsProviderIssuer(one)) << one;
  }
}

}  // namespace
}  // namespace ashlar::model
