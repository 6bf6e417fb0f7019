// SPDX-License-Identifier: Apache-2.0
#include "http/syntax.h"

#include <charconv>

#include "base/utf8.h"

namespace ashlar::http {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Letters, digits and `others`, by byte.
constexpr std::array<bool, 256> Alphabet(std::string_view others) {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c : others) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kToken = Alphabet("!#$%&'*+-.^_`|~");
// What may stand in a target for certain, and nearly always does.
constexpr std::array<bool, 256> kTarget = Alphabet("-._~!$&'()*+,;=:@/?%[]");
constexpr std::array<bool, 256> kHost = Alphabet("-._~!$&'()*+,;=");

bool IsAllOf(std::string_view text, const std::array<bool, 256>& alphabet) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return alphabet[static_cast<unsigned char>(c)]; });
}

bool IsPort(std::string_view digits) {
  unsigned port = 0;
  if (digits.empty()) return true;
  if (!IsDigits(digits) || digits.size() > 5) return false;
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return port <= 65535;
}

// How long the quoted string at the beginning is, or 0 if there is none that is well formed.
size_t QuotedSize(std::string_view text) {
  if (text.empty() || text.front() != '"') return 0;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return 0;
}

}  // namespace

void MakeLower(std::string& text) {
  for (char& c : text) c = Lower(c);
}

bool EqualIgnoringCaseOfLetters(std::string_view a, std::string_view b) {
  if (a == b) return true;  // soon seen, and mostly so where the sizes agree
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool IsDigits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit); }

bool IsToken(std::string_view text) { return !text.empty() && IsAllOf(text, kToken); }

std::string_view WrongInTarget(std::string_view target) {
  if (IsAllOf(target, kTarget)) return {};
  for (char c : target) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '>') return "the target has a '>', which must be encoded as %3E";
    if (c == '<') return "the target has a '<', which must be encoded as %3C";
    if (c == '"') return "the target has a '\"', which must be encoded as %22";
    if (c == '#') return "the target has a '#', which must be encoded as %23";
    if (byte <= 0x20 || byte >= 0x7f) return "the target has a character that must be encoded";
  }
  return {};
}

// By far the most values are plain. Without a way out of the loop, so that it takes many bytes in a step.
bool IsFieldValue(std::string_view text) {
  if (IsPlainAscii(text)) return true;
  bool wrong = false;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    wrong |= (byte < 0x20 && byte != '\t') || byte == 0x7f;
  }
  return !wrong;
}

bool IsAuthority(std::string_view text) {
  size_t end = text.starts_with('[') ? text.find(']') : text.find(':');
  if (text.starts_with('[')) {
    if (end == std::string_view::npos || end < 3) return false;
    if (text.substr(1, end - 1).find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
    ++end;
  } else {
    std::string_view host = text.substr(0, end);
    if (host.empty() || !IsAllOf(host, kHost)) return false;
  }
  if (end >= text.size()) return true;
  return text[end] == ':' && IsPort(text.substr(end + 1));
}

bool IsChunkExtension(std::string_view text) {
  while (!text.empty()) {
    if (text.front() != ';') return false;
    text.remove_prefix(1);
    size_t end = std::min(text.find_first_of(";="), text.size());
    if (!IsToken(text.substr(0, end))) return false;
    text.remove_prefix(end);
    if (!text.starts_with('=')) continue;
    text.remove_prefix(1);
    size_t quoted = QuotedSize(text);
    end = quoted > 0 ? quoted : std::min(text.find(';'), text.size());
    if (quoted > 0 ? !IsFieldValue(text.substr(0, quoted)) : !IsToken(text.substr(0, end))) return false;
    text.remove_prefix(end);
  }
  return true;
}

}  // namespace ashlar::http
