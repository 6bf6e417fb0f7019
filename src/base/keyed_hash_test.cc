// SPDX-License-Identifier: Apache-2.0
#include "base/keyed_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ashlar {
namespace {

constexpr HashKey kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

TEST(KeyedHashTest, IsSipHashOf128Bits) {  // the first two vectors of its authors
  EXPECT_EQ(KeyedHash(kKey, ""), (Hash128{0xe6a825ba047f81a3, 0x930255c71472f66d}));
  EXPECT_EQ(KeyedHash(kKey, std::string(1, '\0')), (Hash128{0x44af996bd8c187da, 0x45fc229b11597634}));
}

TEST(KeyedHashTest, TellsLengthsAndKeysApart) {
  std::set<uint64_t> seen;
  for (size_t size = 0; size < 40; ++size) {
    seen.insert(KeyedHash(kKey, std::string(size, '\0')).low);
    seen.insert(KeyedHash({1, 2}, std::string(size, '\0')).low);
  }
  EXPECT_EQ(seen.size(), 80u);
}

}  // namespace
}  // namespace ashlar
