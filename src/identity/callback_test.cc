// SPDX-License-Identifier: Apache-2.0
#include "identity/callback.h"

#include <gtest/gtest.h>

namespace ashlar::identity {
namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

TEST(CallbackTest, ReadsACodeOrARefusal) {
  auto code =
      ReadCallback({{"code", "c"}, {"state", "s"}, {"iss", "https://login.test"}, {"scope", "a"}, {"scope", "b"}});
  ASSERT_TRUE(code);
  EXPECT_EQ(code->code, "c");
  EXPECT_EQ(code->state, "s");
  EXPECT_EQ(code->issuer, "https://login.test");
  auto denied = ReadCallback({{"error", "access_denied"}, {"state", "s"}, {"error_description", "\x01"}});
  ASSERT_TRUE(denied && denied->error == "access_denied" && denied->code.empty() && !denied->issuer);
  auto failed = ReadCallback({{"error", "server_error"}, {"state", "s"}});
  ASSERT_TRUE(failed && failed->error == "server_error" && failed->code.empty());
  for (const std::string& other : {std::string("<b>"), std::string("a b"), std::string(65, 'a')}) {
    auto odd = ReadCallback({{"error", other}, {"state", "s"}});
    ASSERT_TRUE(odd && odd->error.empty() && odd->code.empty()) << other;
  }
}

TEST(CallbackTest, TakesNothingElse) {
  const Query wrong[] = {
      {},
      {{"code", "c"}},
      {{"state", "s"}},
      {{"code", ""}, {"state", "s"}},
      {{"code", "c"}, {"state", ""}},
      {{"code", "c"}, {"state", "s"}, {"error", "e"}},
      {{"code", "c"}, {"code", "c"}, {"state", "s"}},
      {{"code", "c"}, {"state", "s"}, {"state", "s"}},
      {{"code", "c"}, {"state", "s"}, {"iss", "i"}, {"iss", "i"}},
      {{"code", "c"}, {"state", "s"}, {"iss", ""}},
      {{"Code", "c"}, {"state", "s"}},
      {{"code", "\xc3\xa9"}, {"state", "s"}},
      {{"code", "a\nb"}, {"state", "s"}},
      {{"code", std::string(4097, 'c')}, {"state", "s"}},
  };
  for (const Query& query : wrong) EXPECT_FALSE(ReadCallback(query)) << query.size();
}

}  // namespace
}  // namespace ashlar::identity
