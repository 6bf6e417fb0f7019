// SPDX-License-Identifier: Apache-2.0
#include "base/utf8_words.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

TEST(WordsTest, FoldsWhatPeopleTypeAlike) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"  ...!  ", ""},
      {"Assam Tea", "assam tea"},
      {"Straße STRASSE", "strasse strasse"},
      {"Café cafe\u0301", "cafe cafe"},
      {"o'neill well-known snake_case", "o neill well known snake case"},
      {"\uFF34\uFF45\uFF41 \uFB01ne x\u00B2", "tea fine x2"},
      {"3.14 TEA-001", "3 14 tea 001"},
      {"\u6771\u4EAC\u30BF\u30EF\u30FC", "\u6771 \u4EAC \u30BF \u30EF \u30FC"},
      {"\u0391\u0398\u0397\u039D\u0391 \u03AC\u03BD\u03B8\u03BF\u03C2",
       "\u03B1\u03B8\u03B7\u03BD\u03B1 \u03B1\u03BD\u03B8\u03BF\u03C3"},
      {"\"AND\" OR (NEAR) *", "and or near"},
      {"\U0001F375 tea", "tea"},
  };
  for (const auto& [text, folded] : cases) EXPECT_EQ(FoldWords(text), folded) << text;
}

TEST(WordsTest, FoldingWhatIsFoldedChangesNothing) {
  for (const char* text : {"Straße \u1E9E \u0130 \uFB03", "\u0390 \u1F80", "\u00BD \u2460", "\uAC00\uAC01"}) {
    std::string folded = FoldWords(text);
    EXPECT_EQ(FoldWords(folded), folded) << text;
  }
}

}  // namespace
}  // namespace ashlar
