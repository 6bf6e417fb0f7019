// SPDX-License-Identifier: Apache-2.0
#include "base/base62.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

using namespace std::string_view_literals;

TEST(Base62, WritesANumberWithZerosInFront) {
  EXPECT_EQ(Base62Encode("\0"sv, 2), "00");
  EXPECT_EQ(Base62Encode("\x3d"sv, 2), "0z");
  EXPECT_EQ(Base62Encode("\x3e"sv, 2), "10");
  EXPECT_EQ(Base62Encode("\xff\xff\xff\xff"sv, 6), "4gfFC3");
  EXPECT_EQ(Base62Encode(std::string(16, '\xff'), 22), "7n42DGM5Tflk9n8mt7Fhc7");
  EXPECT_EQ(Base62Encode(std::string(32, '\xff'), 43).size(), 43u);
}

TEST(Base62, ReadsWhatItWroteAndNothingElse) {
  for (const std::string& bytes : {std::string(16, '\0'), std::string(16, '\xff'), std::string("0123456789abcdef")}) {
    EXPECT_EQ(Base62Decode(Base62Encode(bytes, 22), 16), bytes);
  }
  EXPECT_EQ(Base62Decode("7n42DGM5Tflk9n8mt7Fhc8", 16), std::nullopt) << "one more than there is room for";
  EXPECT_EQ(Base62Decode(std::string(22, 'z'), 16), std::nullopt);
  for (const char* text : {"0-", "0 ", "\xc3\xa9", "0\n"}) {
    EXPECT_EQ(Base62Decode(text, 16), std::nullopt) << text;
    EXPECT_FALSE(IsBase62(text)) << text;
  }
  EXPECT_EQ(Base62Decode("0\0"sv, 16), std::nullopt);
  EXPECT_TRUE(IsBase62("09azAZ"));
}

}  // namespace
}  // namespace ashlar
