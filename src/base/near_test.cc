// SPDX-License-Identifier: Apache-2.0
#include "base/near.h"

#include <gtest/gtest.h>

#include <vector>

namespace ashlar {
namespace {

TEST(Near, FindsWhatWasMeant) {
  std::vector<std::string> names = {"string", "text", "int", "Thing"};
  EXPECT_EQ(Near("strin", names), "string");
  EXPECT_EQ(Near("itn", names), "int");
  EXPECT_EQ(Near("thing", names), "Thing");
  EXPECT_EQ(Near("colour", names), "");
  EXPECT_EQ(Near("x", std::vector<std::string>{"y"}), "");
  EXPECT_EQ(Near(std::string(65, 'a'), std::vector<std::string>{std::string(64, 'a')}), "");
}

}  // namespace
}  // namespace ashlar
