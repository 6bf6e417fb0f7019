// SPDX-License-Identifier: Apache-2.0
#include "contract/position.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"

namespace ashlar::contract {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// How many bytes of the source an escape of a double-quoted scalar takes, and how many of its text it makes.
struct Escape {
  size_t raw = 2, made = 1;
};
Escape ReadEscape(std::string_view raw) {
  size_t digits = 0;
  switch (raw.size() > 1 ? raw[1] : '\0') {
    case 'x': digits = 2; break;
    case 'u': digits = 4; break;
    case 'U': digits = 8; break;
    case 'N':
    case '_': return {2, 2};
    case 'L':
    case 'P': return {2, 3};
    case '\n':
    case '\r': return {2, 0};
    default: return {};
  }
  char32_t code_point = 0;
  for (char c : raw.substr(std::min<size_t>(2, raw.size()), digits)) {
    int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    code_point = code_point * 16 + static_cast<char32_t>(digit & 15);
  }
  std::string made;
  AppendUtf8(code_point, made);
  return {2 + digits, made.size()};
}

// Walks the source and the text it makes side by side, until `offset` of the text; nullopt where they do not match.
std::optional<size_t> Follow(const Node& scalar, size_t offset, std::string_view source) {
  const std::string& text = scalar.text;
  size_t raw = scalar.content;
  size_t at = 0;
  if (scalar.style == Style::kLiteral || scalar.style == Style::kFolded) {
    while (raw < source.size() && IsSpace(source[raw])) ++raw;
    while (at < text.size() && IsSpace(text[at])) ++at;
  }
  while (at < offset) {
    if (raw >= source.size() || at >= text.size()) return std::nullopt;
    if (scalar.style == Style::kDoubleQuoted && source[raw] == '\\') {
      Escape escape = ReadEscape(source.substr(raw));
      raw += escape.raw;
      at += escape.made;
    } else if (source[raw] == text[at] && source[raw] != '\n') {
      raw += scalar.style == Style::kSingleQuoted && source[raw] == '\'' ? 2 : 1;
      ++at;
    } else if (IsSpace(source[raw])) {
      // A break of the line: white space there, a space or breaks here.
      while (raw < source.size() && IsSpace(source[raw])) ++raw;
      while (at < text.size() && IsSpace(text[at])) ++at;
    } else {
      return std::nullopt;
    }
  }
  return at == offset ? std::optional(raw) : std::nullopt;
}

// What stands between a line and its continuation belongs to neither.
size_t SkipBreak(const Node& scalar, size_t offset, size_t raw, std::string_view source) {
  if (offset >= scalar.text.size() || IsSpace(scalar.text[offset])) return raw;
  bool escaped = scalar.style == Style::kDoubleQuoted && raw < source.size() && source[raw] == '\\';
  if (escaped && ReadEscape(source.substr(raw)).made == 0) raw += 2;
  while (raw < source.size() && IsSpace(source[raw])) ++raw;
  return raw;
}

}  // namespace

Place PlaceIn(const Node& scalar, size_t offset, size_t length, std::string_view source) {
  if (scalar.filled || offset > scalar.text.size()) return scalar.place;
  auto begin = Follow(scalar, offset, source);
  if (!begin || *begin > source.size()) return scalar.place;
  *begin = SkipBreak(scalar, offset, *begin, source);
  auto end = Follow(scalar, std::min(offset + length, scalar.text.size()), source);
  size_t marked = end && *end > *begin ? *end - *begin : 1;
  return {scalar.place.source, static_cast<uint32_t>(*begin), static_cast<uint32_t>(marked)};
}

}  // namespace ashlar::contract
