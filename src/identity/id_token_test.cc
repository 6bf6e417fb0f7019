// SPDX-License-Identifier: Apache-2.0
#include "identity/id_token.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/crypto/hmac.h"

namespace ashlar::identity {
namespace {

constexpr int64_t kNow = 1'800'000'000;
constexpr const char* kNonce = "nonce-of-this-sign-in";

class IdTokenTest : public testing::Test {
 protected:
  IdTokenTest() {
    auto part = [&](size_t i) { return *Base64UrlDecode(key_.jwk()[i].second); };
    keys_.push_back({"a", *PublicKey::Ec(PublicKey::Kind::kP256, part(2), part(3)), std::nullopt});
    provider_.issuer.issuer = "https://login.test";
    provider_.issuer.audience = "shop";
    provider_.issuer.algorithms.assign(std::begin(kSignatureAlgorithms), std::end(kSignatureAlgorithms));
  }
  std::string Signed(std::string_view claims, std::string_view header = R"({"alg":"ES256","kid":"a"})") const {
    std::string both = Base64UrlEncode(header) + "." + Base64UrlEncode(claims);
    return both + "." + Base64UrlEncode(key_.Sign(both));
  }
  static std::string Claims(std::string_view more = "", std::string_view audience = R"("shop")",
                            std::string_view nonce = kNonce) {
    return fmt::format(R"({{"iss":"https://login.test","aud":{},"sub":"s","iat":{},"exp":{},"nonce":"{}"{}}})",
                       audience, kNow - 5, kNow + 60, nonce, more);
  }
  std::expected<ProviderUser, IssuerFault> Verify(const std::string& token, int64_t now = kNow) const {
    return VerifyIdToken(provider_, keys_, token, kNonce, now);
  }
  SigningKey key_ = *SigningKey::Generate(SignatureAlgorithm::kEs256);
  std::vector<VerificationKey> keys_;
  model::OpenIdProvider provider_;
};

TEST_F(IdTokenTest, SaysWhoItIs) {
  auto user = Verify(Signed(Claims(R"(,"email":"A@b.test","email_verified":true,"azp":"shop")")));
  ASSERT_TRUE(user);
  EXPECT_EQ(user->subject, "s");
  EXPECT_EQ(user->email, "A@b.test");
  EXPECT_TRUE(user->verified);
  EXPECT_TRUE(Verify(Signed(Claims("", R"(["shop"])"))));
  EXPECT_TRUE(Verify(Signed(Claims(R"(,"azp":"shop")", R"(["other","shop"])"))));
  EXPECT_TRUE(Verify(Signed(Claims(), R"({"alg":"ES256","kid":"a","typ":"jwt"})")));
}

TEST_F(IdTokenTest, AnAddressIsVerifiedWhereThatIsSaidAndNowhereElse) {
  for (const char* no : {"", R"(,"email_verified":false)", R"(,"email_verified":"false")", R"(,"email_verified":1)",
                         R"(,"email_verified":null)", R"(,"email_verified":{"a":true})", R"(,"verified":true)"}) {
    auto user = Verify(Signed(Claims(fmt::format(R"(,"email":"a@b.test"{})", no))));
    ASSERT_TRUE(user) << no;
    EXPECT_FALSE(user->verified) << no;
  }
  EXPECT_TRUE(Verify(Signed(Claims(R"(,"email":"a@b.test","email_verified":"true")")))->verified);
  EXPECT_FALSE(Verify(Signed(Claims(R"(,"email_verified":true)")))->verified);
}

TEST_F(IdTokenTest, IsForUsAndThisSignIn) {
  const std::string wrong[] = {
      Claims("", R"("other")"),
      Claims("", R"(["shop","other"])"),
      Claims("", "[]"),
      Claims(R"(,"azp":"other")"),
      Claims(R"(,"azp":null)"),
      Claims("", R"("shop")", ""),
      Claims("", R"("shop")", "nonce-of-this-sign-i"),
      fmt::format(R"({{"iss":"https://login.test","aud":"shop","sub":"s","iat":{},"exp":{}}})", kNow, kNow + 60),
      fmt::format(R"({{"iss":"https://login.test","aud":"shop","sub":"s","exp":{},"nonce":"{}"}})", kNow + 60, kNonce),
      fmt::format(R"({{"iss":"https://login.test","aud":"shop","sub":"a\u0000b","iat":{},"exp":{},"nonce":"{}"}})",
                  kNow, kNow + 60, kNonce),
      fmt::format(R"({{"iss":"https://evil.test","aud":"shop","sub":"s","iat":{},"exp":{},"nonce":"{}"}})", kNow,
                  kNow + 60, kNonce),
  };
  for (const std::string& claims : wrong) EXPECT_FALSE(Verify(Signed(claims))) << claims;
  EXPECT_EQ(Verify(Signed(Claims()), kNow + 1000).error(), IssuerFault::kExpired);
  EXPECT_FALSE(Verify(Signed(Claims()), kNow - 1000));
}

TEST_F(IdTokenTest, IsSignedByTheProviderAndIsNoAccessToken) {
  EXPECT_FALSE(Verify(Signed(Claims(), R"({"alg":"ES256","kid":"a","typ":"at+jwt"})")));
  EXPECT_FALSE(Verify(Signed(Claims(), R"({"alg":"ES256","kid":"a","typ":1})")));
  EXPECT_FALSE(Verify(Signed(Claims(), R"({"alg":"none","kid":"a"})")));
  EXPECT_FALSE(Verify(Base64UrlEncode(R"({"alg":"none"})") + "." + Base64UrlEncode(Claims()) + "."));
  EXPECT_EQ(Verify(Signed(Claims(), R"({"alg":"ES256","kid":"b"})")).error(), IssuerFault::kUnknownKey);
  const std::string both = Base64UrlEncode(R"({"alg":"HS256","kid":"a"})") + "." + Base64UrlEncode(Claims());
  const Digest mac = HmacSha256("client secret", both);
  EXPECT_FALSE(Verify(both + "." + Base64UrlEncode({reinterpret_cast<const char*>(mac.data()), mac.size()})));
  for (const char* text : {"", ".", "..", "a.b.c", "a.b.c.d"}) EXPECT_FALSE(Verify(text)) << text;
}

TEST_F(IdTokenTest, UserInfoIsOfTheSameSubject) {
  ProviderUser user{"s"};
  for (const char* wrong : {"", "{}", "[]", R"({"sub":"t","email":"a@b.test","email_verified":true})",
                            R"({"email":"a@b.test","email_verified":true})", R"({"sub":1,"email":"a@b.test"})"}) {
    EXPECT_FALSE(AddUserInfo(wrong, user)) << wrong;
    EXPECT_EQ(user.email, "");
  }
  EXPECT_TRUE(AddUserInfo(R"({"sub":"s","email":"a@b.test","email_verified":true})", user));
  EXPECT_TRUE(user.email == "a@b.test" && user.verified);
  ProviderUser other{"s", "own@b.test", false};
  EXPECT_TRUE(AddUserInfo(R"({"sub":"s","email":"a@b.test","email_verified":true})", other));
  EXPECT_TRUE(other.email == "own@b.test" && !other.verified);
}

}  // namespace
}  // namespace ashlar::identity
