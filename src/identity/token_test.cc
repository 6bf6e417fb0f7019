// SPDX-License-Identifier: Apache-2.0
#include "identity/token.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/crypto/hmac.h"
#include "base/hex.h"

namespace ashlar::identity {
namespace {

constexpr int64_t kNow = 1'800'000'000;

const KeyRing& Ring() {
  static const KeyRing ring = *KeyRing::Make(SignatureAlgorithm::kEs256);
  return ring;
}

const SigningKey& Key() { return Ring().SignerAt(kNow); }

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
  auto read = ReadJws(token);
  if (!read) return std::unexpected(TokenFault::kInvalid);
  return VerifyToken(Ring(), "shop", std::move(*read), now);
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
  auto other = VerifyToken(Ring(), "other", *ReadJws(token), kNow + 1000);
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
  for (const char* more :
       {R"("crit":["exp"])", R"("jku":"https://x.test/jwks")", R"("jwk":{"kty":"EC"})", R"("x5u":"https://x.test")",
        R"("x5c":["AAAA"])", R"("enc":"A128GCM")", R"("cty":"JWT")", R"("b64":false)", R"("zip":"DEF")"}) {
    all.push_back({more, with(fmt::format(R"({{"alg":"ES256","typ":"JWT","kid":"{}",{}}})", kid, more))});
  }
  all.push_back({"no kid", with(R"({"alg":"ES256","typ":"JWT"})")});
  all.push_back({"another kid", with(R"({"alg":"ES256","typ":"JWT","kid":"x"})")});
  all.push_back({"a kid that is no text", with(R"({"alg":"ES256","typ":"JWT","kid":1})")});
  for (const char* other : {"../../dev/null", "https://x.test/keys", "x' OR '1'='1", "", " "}) {
    all.push_back({other, with(fmt::format(R"({{"alg":"ES256","typ":"JWT","kid":"{}"}})", other))});
  }
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

// The order of P-256 less s: what makes another signature of the same out of one (SEC 2, 2.4.2).
std::string Negated(std::string_view s) {
  std::string other = *HexDecode("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
  int borrow = 0;
  for (size_t at = other.size(); at-- > 0;) {
    int digit = static_cast<uint8_t>(other[at]) - static_cast<uint8_t>(s[at]) - borrow;
    borrow = digit < 0 ? 1 : 0;
    other[at] = static_cast<char>(digit + 256 * borrow);
  }
  return other;
}

std::vector<Forgery> Forms() {
  std::string good = Signed(Header(), Payload());
  size_t last = good.rfind('.');
  std::string both = good.substr(0, last);
  std::string signature = *Base64UrlDecode(good.substr(last + 1));
  auto signed_by = [&](std::string_view bytes) { return both + "." + Base64UrlEncode(bytes); };
  std::string flipped = signature;
  flipped[9] ^= 1;
  std::string other = both + "." + Base64UrlEncode(SigningKey::Generate(SignatureAlgorithm::kEs256)->Sign(both));
  std::string more = Base64UrlEncode(Header()) + "." + Base64UrlEncode(Payload(R"(,"roles":["admin"])"));
  auto with_hmac = [&](std::string_view secret) {
    std::string said = Base64UrlEncode(fmt::format(R"({{"alg":"HS256","typ":"JWT","kid":"{}"}})", Key().thumbprint())) +
                       "." + Base64UrlEncode(Payload());
    Digest mac = HmacSha256(secret, said);
    return said + "." + Base64UrlEncode({reinterpret_cast<const char*>(mac.data()), mac.size()});
  };
  std::string x = *Base64UrlDecode(Key().jwk()[2].second), y = *Base64UrlDecode(Key().jwk()[3].second);
  return {
      {"HMAC with the public point", with_hmac("\x04" + x + y)},
      {"HMAC with the public JWK", with_hmac(Key().jwk()[2].second)},
      {"HMAC with the key's id", with_hmac(Key().thumbprint())},
      {"HMAC with nothing", with_hmac("")},
      {"r of zero", signed_by(std::string(32, '\0') + signature.substr(32))},
      {"s of zero", signed_by(signature.substr(0, 32) + std::string(32, '\0'))},
      {"all ones", signed_by(std::string(64, '\xff'))},
      {"the other s", signed_by(signature.substr(0, 32) + Negated(signature.substr(32)))},
      {"DER", signed_by("\x30\x44\x02\x20" + signature.substr(0, 32) + "\x02\x20" + signature.substr(32))},
      {"twice", signed_by(signature + signature)},
      {"JSON serialization", R"({"payload":"e30","signatures":[]})"},
      {"encrypted", "e30.e30.e30.e30.e30"},
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
