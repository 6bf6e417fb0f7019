// SPDX-License-Identifier: Apache-2.0
#include "identity/issuer_token.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/crypto/hmac.h"

namespace ashlar::identity {
namespace {

constexpr int64_t kNow = 1'800'000'000;

struct World {
  SigningKey key = *SigningKey::Generate(SignatureAlgorithm::kEs256);
  SigningKey edwards = *SigningKey::Generate(SignatureAlgorithm::kEdDsa);
  std::vector<VerificationKey> keys;
  model::Issuer issuer;
  World() {
    auto add = [this](std::string id, const SigningKey& own, std::optional<SignatureAlgorithm> algorithm) {
      auto part = [&](size_t i) { return *Base64UrlDecode(own.jwk()[i].second); };
      auto open = own.algorithm() == SignatureAlgorithm::kEdDsa
                      ? PublicKey::Ed25519(part(2))
                      : PublicKey::Ec(PublicKey::Kind::kP256, part(2), part(3));
      keys.push_back({std::move(id), *open, algorithm});
    };
    add("a", key, SignatureAlgorithm::kEs256);
    add("b", edwards, std::nullopt);
    add("both", key, std::nullopt);
    add("both", edwards, std::nullopt);
    issuer.issuer = "https://login.test";
    issuer.audience = "shop";
    issuer.algorithms.assign(std::begin(kSignatureAlgorithms), std::end(kSignatureAlgorithms));
    issuer.roles_claim = "groups";
    issuer.roles = {"staff", "editor"};
  }
};
World& TheWorld() {
  static World world;
  return world;
}

std::string Signed(std::string_view header, std::string_view claims, const SigningKey& key = TheWorld().key) {
  std::string both = Base64UrlEncode(header) + "." + Base64UrlEncode(claims);
  return both + "." + Base64UrlEncode(key.Sign(both));
}
std::string Header(std::string_view more = "") { return fmt::format(R"({{"alg":"ES256","kid":"a"{}}})", more); }
std::string Payload(std::string_view more = "") {
  return fmt::format(R"({{"iss":"https://login.test","aud":"shop","sub":"s","exp":{}{}}})", kNow + 60, more);
}

std::expected<Claims, IssuerFault> Verify(std::string_view token, int64_t now = kNow,
                                          const model::Issuer& issuer = TheWorld().issuer) {
  auto read = ReadJws(token);
  if (!read) return std::unexpected(IssuerFault::kInvalid);
  return VerifyIssuerToken(issuer, TheWorld().keys, std::move(*read), now);
}

TEST(IssuerTokenTest, SaysWhoseItIs) {
  auto read = Verify(Signed(Header(R"(,"typ":"at+JWT","x5t":"ignored")"), Payload(R"(,"groups":["staff","root",1])")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject, "");
  EXPECT_EQ(read->session, "");
  EXPECT_EQ(read->stranger, "https://login.test s");
  EXPECT_EQ(read->roles, std::vector<std::string>{"staff"});
  EXPECT_EQ(*read->all.Find("sub")->string(), "s");
}

TEST(IssuerTokenTest, GivesNoRoleButWhereTheContractSays) {
  const std::string all = R"(,"roles":["staff"],"groups":["staff","editor","staff"],"sid":"x","scope":"staff")";
  EXPECT_EQ(Verify(Signed(Header(), Payload(all)))->roles, (std::vector<std::string>{"staff", "editor"}));
  EXPECT_EQ(Verify(Signed(Header(), Payload(R"(,"groups":"staff")")))->roles, std::vector<std::string>{"staff"});
  EXPECT_EQ(Verify(Signed(Header(), Payload(R"(,"groups":"staff editor")")))->roles, std::vector<std::string>{});
  EXPECT_EQ(Verify(Signed(Header(), Payload(R"(,"groups":{"staff":true})")))->roles, std::vector<std::string>{});
  model::Issuer silent = TheWorld().issuer;
  silent.roles_claim = "";
  EXPECT_EQ(Verify(Signed(Header(), Payload(all)), kNow, silent)->roles, std::vector<std::string>{});
}

TEST(IssuerTokenTest, ASubjectIsAUserOnlyWhereTheContractSays) {
  const std::string id = "00000000-0000-4000-8000-00000000000A";
  const std::string payload =
      fmt::format(R"({{"iss":"https://login.test","aud":["x","shop"],"sub":"{}","exp":{}}})", id, kNow + 60);
  EXPECT_EQ(Verify(Signed(Header(), payload))->subject, "");
  model::Issuer users = TheWorld().issuer;
  users.subject_is_user = true;
  auto read = Verify(Signed(Header(), payload), kNow, users);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject, "00000000-0000-4000-8000-00000000000a");
  EXPECT_EQ(read->stranger, "");
  EXPECT_FALSE(Verify(Signed(Header(), Payload()), kNow, users));  // "s" is no id
}

TEST(IssuerTokenTest, ClocksMayDifferByAMinute) {
  std::string token = Signed(Header(), Payload(fmt::format(R"(,"nbf":{},"iat":{})", kNow - 10, kNow - 10)));
  EXPECT_TRUE(Verify(token, kNow - 70));
  EXPECT_FALSE(Verify(token, kNow - 71));
  EXPECT_TRUE(Verify(token, kNow + 60 + kMostSkew - 1));
  auto over = Verify(token, kNow + 60 + kMostSkew);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error(), IssuerFault::kExpired);
  EXPECT_EQ(Verify(token)->expires_at, kNow + 60 + kMostSkew);
}

TEST(IssuerTokenTest, OfKeysOfOneNameTheOneThatFitsIsTaken) {
  EXPECT_TRUE(Verify(Signed(R"({"alg":"ES256","kid":"both"})", Payload())));
  EXPECT_TRUE(Verify(Signed(R"({"alg":"EdDSA","kid":"both"})", Payload(), TheWorld().edwards)));
  EXPECT_TRUE(Verify(Signed(R"({"alg":"EdDSA","kid":"b"})", Payload(), TheWorld().edwards)));
}

TEST(IssuerTokenTest, ASubjectThatIsLongOrOddIsKnownByItsHash) {
  auto of = [](std::string_view last, size_t length = 250) {
    std::string subject = std::string(length, 's') + std::string(last);
    std::string payload =
        fmt::format(R"({{"iss":"https://login.test","aud":"shop","sub":"{}","exp":{}}})", subject, kNow + 60);
    return Verify(Signed(Header(), payload))->stranger;
  };
  EXPECT_TRUE(of("a").starts_with("sha256:"));
  EXPECT_EQ(of("a"), of("a"));
  EXPECT_NE(of("a"), of("b"));
  for (const char* odd : {"\\u0000", "\\n", " ", "\u00e9"}) EXPECT_TRUE(of(odd, 1).starts_with("sha256:")) << odd;
}

TEST(IssuerTokenTest, ATokenThatWouldDoButForItsKeyIsWorthALookAtTheIssuer) {
  auto fault = [](std::string_view header, std::string_view claims, int64_t now = kNow) {
    auto read = Verify(Signed(header, claims), now);
    EXPECT_FALSE(read);
    return read ? IssuerFault::kExpired : read.error();
  };
  EXPECT_EQ(fault(R"({"alg":"ES256","kid":"new"})", Payload()), IssuerFault::kUnknownKey);
  EXPECT_EQ(fault(R"({"alg":"ES384","kid":"a"})", Payload()), IssuerFault::kUnknownKey);
  EXPECT_EQ(fault(R"({"alg":"ES256","kid":"b"})", Payload()), IssuerFault::kUnknownKey);
  EXPECT_EQ(fault(R"({"alg":"ES256","kid":"new"})", Payload(), kNow + 1000), IssuerFault::kInvalid);
  EXPECT_EQ(fault(R"({"alg":"none","kid":"new"})", Payload()), IssuerFault::kInvalid);
  EXPECT_EQ(fault(R"({"alg":"ES256","kid":"new","jku":"https://x.test"})", Payload()), IssuerFault::kInvalid);
  EXPECT_EQ(fault(R"({"alg":"ES256","kid":"new"})", R"({"iss":"https://login.test","aud":"other"})"),
            IssuerFault::kInvalid);
}

// What is wrong with a token, and the token; signed by the right key where nothing else is said.
struct Forgery {
  std::string name, token;
};

std::vector<Forgery> Headers() {
  std::vector<Forgery> all;
  auto add = [&](std::string header) { all.push_back({header, Signed(header, Payload())}); };
  for (const char* alg : {"none", "None", "HS256", "HS384", "RS1", "RS512", "ES256K", "ES512", "es256", "ES256 ",
                          "EdDSA", "RS256", "PS256", "dir", ""}) {
    add(fmt::format(R"({{"alg":"{}","kid":"a"}})", alg));
  }
  for (const char* more : {R"("crit":["exp"])", R"("crit":[])", R"("b64":false)", R"("b64":true)", R"("zip":"DEF")",
                           R"("enc":"A128GCM")", R"("jku":"https://login.test/keys")", R"("jwk":{"kty":"EC"})",
                           R"("x5u":"https://login.test")", R"("x5c":["AAAA"])", R"("typ":"dpop+jwt")",
                           R"("typ":"logout+jwt")", R"("typ":1)", R"("alg":"none")", R"("kid":"b")"}) {
    add(Header(std::string(",") + more));
  }
  add(R"({"alg":"ES256"})");
  add(R"({"kid":"a"})");
  add(R"({"alg":["ES256"],"kid":"a"})");
  add(R"({"alg":"ES256","kid":["a"]})");
  add(R"({"alg":"ES256","kid":1})");
  add(R"({"alg":"ES256","kid":""})");
  for (const char* kid :
       {"../../dev/null", "a' OR '1'='1", "a\\u0000", "A", " a", "file:///etc/passwd", "https://evil.test/jwks.json"}) {
    add(fmt::format(R"({{"alg":"ES256","kid":"{}"}})", kid));
  }
  add("[]");
  add("ES256");
  add(std::string(3000, '['));
  return all;
}

std::vector<Forgery> Payloads() {
  std::vector<Forgery> all;
  auto with = [&](std::string claims) { all.push_back({claims, Signed(Header(), claims)}); };
  const char* good = R"("iss":"https://login.test","aud":"shop","sub":"s")";
  with(R"({"aud":"shop","sub":"s","exp":1800000060})");
  for (const char* iss : {"\"https://login.test/\"", "\"https://LOGIN.test\"", "\"http://login.test\"", "\"\"", "null",
                          "[\"https://login.test\"]", "\"https://login.test\\u0000\"", "\"shop\""}) {
    with(fmt::format(R"({{"iss":{},"aud":"shop","sub":"s","exp":1800000060}})", iss));
  }
  with(R"({"iss":"https://login.test","sub":"s","exp":1800000060})");
  for (const char* aud : {"\"\"", "\"Shop\"", "\"shop \"", "null", "[]", "[\"other\"]", "[[\"shop\"]]", "{\"shop\":1}",
                          "\"shop other\"", "1"}) {
    with(fmt::format(R"({{"iss":"https://login.test","aud":{},"sub":"s","exp":1800000060}})", aud));
  }
  with(R"({"iss":"https://login.test","aud":"shop","exp":1800000060})");
  for (const char* sub : {"\"\"", "1", "null", "[\"s\"]"}) {
    with(fmt::format(R"({{"iss":"https://login.test","aud":"shop","sub":{},"exp":1800000060}})", sub));
  }
  with(
      fmt::format(R"({{"iss":"https://login.test","aud":"shop","sub":"{}","exp":1800000060}})", std::string(256, 's')));
  with(fmt::format("{{{}}}", good));
  for (const char* exp : {"\"1800000060\"", "1800000060.5", "18e8", "99999999999999999999", "null", "true", "[]"}) {
    with(fmt::format(R"({{{},"exp":{}}})", good, exp));
  }
  for (const char* more : {R"("nbf":1800000061)", R"("nbf":"0")", R"("nbf":null)", R"("iat":1800000061)",
                           R"("iat":"now")", R"("cnf":{"jkt":"x"})", R"("sub":"t")", R"("exp":1900000000)"}) {
    with(Payload(std::string(",") + more));
  }
  with("[]");
  with("{");
  with("{\"iss\":\"\xff\"}");
  return all;
}

std::vector<Forgery> Signatures() {
  std::string good = Signed(Header(), Payload());
  size_t last = good.rfind('.');
  std::string both = good.substr(0, last), signature = *Base64UrlDecode(good.substr(last + 1));
  auto by = [&](std::string_view bytes) { return both + "." + Base64UrlEncode(bytes); };
  auto with_hmac = [&](std::string_view secret) {
    std::string said = Base64UrlEncode(R"({"alg":"HS256","kid":"a"})") + "." + Base64UrlEncode(Payload());
    Digest mac = HmacSha256(secret, said);
    return said + "." + Base64UrlEncode({reinterpret_cast<const char*>(mac.data()), mac.size()});
  };
  const auto& jwk = TheWorld().key.jwk();
  std::string flipped = signature;
  flipped[40] ^= 1;
  std::string stranger = Base64UrlEncode(SigningKey::Generate(SignatureAlgorithm::kEs256)->Sign(both));
  return {
      {"none of them", both + "."},
      {"zeros", by(std::string(64, '\0'))},
      {"r of zero", by(std::string(32, '\0') + signature.substr(32))},
      {"s of zero", by(signature.substr(0, 32) + std::string(32, '\0'))},
      {"ones", by(std::string(64, '\xff'))},
      {"a bit", by(flipped)},
      {"too short", by(signature.substr(1))},
      {"too long", by(signature + "x")},
      {"twice", by(signature + signature)},
      {"DER", by("\x30\x44\x02\x20" + signature.substr(0, 32) + "\x02\x20" + signature.substr(32))},
      {"another's", both + "." + stranger},
      {"HMAC with the point", with_hmac(*Base64UrlDecode(jwk[2].second) + *Base64UrlDecode(jwk[3].second))},
      {"HMAC with the JWK", with_hmac(jwk[2].second)},
      {"HMAC with nothing", with_hmac("")},
      {"other claims",
       Base64UrlEncode(Header()) + "." + Base64UrlEncode(Payload(R"(,"groups":["staff"])")) + good.substr(last)},
      {"EdDSA by the key of ES256", Signed(R"({"alg":"EdDSA","kid":"b"})", Payload())},
      {"ES256 by the key of EdDSA", Signed(Header(), Payload(), TheWorld().edwards)},
      {"padding", good + "="},
      {"white space", good + "\n"},
      {"four parts", good + ".x"},
      {"one part", "x"},
      {"empty", ""},
      {"huge", Signed(Header(), Payload(",\"x\":\"" + std::string(20'000, 'x') + "\""))},
      {"JSON serialization", R"({"payload":"e30","signatures":[]})"},
      {"encrypted", "e30.e30.e30.e30.e30"},
  };
}

class IssuerForgeryTest : public testing::TestWithParam<std::vector<Forgery> (*)()> {};

TEST_P(IssuerForgeryTest, IsRefused) {
  for (const Forgery& forgery : GetParam()()) {
    auto read = Verify(forgery.token);
    EXPECT_FALSE(read) << forgery.name;
    EXPECT_TRUE(read || read.error() != IssuerFault::kExpired) << forgery.name;
  }
}
INSTANTIATE_TEST_SUITE_P(All, IssuerForgeryTest, testing::Values(Headers, Payloads, Signatures));

TEST(IssuerTokenTest, WhatTheCasesStartFromIsGood) { EXPECT_TRUE(Verify(Signed(Header(), Payload()))); }

TEST(IssuerTokenTest, AnAlgorithmThatTheContractDoesNotNameIsNotTaken) {
  model::Issuer narrow = TheWorld().issuer;
  narrow.algorithms = {SignatureAlgorithm::kRs256};
  EXPECT_FALSE(Verify(Signed(Header(), Payload()), kNow, narrow));
  narrow.algorithms = {SignatureAlgorithm::kEdDsa};
  EXPECT_TRUE(Verify(Signed(R"({"alg":"EdDSA","kid":"b"})", Payload(), TheWorld().edwards), kNow, narrow));
}

}  // namespace
}  // namespace ashlar::identity
