// SPDX-License-Identifier: Apache-2.0
#include "identity/provider_document.h"

#include <gtest/gtest.h>

namespace ashlar::identity {
namespace {

constexpr const char* kIssuer = "https://login.test";

// With these members besides; a later one of a name that is there would be a mistake of its own.
std::string Document(std::string_view more, std::string_view authorization = "https://login.test/authorize?tenant=x",
                     std::string_view token = "https://keys.test/token") {
  return fmt::format(R"({{"issuer":"{}","authorization_endpoint":"{}","token_endpoint":"{}"{}}})", kIssuer,
                     authorization, token, more);
}

TEST(ProviderDocumentTest, SaysWhereToGo) {
  auto plain = ReadProviderDocument(Document(""), kIssuer);
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->authorization, "https://login.test/authorize?tenant=x");
  EXPECT_EQ(plain->token, "https://keys.test/token");
  EXPECT_EQ(plain->userinfo, "");
  EXPECT_TRUE(plain->basic);
  EXPECT_FALSE(plain->names_itself);
  auto more = ReadProviderDocument(
      Document(R"(,"userinfo_endpoint":"https://login.test/me","response_types_supported":["id_token","code"],)"
               R"("token_endpoint_auth_methods_supported":["private_key_jwt","client_secret_post"],)"
               R"("authorization_response_iss_parameter_supported":true)"),
      kIssuer);
  ASSERT_TRUE(more) << more.error().message;
  EXPECT_EQ(more->userinfo, "https://login.test/me");
  EXPECT_FALSE(more->basic);
  EXPECT_TRUE(more->names_itself);
}

TEST(ProviderDocumentTest, IsOfThisIssuerAndAsSecure) {
  const std::string wrong[] = {
      "",
      "[]",
      "{",
      Document(R"(,"token_endpoint":"https://login.test/2")"),
      Document("", "http://login.test/authorize"),
      Document("", "javascript:alert(1)"),
      Document("", "https://login.test/#x"),
      Document("", "https://a@login.test/"),
      Document("", "https://login.test/", "http://127.0.0.1/token"),
      Document("", "https://login.test/", "file:///etc/passwd"),
      Document("", "https://login.test/", ""),
      Document(R"(,"response_types_supported":["id_token"])"),
      Document(R"(,"response_types_supported":"code")"),
      Document(R"(,"token_endpoint_auth_methods_supported":["none"])"),
      Document(R"(,"token_endpoint_auth_methods_supported":"client_secret_basic")"),
  };
  for (const std::string& text : wrong) EXPECT_FALSE(ReadProviderDocument(text, kIssuer)) << text;
  EXPECT_FALSE(ReadProviderDocument(Document(""), "https://login.test/"));
  EXPECT_FALSE(ReadProviderDocument(Document(""), "https://other.test"));
  auto unclear = ReadProviderDocument(Document(R"(,"userinfo_endpoint":"http://login.test/me",)"
                                               R"("authorization_response_iss_parameter_supported":"true")"),
                                      kIssuer);
  ASSERT_TRUE(unclear);
  EXPECT_EQ(unclear->userinfo, "");
  EXPECT_FALSE(unclear->names_itself);
}

}  // namespace
}  // namespace ashlar::identity
