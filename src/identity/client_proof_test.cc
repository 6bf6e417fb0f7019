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
  EXPECT_TRUE(ProvesItself(&web, "right"));
  EXPECT_TRUE(ProvesItself(&phone, std::nullopt));
  EXPECT_FALSE(ProvesItself(&web, "wrong"));
  EXPECT_FALSE(ProvesItself(&web, ""));
  EXPECT_FALSE(ProvesItself(&web, std::nullopt));
  EXPECT_FALSE(ProvesItself(&phone, "right"));
  EXPECT_FALSE(ProvesItself(&phone, ""));
  EXPECT_FALSE(ProvesItself(nullptr, "right"));
  EXPECT_FALSE(ProvesItself(nullptr, std::nullopt));
}

}  // namespace
}  // namespace ashlar::identity
