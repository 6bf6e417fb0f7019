// SPDX-License-Identifier: Apache-2.0
#include "identity/client_metadata.h"

#include <gtest/gtest.h>

namespace ashlar::identity {
namespace {

using model::ClientGrant;

const model::Client& Like() {
  static const model::Client like = [] {
    model::Client client;
    client.scopes = {"openid", "email", "offline_access", "read"};
    client.grants |= static_cast<uint8_t>(ClientGrant::kRefresh);
    return client;
  }();
  return like;
}

// `members` beside a right redirect_uris, unless they have their own.
OauthAnswer<ClientMetadata> Read(const std::string& members, const model::Client& like = Like()) {
  const bool own = members.contains("\"redirect_uris");
  const std::string uris = own ? "" : R"("redirect_uris":["https://shop.example:8443/cb"])";
  return ReadClientMetadata(like, fmt::format("{{{}{}{}}}", uris, own || members.empty() ? "" : ",", members));
}

std::string ErrorOf(const OauthAnswer<ClientMetadata>& read) {
  if (read) return "";
  EXPECT_EQ(read.error().status, 400);
  return std::string(read.error().error);
}

std::string Wrong(const std::string& members) { return ErrorOf(Read(members)); }

TEST(ClientMetadataTest, WhatIsLeftOutIsAsTheStandardHasIt) {
  auto read = Read("");
  ASSERT_TRUE(read) << read.error().description;
  EXPECT_EQ(read->auth_method, "client_secret_basic");
  EXPECT_TRUE(read->has_secret());
  const model::Client& client = read->client;
  EXPECT_EQ(client.name, "shop.example");
  EXPECT_EQ(client.redirects, std::vector<std::string>{"https://shop.example:8443/cb"});
  EXPECT_TRUE(client.after_logout.empty());
  EXPECT_EQ(client.grants, static_cast<uint8_t>(ClientGrant::kCode));
  EXPECT_EQ(client.scopes, (std::vector<std::string>{"openid", "email", "read"}));
  EXPECT_TRUE(client.id.empty() && !client.secret && !client.trusted);
}

TEST(ClientMetadataTest, AllThatIsTaken) {
  auto read = Read(R"("redirect_uris":["com.example.shop:/cb","http://[::1]/cb"],"client_name":"Der Laden 🛒",)"
                   R"("post_logout_redirect_uris":["http://127.0.0.1:80/bye"],"token_endpoint_auth_method":"none",)"
                   R"("grant_types":["refresh_token","authorization_code","implicit"],"response_types":["code","x"],)"
                   R"("scope":" read offline_access admin openid ")");
  ASSERT_TRUE(read) << read.error().description;
  EXPECT_FALSE(read->has_secret());
  EXPECT_EQ(read->client.name, "Der Laden 🛒");
  EXPECT_EQ(read->client.redirects.size(), 2u);
  EXPECT_EQ(read->client.after_logout, std::vector<std::string>{"http://127.0.0.1:80/bye"});
  EXPECT_TRUE(read->client.Has(ClientGrant::kCode) && read->client.Has(ClientGrant::kRefresh));
  EXPECT_EQ(read->client.scopes, (std::vector<std::string>{"openid", "offline_access", "read"}));
}

TEST(ClientMetadataTest, WhatIsNotKnownOrNullIsLeftOut) {
  auto read = Read(R"("client_name":null,"scope":null,"grant_types":null,"logo_uri":"javascript:1","jwks":{"keys":[]},)"
                   R"("client_id":"shop","client_secret":"x","trusted":true,"software_statement":"x.y.z")");
  ASSERT_TRUE(read) << read.error().description;
  EXPECT_EQ(read->client.name, "shop.example");
  EXPECT_TRUE(read->client.id.empty() && !read->client.secret && !read->client.trusted);
}

TEST(ClientMetadataTest, RefreshTokensGoWithTheirScope) {
  auto rights = [](const std::string& members, const model::Client& like = Like()) {
    auto read = Read(members, like);
    if (!read) return ErrorOf(read);
    return fmt::format("{} {}", read->client.Has(ClientGrant::kRefresh), fmt::join(read->client.scopes, " "));
  };
  const std::string both = R"("grant_types":["authorization_code","refresh_token"])";
  EXPECT_EQ(rights(both), "true openid email offline_access read");
  EXPECT_EQ(rights(both + R"(,"scope":"openid")"), "false openid");
  EXPECT_EQ(rights(R"("scope":"openid offline_access")"), "false openid");
  EXPECT_EQ(rights(both + R"(,"scope":"offline_access")"), "true offline_access");
  EXPECT_EQ(rights(R"("scope":"offline_access")"), "invalid_client_metadata");
  model::Client less = Like();
  less.grants = static_cast<uint8_t>(ClientGrant::kCode);
  std::erase(less.scopes, "offline_access");
  EXPECT_EQ(rights(both + R"(,"scope":"openid offline_access")", less), "false openid");
  EXPECT_EQ(rights(R"("scope":"admin write")"), "invalid_client_metadata");
  EXPECT_EQ(rights(R"("scope":"")"), "invalid_client_metadata");
}

TEST(ClientMetadataTest, AnswersGoToAddressesThatAreOne) {
  for (const char* uri :
       {"javascript:alert(1)", "javascript://x/%0aalert(1)", "data:text/html,x", "http://shop.example/",
        "https://shop.example/#x", "https://a@shop.example/", "https://*.example/", "//shop.example/",
        "HTTPS://shop.example/", "https://shop.example/\\u0000", "https://shop.example/\\n", "", "com.example.shop:/cb",
        "urn:ietf:wg:oauth:2.0:oob", "file:///etc/passwd"}) {
    EXPECT_EQ(Wrong(fmt::format(R"("redirect_uris":["{}"])", uri)), "invalid_redirect_uri") << uri;
    EXPECT_EQ(Wrong(fmt::format(R"("post_logout_redirect_uris":["{}"])", uri)), "invalid_client_metadata") << uri;
  }
  EXPECT_EQ(Wrong(R"("redirect_uris":[])"), "invalid_redirect_uri");
  EXPECT_EQ(Wrong(R"("redirect_uris":null)"), "invalid_redirect_uri");
  EXPECT_EQ(Wrong(R"j("redirect_uris":["javascript:alert(1)"],"token_endpoint_auth_method":"none")j"),
            "invalid_redirect_uri");
  auto many = [](size_t count) {
    std::string uris;
    for (size_t i = 0; i < count; ++i) uris += fmt::format(R"({}"https://shop.example/{}")", i == 0 ? "" : ",", i);
    return Wrong(fmt::format(R"("redirect_uris":[{}])", uris));
  };
  EXPECT_EQ(many(20), "");
  EXPECT_EQ(many(21), "invalid_redirect_uri");
  auto named = Read(R"("redirect_uris":["com.example.shop:/cb"],"token_endpoint_auth_method":"none")");
  EXPECT_EQ(named->client.name, "com.example.shop");
  EXPECT_EQ(Read(fmt::format(R"("redirect_uris":["https://{}/"])", std::string(200, 'a')))->client.name.size(), 100u);
}

TEST(ClientMetadataTest, NamesAreReadAsTheyAreShown) {
  for (const char* name :
       {"", " ", "\\u0007", "a\\u0000b", "a\\nb", "\\u202eevil", "a\\u200b", "\\ufeff", "\\u2028", "...", "\\ud800"}) {
    EXPECT_EQ(Wrong(fmt::format(R"("client_name":"{}")", name)), "invalid_client_metadata") << name;
  }
  EXPECT_EQ(Wrong(fmt::format(R"("client_name":"{}")", std::string(100, 'a'))), "");
  EXPECT_EQ(Wrong(fmt::format(R"("client_name":"{}")", std::string(101, 'a'))), "invalid_client_metadata");
  EXPECT_EQ(Read(R"("client_name":"<b>\"Shop\" & Söhne</b>")")->client.name, "<b>\"Shop\" & Söhne</b>");
}

TEST(ClientMetadataTest, WhatIsWrongIsRefused) {
  for (const char* members :
       {R"("client_name":1)", R"("scope":["openid"])", R"("redirect_uris":"https://shop.example/")",
        R"("redirect_uris":[1])", R"("grant_types":"authorization_code")", R"("grant_types":["refresh_token"])",
        R"("grant_types":[])", R"("grant_types":["client_credentials"])", R"("response_types":["token"])",
        R"("response_types":{})", R"("token_endpoint_auth_method":"private_key_jwt")",
        R"("token_endpoint_auth_method":"")", R"("token_endpoint_auth_method":true)", R"("scope":"x","scope":"y")"}) {
    EXPECT_EQ(Wrong(members), "invalid_client_metadata") << members;
  }
  for (const char* body : {"", "{", "[]", "null", "\"x\"", "{}x", "{\"a\":\"\xff\"}"}) {
    EXPECT_NE(ErrorOf(ReadClientMetadata(Like(), body)), "") << body;
  }
  EXPECT_EQ(ErrorOf(ReadClientMetadata(Like(), "{}")), "invalid_redirect_uri");
  const std::string right = R"({"redirect_uris":["https://shop.example/"]})";
  EXPECT_TRUE(ReadClientMetadata(Like(), right + std::string(ClientMetadata::kMostBody - right.size(), ' ')));
  EXPECT_FALSE(ReadClientMetadata(Like(), right + std::string(ClientMetadata::kMostBody - right.size() + 1, ' ')));
  EXPECT_EQ(Wrong(R"("x":)" + std::string(20, '[') + std::string(20, ']')), "invalid_client_metadata");
}

}  // namespace
}  // namespace ashlar::identity
