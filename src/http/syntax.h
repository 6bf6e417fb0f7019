// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace ashlar::http {

// The small grammars of RFC 9110 and 9112 that requests and answers are held to.

void MakeLower(std::string& text);
bool EqualIgnoringCaseOfLetters(std::string_view a, std::string_view b);  // REQUIRES: they are of one size
inline bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && EqualIgnoringCaseOfLetters(a, b);
}
// Without the spaces and tabs around it.
std::string_view Trim(std::string_view text);
bool IsDigits(std::string_view text);
// A method or a header's name.
bool IsToken(std::string_view text);
// What a request's target has that a URI may not (RFC 3986; no request carries a '#'), in words; empty if nothing.
std::string_view WrongInTarget(std::string_view target);
// A header's value: visible ASCII, spaces, tabs and bytes above 0x7f.
bool IsFieldValue(std::string_view text);
// host [":" port], without user information; the host is not empty.
bool IsAuthority(std::string_view text);
// *( ";" name [ "=" ( token / quoted-string ) ] ), without white space.
bool IsChunkExtension(std::string_view text);

}  // namespace ashlar::http
