// SPDX-License-Identifier: Apache-2.0
#include "identity/client_token.h"

#include <gtest/gtest.h>

#include "identity/own_jws.h"
#include "identity/token.h"

namespace ashlar::identity {
namespace {

constexpr int64_t kNow = 1'800'000'000;
const std::string kIssuer = "https://id.test";

const KeyRing& Ring() {
  static const KeyRing ring = *KeyRing::Make(SignatureAlgorithm::kEs256);
  return ring;
}

const SigningKey& Key() { return Ring().SignerAt(kNow); }

ClientToken Access() {
  return {.subject = "u1",
          .client = "app",
          .scope = "openid email",
          .session = "s1",
          .id = "t1",
          .issued_at = kNow,
          .expires_at = kNow + 60};
}

IdToken Id() {
  return {.subject = "u1",
          .client = "app",
          .nonce = "n",
          .session = "s1",
          .issued_at = kNow,
          .expires_at = kNow + 60,
          .signed_in_at = kNow - 5,
          .email = "",
          .email_verified = false};
}

std::optional<ClientToken> Read(std::string_view text, int64_t now = kNow) {
  return ReadClientToken(Ring(), kIssuer, text, now);
}

TEST(ClientTokenTest, SaysWhatWasSignedUntilItIsOver) {
  const std::string text = SignClientToken(Key(), kIssuer, Access());
  ASSERT_TRUE(Read(text));
  EXPECT_EQ(*Read(text), Access());
  EXPECT_TRUE(Read(text, kNow + 59));
  EXPECT_FALSE(Read(text, kNow + 60));
  EXPECT_FALSE(ReadClientToken(Ring(), "https://other.test", text, kNow));
  EXPECT_FALSE(ReadClientToken(*KeyRing::Make(SignatureAlgorithm::kEs256), kIssuer, text, kNow));
  EXPECT_FALSE(Read(text.substr(0, text.size() - 2)));
  EXPECT_FALSE(Read(""));
}

TEST(ClientTokenTest, OnlyAClientsOwnIsOfNoSession) {
  ClientToken own = Access();
  own.session = "";
  EXPECT_FALSE(Read(SignClientToken(Key(), kIssuer, own))) << "of a User";
  own.subject = own.client;
  const std::string text = SignClientToken(Key(), kIssuer, own);
  ASSERT_TRUE(Read(text));
  EXPECT_EQ(*Read(text), own);
  EXPECT_TRUE(Read(text)->of_itself());
  EXPECT_EQ(VerifyClientToken(Ring(), kIssuer, *ReadJws(text), kNow + 60).error(), TokenFault::kExpired);
  EXPECT_EQ(VerifyClientToken(Ring(), "x", *ReadJws(text), kNow + 60).error(), TokenFault::kInvalid);
}

TEST(ClientTokenTest, NoTokenIsTakenForOneOfAnotherKind) {
  const std::string access = SignClientToken(Key(), kIssuer, Access()), id = SignIdToken(Key(), kIssuer, Id());
  Claims own{.subject = "u1", .roles = {}, .issued_at = kNow, .expires_at = kNow + 60, .id = "t1", .session = "s1"};
  const std::string ours = SignToken(Key(), kIssuer, own);  // of a service of that name, which there cannot be
  EXPECT_FALSE(Read(id));
  EXPECT_FALSE(Read(ours));
  EXPECT_FALSE(ReadIdTokenHint(Ring(), kIssuer, access, kNow));
  EXPECT_FALSE(VerifyToken(Ring(), "shop", *ReadJws(access), kNow));
  EXPECT_FALSE(VerifyToken(Ring(), kIssuer, *ReadJws(access), kNow));  // by its type
  EXPECT_FALSE(VerifyToken(Ring(), "shop", *ReadJws(id), kNow));
  EXPECT_FALSE(VerifyToken(Ring(), kIssuer, *ReadJws(id), kNow));  // by its audience
}

// Each claim but for one, which is left out or empty.
TEST(ClientTokenTest, WhatLacksAClaimIsNone) {
  const std::pair<std::string, std::string> claims[] = {{"iss", "\"https://id.test\""},
                                                        {"aud", "\"https://id.test\""},
                                                        {"sub", "\"u\""},
                                                        {"client_id", "\"a\""},
                                                        {"scope", "\"x\""},
                                                        {"sid", "\"s\""},
                                                        {"jti", "\"t\""},
                                                        {"iat", "1"},
                                                        {"exp", "9999999999"}};
  auto token = [&](std::string_view name, std::string_view value) {
    std::string text;
    for (const auto& [one, said] : claims) {
      const std::string_view its = one == name ? value : std::string_view(said);
      if (!its.empty()) text += fmt::format("{}\"{}\":{}", text.empty() ? "" : ",", one, its);
    }
    return SignOwn(Key(), "at+jwt", fmt::format("{{{}}}", text));
  };
  EXPECT_TRUE(Read(token("", "")));
  for (const auto& [name, said] : claims) {
    EXPECT_FALSE(Read(token(name, ""))) << name;
    EXPECT_FALSE(Read(token(name, "\"\""))) << name;
    EXPECT_FALSE(Read(token(name, "[\"https://id.test\"]"))) << name;
  }
  EXPECT_FALSE(Read(token("aud", "\"app\"")));
}

TEST(ClientTokenTest, AHintMayBeOver) {
  const std::string text = SignIdToken(Key(), kIssuer, Id());
  auto hint = ReadIdTokenHint(Ring(), kIssuer, text, kNow + 3600);
  ASSERT_TRUE(hint);
  EXPECT_EQ(*hint, Id());
  EXPECT_FALSE(ReadIdTokenHint(Ring(), "https://other.test", text, kNow));
}

}  // namespace
}  // namespace ashlar::identity
