// SPDX-License-Identifier: Apache-2.0
#include "types/host.h"

#include <idn2.h>

#include <algorithm>
#include <memory>

#include "base/hex.h"
#include "base/utf8.h"

namespace ashlar::types {
namespace {

constexpr size_t kMaxName = 253;
constexpr size_t kMaxLabel = 63;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlphanumeric(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Takes what stands before the next `separator`, and that.
std::string_view TakeUntil(std::string_view& text, char separator) {
  size_t end = std::min(text.find(separator), text.size());
  std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return IsAlphanumeric(c) || c == '-'; });
}

bool IsGroup(std::string_view group) {
  return !group.empty() && group.size() <= 4 && std::ranges::all_of(group, [](char c) { return HexDigit(c) >= 0; });
}

// How many groups of 16 bits `text` has, the last of them perhaps an IPv4 address; -1 if it is none. "" has none.
int CountGroups(std::string_view text, bool ipv4_may_end) {
  if (text.empty()) return 0;
  if (text.ends_with(':')) return -1;
  int groups = 0;
  while (!text.empty()) {
    std::string_view group = TakeUntil(text, ':');
    if (text.empty() && ipv4_may_end && IsIpv4(group)) return groups + 2;
    if (!IsGroup(group)) return -1;
    ++groups;
  }
  return groups;
}

struct Release {
  void operator()(char* text) const { idn2_free(text); }
};
using IdnText = std::unique_ptr<char, Release>;

// Letters, marks and digits of any script, and the dot of Catalan: nothing that could not be seen, since UTS 46 leaves
// such characters out without a word.
bool HasDomainCharacters(std::string_view domain) {
  for (size_t i = 0; i < domain.size();) {
    size_t size = CodePointSize(domain, i);
    if (size == 0) return false;
    char32_t c = CodePointAt(domain, i);
    if (c >= 0x80 && c != 0xB7 && !IsWordCodePoint(c)) return false;
    i += size;
  }
  return true;
}

std::optional<std::string> FoldInternational(const std::string& domain) {
  if (!HasDomainCharacters(domain)) return std::nullopt;
  // Not IDN2_USE_STD3_ASCII_RULES: libidn2 2.3 then leaves out what it should refuse. IsHostName refuses it.
  char* ascii = nullptr;
  if (idn2_to_ascii_8z(domain.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK) return std::nullopt;
  IdnText owned_ascii(ascii);
  if (!IsHostName(ascii)) return std::nullopt;
  char* unicode = nullptr;
  if (idn2_to_unicode_8z8z(ascii, &unicode, 0) != IDN2_OK) return std::nullopt;
  IdnText owned_unicode(unicode);
  return unicode;
}

}  // namespace

bool IsHostName(std::string_view text) {
  if (text.empty() || text.size() > kMaxName || text.ends_with('.')) return false;
  while (!text.empty()) {
    if (!IsLabel(TakeUntil(text, '.'))) return false;
  }
  return true;
}

bool IsIpv4(std::string_view text) {
  if (text.empty() || text.ends_with('.')) return false;
  int parts = 0;
  while (!text.empty()) {
    std::string_view part = TakeUntil(text, '.');
    if (part.empty() || part.size() > 3 || (part.size() > 1 && part.front() == '0')) return false;
    int number = 0;
    for (char c : part) {
      if (!IsDigit(c)) return false;
      number = number * 10 + (c - '0');
    }
    if (number > 255) return false;
    ++parts;
  }
  return parts == 4;
}

bool IsIpv6(std::string_view text) {
  size_t gap = text.find("::");
  if (gap == std::string_view::npos) return CountGroups(text, true) == 8;
  int before = CountGroups(text.substr(0, gap), false);
  int after = CountGroups(text.substr(gap + 2), true);
  return before >= 0 && after >= 0 && before + after <= 7;
}

std::optional<std::string> FoldDomain(std::string_view domain) {
  // A label takes at most four bytes a character; more cannot be a name, and libidn2 need not look at it.
  if (domain.empty() || domain.size() > 4 * kMaxName || domain.contains('\0')) return std::nullopt;
  std::string folded(domain);
  std::ranges::transform(folded, folded.begin(), ToLower);
  bool plain = std::ranges::all_of(folded, [](char c) { return static_cast<signed char>(c) >= 0; }) &&
               !folded.starts_with("xn--") && !folded.contains(".xn--");
  if (!plain) {
    auto international = FoldInternational(folded);
    if (!international) return std::nullopt;
    folded = std::move(*international);
  } else if (!IsHostName(folded)) {
    return std::nullopt;
  }
  size_t dot = folded.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  if (std::all_of(folded.begin() + static_cast<ptrdiff_t>(dot) + 1, folded.end(), IsDigit)) return std::nullopt;
  return folded;
}

}  // namespace ashlar::types
