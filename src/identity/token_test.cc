// SPDX-License-Identifier: Apache-2.0
#include "identity/token.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace ashlar::identity {
namespace {

constexpr int64_t kNow = 1'800'000'000;

const EcdsaKey& Key() {
  static const EcdsaKey key = *EcdsaKey::Generate();
  return key;
}

std::string Header() { return fmt::format(R"({{"alg":"ES256","typ":"JWT","kid":"{}"}})", Key().thumbprint()); }

// A token of these very texts, signed with our key: only what they say can be wrong with it.
std::string Signed(std::string_view header, std::string_view payload) {
  std::string both = Base64UrlEncode(header) + "." + Base64UrlEncode(payload);
  return both + "." + Base64UrlEncode(Key().Sign(both));
}

std::string Payload(std::string_view more = "") {
  return fmt::format(R"({{"iss":"shop","aud":"shop","exp":{}{}}})", kNow + 60, more);
}

std::expected<Claims, TokenFault> Verify(std::string_view token, int64_t now = kNow) {
  return VerifyToken(Key(), "shop", token, now);
}

TEST(TokenTest, SaysWhatWasSigned) {
  Claims claims{.subject = "u1", .roles = {"staff", "admin"}, .issued_at = kNow, .expires_at = kNow + 60, .id = "t1"};
  auto read = Verify(SignToken(Key(), "shop", claims));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject, "u1");
  EXPECT_EQ(read->roles, claims.roles);
  EXPECT_EQ(read->issued_at, kNow);
  EXPECT_EQ(read->expires_at, kNow + 60);
  EXPECT_EQ(read->id, "t1");
  EXPECT_EQ(*read->all.Find("iss")->string(), "shop");
}

TEST(TokenTest, OfAServiceHasNoSubject) {
  auto read = Verify(SignToken(Key(), "shop", {.issued_at = kNow, .expires_at = kNow + 60, .id = "t1"}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject, "");
  EXPECT_EQ(read->all.Find("sub"), nullptr);
}

TEST(TokenTest, TheTextsThatTheCasesStartFromAreGood) {
  EXPECT_TRUE(Verify(Signed(Header(), Payload())));
  EXPECT_TRUE(Verify(Signed(Header(), Payload(R"(,"nbf":1800000000,"sub":"x","roles":["a"],"jti":"j","iat":1)"))));
}

TEST(TokenTest, EndsAtItsVerySecond) {
  std::string token = Signed(Header(), Payload());
  EXPECT_TRUE(Verify(token, kNow + 59));
  auto late = Verify(token, kNow + 60);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error(), TokenFault::kExpired);
}

TEST(TokenTest, AnExpiredTokenOfSomebodyElseIsNotCalledExpired) {
  std::string token = Signed(Header(), Payload());
  auto other = VerifyToken(Key(), "other", token, kNow + 1000);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error(), TokenFault::kInvalid);
}

struct Forgery {
  const char* name;
  std::string token;
};

std::vector<Forgery> Headers() {
  std::string kid = Key().thumbprint();
  auto with = [&](std::string_view header) { return Signed(header, Payload()); };
  std::vector<Forgery> all;
  for (const char* alg : {"none", "None", "NONE", "HS256", "RS256", "ES384", "EdDSA", "es256", "ES256 "}) {
    all.push_back({alg, with(fmt::format(R"({{"alg":"{}","typ":"JWT","kid":"{}"}})", alg, kid))});
  }
  for (const char* more : {R"("crit":["exp"])", R"("jku":"https://x.test/jwks")", R"("jwk":{"kty":"EC"})",
                           R"("x5u":"https://x.test")", R"("x5c":["AAAA"])", R"("b64":false)", R"("zip":"DEF")"}) {
    all.push_back({more, with(fmt::format(R"({{"alg":"ES256","typ":"JWT","kid":"{}",{}}})", kid, more))});
  }
  all.push_back({"no kid", with(R"({"alg":"ES256","typ":"JWT"})")});
  all.push_back({"another kid", with(R"({"alg":"ES256","typ":"JWT","kid":"x"})")});
  all.push_back({"a kid that is no text", with(R"({"alg":"ES256","typ":"JWT","kid":1})")});
  all.push_back({"no alg", with(fmt::format(R"({{"typ":"JWT","kid":"{}"}})", kid))});
  all.push_back({"alg is a list", with(fmt::format(R"({{"alg":["ES256"],"typ":"JWT","kid":"{}"}})", kid))});
  all.push_back({"two algs", with(fmt::format(R"({{"alg":"ES256","alg":"none","typ":"JWT","kid":"{}"}})", kid))});
  all.push_back({"another typ", with(fmt::format(R"({{"alg":"ES256","typ":"dpop+jwt","kid":"{}"}})", kid))});
  all.push_back({"no object", with("[]")});
  all.push_back({"no JSON", with("ES256")});
  all.push_back({"deep", with(std::string(3000, '['))});
  return all;
}

std::vector<Forgery> Payloads() {
  auto with = [](std::string_view payload) { return Signed(Header(), payload); };
  std::string_view both = R"("iss":"shop","aud":"shop")";
  auto beside = [&](std::string_view more) { return with(fmt::format("{{{}{}}}", both, more)); };
  return {
      {"no iss", with(R"({"aud":"shop","exp":1800000060})")},
      {"another iss", with(R"({"iss":"other","aud":"shop","exp":1800000060})")},
      {"no aud", with(R"({"iss":"shop","exp":1800000060})")},
      {"another aud", with(R"({"iss":"shop","aud":"other","exp":1800000060})")},
      {"several aud", with(R"({"iss":"shop","aud":["shop","other"],"exp":1800000060})")},
      {"no exp", beside("")},
      {"exp is a text", beside(R"(,"exp":"1800000060")")},
      {"exp with a fraction", beside(R"(,"exp":1800000060.5)")},
      {"exp with an exponent", beside(R"(,"exp":18e8)")},
      {"exp beyond 64 bits", beside(R"(,"exp":99999999999999999999)")},
      {"exp is null", beside(R"(,"exp":null)")},
      {"nbf to come", with(Payload(R"(,"nbf":1800000001)"))},
      {"nbf is a text", with(Payload(R"(,"nbf":"0")"))},
      {"sub is empty", with(Payload(R"(,"sub":"")"))},
      {"sub is a number", with(Payload(R"(,"sub":1)"))},
      {"roles is a text", with(Payload(R"(,"roles":"admin")"))},
      {"a role is a number", with(Payload(R"(,"roles":[1])"))},
      {"iat is a text", with(Payload(R"(,"iat":"now")"))},
      {"jti is a number", with(Payload(R"(,"jti":1)"))},
      {"a claim twice", with(Payload(R"(,"sub":"a","sub":"b")"))},
      {"no object", with("[]")},
      {"no JSON", with("{")},
      {"not UTF-8", with("{\"iss\":\"\xff\"}")},
  };
}

std::vector<Forgery> Forms() {
  std::string good = Signed(Header(), Payload());
  size_t last = good.rfind('.');
  std::string both = good.substr(0, last);
  std::string signature = *Base64UrlDecode(good.substr(last + 1));
  auto signed_by = [&](std::string_view bytes) { return both + "." + Base64UrlEncode(bytes); };
  std::string flipped = signature;
  flipped[9] ^= 1;
  std::string other = both + "." + Base64UrlEncode(EcdsaKey::Generate()->Sign(both));
  std::string more = Base64UrlEncode(Header()) + "." + Base64UrlEncode(Payload(R"(,"roles":["admin"])"));
  return {
      {"empty", ""},
      {"no dots", "x"},
      {"only dots", ".."},
      {"two parts", both},
      {"four parts", good + ".x"},
      {"five parts", good + ".x.y"},
      {"no signature", both + "."},
      {"a zero signature", signed_by(std::string(64, '\0'))},
      {"a short signature", signed_by(signature.substr(1))},
      {"a long signature", signed_by(signature + "x")},
      {"a flipped bit", signed_by(flipped)},
      {"signed by another", other},
      {"other claims", more + good.substr(last)},
      {"padding", good + "="},
      {"white space", good + " "},
      {"leading white space", " " + good},
      {"the alphabet of base64", both + "." + std::string(86, '+')},
      {"NUL inside", good.substr(0, 10) + std::string(1, '\0') + good.substr(11)},
      {"too large", Signed(Header(), Payload(",\"x\":\"" + std::string(9000, 'x') + "\""))},
  };
}

class ForgeryTest : public testing::TestWithParam<std::vector<Forgery> (*)()> {};

TEST_P(ForgeryTest, IsInvalid) {
  for (const Forgery& forgery : GetParam()()) {
    auto read = Verify(forgery.token);
    ASSERT_FALSE(read) << forgery.name;
    EXPECT_EQ(read.error(), TokenFault::kInvalid) << forgery.name;
  }
}
INSTANTIATE_TEST_SUITE_P(All, ForgeryTest, testing::Values(Headers, Payloads, Forms));

TEST(TokenTest, EveryCharacterCounts) {
  std::string good = Signed(Header(), Payload());
  for (size_t at = 0; at < good.size(); at += 5) {
    std::string changed = good;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(Verify(changed)) << at;
  }
}

}  // namespace
}  // namespace ashlar::identity
