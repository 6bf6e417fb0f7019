// SPDX-License-Identifier: Apache-2.0
#include "app/operator/mistakes.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace ashlar::app {
namespace {

TEST(MistakesTest, AreToldInTheOrderOfTheFiles) {
  Mistakes mistakes(10);
  mistakes.Add(Mistakes::Of::kRow, {1, 2, 0}, "d");
  mistakes.Add(Mistakes::Of::kRow, {0, 7, 4}, "c");
  mistakes.Add(Mistakes::Of::kFile, {0, 9, 0}, "e");
  mistakes.Add(Mistakes::Of::kRow, {0, 7, 3}, "z");
  EXPECT_EQ(mistakes.Text({"b.json", "a.json"}), "b.json:7: z\nb.json:7: c\nb.json:9: e\na.json:2: d\n");
  EXPECT_EQ(mistakes.count(), 4u);
}

TEST(MistakesTest, TheFirstAreKeptAndThoseOfFilesBeforeThoseOfRows) {
  Mistakes mistakes(2);
  for (int line = 9; line > 0; --line) mistakes.Add(Mistakes::Of::kRow, {0, line, 0}, "row");
  EXPECT_EQ(mistakes.Text({"f"}), "f:1: row\nf:2: row\nand 7 more\n");
  mistakes.Add(Mistakes::Of::kFile, {0, 100, 0}, "file");
  EXPECT_EQ(mistakes.Text({"f"}), "f:1: row\nf:100: file\nand 8 more\n");
}

TEST(MistakesTest, ALongMessageIsCutBetweenCharacters) {
  Mistakes mistakes(2);
  std::string umlauts = "x";
  for (int i = 0; i < 2000; ++i) umlauts += "ü";
  mistakes.Add(Mistakes::Of::kRow, {}, umlauts);
  std::string text = mistakes.Text({"f"});
  EXPECT_LT(text.size(), 1100u);
  EXPECT_TRUE(IsValidUtf8(text));
}

}  // namespace
}  // namespace ashlar::app
