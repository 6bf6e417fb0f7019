// SPDX-License-Identifier: Apache-2.0
#include "base/base32.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

TEST(Base32Test, EncodesAsRfc4648DoesButForThePadding) {
  EXPECT_EQ(Base32Encode(""), "");
  EXPECT_EQ(Base32Encode("f"), "MY");
  EXPECT_EQ(Base32Encode("fo"), "MZXQ");
  EXPECT_EQ(Base32Encode("foo"), "MZXW6");
  EXPECT_EQ(Base32Encode("foob"), "MZXW6YQ");
  EXPECT_EQ(Base32Encode("fooba"), "MZXW6YTB");
  EXPECT_EQ(Base32Encode("foobar"), "MZXW6YTBOI");
  EXPECT_EQ(Base32Encode(std::string(5, '\xff')), "77777777");
}

}  // namespace
}  // namespace ashlar
