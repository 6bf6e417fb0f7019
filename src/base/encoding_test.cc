// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"

namespace ashlar {
namespace {

TEST(Base64Test, EncodesTheVectorsOfTheRfc) {
  const char* vectors[][2] = {{"", ""},
                              {"f", "Zg=="},
                              {"fo", "Zm8="},
                              {"foo", "Zm9v"},
                              {"foob", "Zm9vYg=="},
                              {"fooba", "Zm9vYmE="},
                              {"foobar", "Zm9vYmFy"}};
  for (auto& [bytes, text] : vectors) {
    EXPECT_EQ(Base64Encode(bytes), text);
    EXPECT_EQ(Base64Decode(text), bytes);
    std::string unpadded = text;
    unpadded.erase(unpadded.find_last_not_of('=') + 1);
    EXPECT_EQ(Base64UrlEncode(bytes), unpadded);
    EXPECT_EQ(Base64UrlDecode(unpadded), bytes);
  }
  EXPECT_EQ(Base64Encode("\xFB\xFF\xFE"), "+//+");
  EXPECT_EQ(Base64UrlEncode("\xFB\xFF\xFE"), "-__-");
}

TEST(Base64Test, RefusesAllThatItWouldNotWrite) {
  for (const char* text : {"Zg=", "Zg", "Zg===", "Z===", "====", "=", "Zh==", "Zm9=", "Zm8 ", "Zm9v\n",
                           "Z-==", "Zg==Zg==", "-_-_", "!!!!"}) {
    EXPECT_FALSE(Base64Decode(text)) << text;
  }
  for (const char* text : {"Zg==", "Zh", "Zm9", "Z", "+//+", "Zm 9"}) EXPECT_FALSE(Base64UrlDecode(text)) << text;
}

TEST(HexTest, GoesBothWays) {
  EXPECT_EQ(HexEncode(std::string_view("\x00\xAB\xFF", 3)), "00abff");
  EXPECT_EQ(HexDecode("00aBFF"), std::string("\x00\xAB\xFF", 3));
  EXPECT_FALSE(HexDecode("0"));
  EXPECT_FALSE(HexDecode("0g"));
}

TEST(Utf8Test, KnowsWhatIsWellFormed) {
  for (const char* text :
       {"", "a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\xAB\x96", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  }
  for (const char* text : {"\x80", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE2\x82", "\xE2\x28\xA1"}) {
    EXPECT_FALSE(IsValidUtf8(text)) << text;
  }
}

// Every byte at every place of texts of every length that is read in another way.
TEST(Utf8Test, KnowsPlainAsciiWhereverTheByteStands) {
  EXPECT_TRUE(IsPlainAscii(""));
  for (size_t size = 1; size <= 49; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'a');
        text[at] = static_cast<char>(byte);
        bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
        ASSERT_EQ(IsPlainAscii(text), plain) << size << ' ' << at << ' ' << byte;
      }
    }
  }
}

TEST(Utf8Test, CountsAndDecodesCodePoints) {
  std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\xAB\x96";
  EXPECT_EQ(CountCodePoints(text), 4u);
  std::string again;
  for (size_t i = 0; i < text.size(); i += CodePointSize(text, i)) AppendUtf8(CodePointAt(text, i), again);
  EXPECT_EQ(again, text);
  EXPECT_EQ(CodePointAt(text, 6), U'\U0001FAD6');
}

TEST(Utf8Test, FoldsCaseFullyAndNormalisesNothing) {
  EXPECT_EQ(FoldCase("ABC xyz 1"), "abc xyz 1");
  EXPECT_EQ(FoldCase("STRASSE"), FoldCase("Stra\xC3\x9F"
                                          "e"));
  EXPECT_EQ(FoldCase("\xC3\x89"), "\xC3\xA9");
  EXPECT_EQ(FoldCase("e\xCC\x81"), "e\xCC\x81");                       // not composed
  EXPECT_EQ(FoldCase("\xCE\xA3\xCF\x83\xCF\x82"), "\xCF\x83\xCF\x83\xCF\x83");  // all sigmas alike
  EXPECT_EQ(FoldCase("\xCE\x90"), "\xCE\xB9\xCC\x88\xCC\x81");          // one code point, three folded
  EXPECT_EQ(FoldCase("A\xFF"
                     "B"),
            "a\xFF"
            "b");
}

TEST(Utf8Test, KnowsLettersOfAnyScript) {
  for (char32_t c : {U'a', U'Z', U'0', U'_', U'é', U'世', U'١'}) EXPECT_TRUE(IsWordCodePoint(c));
  for (char32_t c : {U' ', U'-', U'@', U'\u00A0', U'\u200B', U'\u2028', U'\U0001FAD6'})
    EXPECT_FALSE(IsWordCodePoint(c));
}

}  // namespace
}  // namespace ashlar
