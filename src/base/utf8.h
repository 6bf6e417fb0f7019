// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar {

// Whether it is printable ASCII without '"' and '\\': what stands in JSON, and on a terminal, as it is. Nearly all
// texts do.
bool IsPlainAscii(std::string_view text);

// UTF-8 as RFC 3629 has it: shortest form, no surrogates, nothing beyond U+10FFFF.
bool IsValidUtf8(std::string_view text);
// How many bytes the code point at `at` takes, or 0 if there is none that is well formed. REQUIRES: at < size.
size_t CodePointSize(std::string_view text, size_t at);
// The code point that starts at `at`. REQUIRES: CodePointSize is not 0.
char32_t CodePointAt(std::string_view text, size_t at);
void AppendUtf8(char32_t code_point, std::string& out);

// REQUIRES: valid UTF-8.
size_t CountCodePoints(std::string_view text);
// Unicode's full case folding ("STRASSE", "straße" and "Strasse" fold alike), without normalisation. What is not
// valid UTF-8 stays as it is.
std::string FoldCase(std::string_view text);
// A letter, mark, number or connector in any script.
bool IsWordCodePoint(char32_t code_point);

}  // namespace ashlar
