// SPDX-License-Identifier: Apache-2.0
#include "identity/login_flow.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/base64.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

class LoginFlowTest : public testing::Test {
 protected:
  LoginFlowTest() {
    std::string pattern = testing::TempDir() + "ashlar-flow-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    keys_.emplace(*ServiceKeys::Open(folder_ + "/s.db.key"));
    flow_ = {.id = types::NewUuidV7(1),
             .provider = "google",
             .expires_at = 1'800'000'000,
             .challenge = ChallengeOf("verifier"),
             .return_to = ReturnMark("https://app.test/"),
             .user = types::NewUuidV7(2),
             .by = types::NewUuidV7(3)};
  }
  ~LoginFlowTest() override { std::filesystem::remove_all(folder_); }
  std::optional<LoginFlow> Open(std::string_view text, FlowStage stage = FlowStage::kState) const {
    return OpenFlow(*keys_, stage, browser_, text);
  }
  std::string folder_;
  std::optional<FlowKeys> keys_;
  LoginFlow flow_;
  const std::string browser_ = NewBrowserSecret();
};

TEST_F(LoginFlowTest, ComesBackAsItWas) {
  const std::string state = SealFlow(*keys_, FlowStage::kState, browser_, flow_);
  EXPECT_EQ(Open(state), flow_);
  EXPECT_LT(state.size(), 300u);  // what a provider has to carry
  flow_.challenge = "";
  flow_.user = flow_.by = {};
  flow_.provider = std::string(32, 'x');
  EXPECT_EQ(Open(SealFlow(*keys_, FlowStage::kState, browser_, flow_)), flow_);
}

TEST_F(LoginFlowTest, OpensForTheSameBrowserStageAndServiceAlone) {
  const std::string state = SealFlow(*keys_, FlowStage::kState, browser_, flow_);
  EXPECT_FALSE(Open(state, FlowStage::kTicket));
  EXPECT_FALSE(OpenFlow(*keys_, FlowStage::kState, NewBrowserSecret(), state));
  EXPECT_FALSE(OpenFlow(*keys_, FlowStage::kState, "", state));
  const FlowKeys other(*ServiceKeys::Open(folder_ + "/other.key"));
  EXPECT_FALSE(OpenFlow(other, FlowStage::kState, browser_, state));
  for (size_t i = 0; i < state.size(); i += 7) {
    std::string bent = state;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(Open(bent)) << i;
    EXPECT_FALSE(Open(state.substr(0, i))) << i;
  }
  EXPECT_FALSE(Open(std::string(100'000, 'A')));
}

TEST_F(LoginFlowTest, WhatIsDerivedIsOfTheFlowAndTheBrowser) {
  const std::string nonce = NonceOf(*keys_, browser_, flow_), verifier = VerifierOf(*keys_, browser_, flow_);
  EXPECT_EQ(nonce.size(), 43u);
  EXPECT_EQ(verifier.size(), 43u);
  EXPECT_NE(nonce, verifier);
  EXPECT_EQ(nonce, NonceOf(*keys_, browser_, flow_));
  const std::string other = NewBrowserSecret();
  EXPECT_NE(nonce, NonceOf(*keys_, other, flow_));
  EXPECT_NE(verifier, VerifierOf(*keys_, other, flow_));
  flow_.id = types::NewUuidV7(4);
  EXPECT_NE(nonce, NonceOf(*keys_, browser_, flow_));
  EXPECT_NE(verifier, VerifierOf(*keys_, browser_, flow_));
}

// RFC 7636, appendix B.
TEST_F(LoginFlowTest, TheChallengeIsThatOfTheRfc) {
  EXPECT_EQ(Base64UrlEncode(ChallengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST_F(LoginFlowTest, ASecretOfABrowserIs32Bytes) {
  EXPECT_TRUE(IsBrowserSecret(browser_));
  EXPECT_NE(browser_, NewBrowserSecret());
  for (const std::string& wrong : {std::string(), browser_ + "A", browser_.substr(1), browser_ + "=", browser_ + " "}) {
    EXPECT_FALSE(IsBrowserSecret(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace ashlar::identity
