// SPDX-License-Identifier: Apache-2.0
#include "identity/client_proof.h"

#include <gtest/gtest.h>

namespace ashlar::identity {
namespace {

TEST(ClientProofTest, AClientProvesItselfAsItMust) {
  model::Client web, phone;
  web.id = "web";
  web.secret = Sha256("right");
  phone.id = "phone";
  const model::Provider provider{"https://id.test", {web, phone}};
  EXPECT_EQ(ProveClient(provider, "web", "right"), &provider.clients[0]);
  EXPECT_EQ(ProveClient(provider, "phone", std::nullopt), &provider.clients[1]);
  EXPECT_EQ(ProveClient(provider, "web", "wrong"), nullptr);
  EXPECT_EQ(ProveClient(provider, "web", ""), nullptr);
  EXPECT_EQ(ProveClient(provider, "web", std::nullopt), nullptr);
  EXPECT_EQ(ProveClient(provider, "phone", "right"), nullptr);
  EXPECT_EQ(ProveClient(provider, "phone", ""), nullptr);
  EXPECT_EQ(ProveClient(provider, "none", "right"), nullptr);
  EXPECT_EQ(ProveClient(provider, "", std::nullopt), nullptr);
}

}  // namespace
}  // namespace ashlar::identity
