// SPDX-License-Identifier: Apache-2.0
#include "base/counted.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

TEST(Counted, OneIsNotMany) {
  EXPECT_EQ(Counted(0, "row"), "0 rows");
  EXPECT_EQ(Counted(size_t{1}, "row"), "1 row");
  EXPECT_EQ(Counted(2, "row"), "2 rows");
}

}  // namespace
}  // namespace ashlar
