// SPDX-License-Identifier: Apache-2.0
#include "identity/jwks.h"

#include <gtest/gtest.h>

#include "base/crypto/signing_key.h"

namespace ashlar::identity {
namespace {

// The members of a sound key, those of `more` in front.
std::string Jwk(const SigningKey& key, std::string_view more = R"("kid":"a")") {
  std::string text = fmt::format("{{{}", more);
  for (const auto& [name, value] : key.jwk()) text += fmt::format(",\"{}\":\"{}\"", name, value);
  return text + "}";
}
std::string Set(std::string_view keys) { return fmt::format(R"({{"keys":[{}]}})", keys); }

const SigningKey& Ec() {
  static const SigningKey key = *SigningKey::Generate(SignatureAlgorithm::kEs256);
  return key;
}
const SigningKey& Edwards() {
  static const SigningKey key = *SigningKey::Generate(SignatureAlgorithm::kEdDsa);
  return key;
}

TEST(JwksTest, KeysAreReadWithWhatTheyAreFor) {
  auto keys = ReadJwks(Set(Jwk(Ec(), R"("kid":"a","use":"sig","alg":"ES256","x5t":"no matter")") + "," +
                           Jwk(Edwards(), R"("kid":"b","key_ops":["verify"])")));
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_EQ(keys->at(0).id, "a");
  EXPECT_EQ(keys->at(0).algorithm, SignatureAlgorithm::kEs256);
  EXPECT_EQ(keys->at(0).key.kind(), PublicKey::Kind::kP256);
  EXPECT_EQ(keys->at(1).algorithm, std::nullopt);
  EXPECT_EQ(keys->at(1).key.kind(), PublicKey::Kind::kEd25519);
}

TEST(JwksTest, WhatCannotVerifyIsPassedOver) {
  const std::string good = Jwk(Edwards(), R"("kid":"good")");
  for (const std::string& bad : {
           std::string("1"),
           std::string("{}"),
           std::string(R"({"kid":"a"})"),
           std::string(R"({"kid":"a","kty":"oct","k":"c2VjcmV0"})"),
           std::string(R"({"kid":"a","kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"),
           std::string(R"({"kid":"a","kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"})"),
           std::string(R"({"kid":"a","kty":"EC","crv":"P-521","x":"AAAA","y":"AAAA"})"),
           std::string(R"({"kid":"a","kty":"RSA","n":"AAAA","e":"AQAB"})"),
           Jwk(Ec(), R"("x5t":"a")"),
           Jwk(Ec(), R"("kid":"")"),
           Jwk(Ec(), R"("kid":1)"),
           Jwk(Ec(), R"("kid":"a","use":"enc")"),
           Jwk(Ec(), R"("kid":"a","use":1)"),
           Jwk(Ec(), R"("kid":"a","key_ops":["sign"])"),
           Jwk(Ec(), R"("kid":"a","key_ops":"verify")"),
           Jwk(Ec(), R"("kid":"a","alg":"ES384")"),
           Jwk(Ec(), R"("kid":"a","alg":"HS256")"),
           Jwk(Ec(), R"("kid":"a","alg":"none")"),
           Jwk(Ec(), R"("kid":"a","alg":1)"),
           Jwk(Ec(), R"("kid":"a","d":"c2VjcmV0")"),  // published with its private part
       }) {
    auto keys = ReadJwks(Set(bad + "," + good));
    ASSERT_TRUE(keys) << bad;
    EXPECT_EQ(keys->size(), 1u) << bad;
    EXPECT_FALSE(ReadJwks(Set(bad))) << bad;
  }
}

TEST(JwksTest, WhatIsNoSetIsRefused) {
  std::string many;
  for (size_t i = 0; i <= kMostKeys; ++i) many += (many.empty() ? "" : ",") + Jwk(Ec());
  for (const std::string& bad : {std::string(), std::string("[]"), std::string("{}"), std::string(R"({"keys":{}})"),
                                 Set(""), Set(many), std::string(R"({"keys":[],"keys":[]})"), Set(Jwk(Ec())) + "x",
                                 std::string(100'000, '['), Set(Jwk(Ec()) + std::string(300'000, ' '))}) {
    EXPECT_FALSE(ReadJwks(bad)) << bad.substr(0, 80);
  }
}

}  // namespace
}  // namespace ashlar::identity
