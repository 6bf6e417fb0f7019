// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ashlar {

// The words of a text as full-text search compares them, in their order: folded by compatibility and case (Unicode's
// NFKD with case folding), without diacritics, so that "Straße", "STRASSE" and "strasse", "café" and "Cafe" are alike.
// A word is a run of letters, marks and digits; each ideograph and kana is a word by itself, for no spaces stand
// between them. REQUIRES: valid UTF-8.
std::vector<std::string> WordsOf(std::string_view text);

// The same, separated by single spaces.
std::string FoldWords(std::string_view text);

}  // namespace ashlar
