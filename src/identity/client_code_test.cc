// SPDX-License-Identifier: Apache-2.0
#include "identity/client_code.h"

#include <gtest/gtest.h>

namespace ashlar::identity {
namespace {

TEST(ClientCodeTest, IsReadAsItWasWritten) {
  const ClientCode code = NewClientCode(1'800'000'000'000'000);
  auto read = ReadClientCode(WriteClientCode(code));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->session, code.session);
  EXPECT_EQ(HashOf(*read), HashOf(code));
  EXPECT_NE(HashOf(code), HashOf(NewClientCode(1'800'000'000'000'000)));
  for (const std::string& wrong : {std::string(), WriteClientCode(code) + "A", WriteClientCode(code).substr(4),
                                   WriteClientCode(code) + "=", std::string(200, 'A')}) {
    EXPECT_FALSE(ReadClientCode(wrong)) << wrong;
  }
}

TEST(ClientCodeTest, TermsAreReadAsTheyWereWritten) {
  const CodeTerms terms{.hash = "h",
                        .redirect_uri = "https://a.test/?x=\"1\"",
                        .challenge = "c",
                        .nonce = "n",
                        .browser = "b",
                        .email = "ann@example.com",
                        .email_verified = true,
                        .signed_in_at = 1'800'000'000};
  EXPECT_EQ(ReadTerms(json::ToText(ToJson(terms))), terms);
}

// RFC 7636, Appendix B.
TEST(ClientCodeTest, AVerifierIsThatOfItsChallenge) {
  const std::string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const std::string challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  EXPECT_TRUE(IsVerifierOf(challenge, verifier));
  for (const std::string& wrong : {std::string(), challenge, verifier + "A", verifier.substr(1), verifier + " "}) {
    EXPECT_FALSE(IsVerifierOf(challenge, wrong)) << wrong;
  }
  EXPECT_FALSE(IsVerifierOf(verifier, verifier));  // plain
  EXPECT_FALSE(IsVerifierOf("", ""));
}

}  // namespace
}  // namespace ashlar::identity
