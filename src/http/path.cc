// SPDX-License-Identifier: Apache-2.0
#include "http/path.h"

#include <array>

#include "base/hex.h"
#include "base/utf8.h"

namespace ashlar::http {
namespace {

constexpr size_t kUsualSegments = 4;

// Nothing but letters, digits, '-' and '_', which most segments are: they need no decoding, and are no dots.
bool IsWord(std::string_view text) {
  constexpr std::array<bool, 256> kWord = [] {
    std::array<bool, 256> table{};
    for (unsigned char c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
    for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
    table['-'] = table['_'] = true;
    return table;
  }();
  if (text.empty()) return false;
  for (char c : text) {
    if (!kWord[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

// Letters, digits and marks of ASCII that stand for themselves, which is nearly everything.
bool IsPlain(std::string_view text) {
  bool other = false;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    other |= byte <= 0x20 || byte >= 0x7f || c == '%' || c == '+';
  }
  return !other;
}

// One level of percent-encoding off; nullopt where the result is no proper text.
std::optional<std::string> Decode(std::string_view text, bool plus_is_space) {
  if (IsPlain(text)) return std::string(text);
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      int high = HexDigit(text[i + 1]);
      int low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0' || c == '\x7f') return std::nullopt;
    decoded += c;
  }
  if (!IsValidUtf8(decoded)) return std::nullopt;
  return decoded;
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

bool ReadPath(std::string_view path, std::vector<std::string>& segments) {
  if (path.empty() || path.front() != '/') return false;
  if (path == "/") return true;
  segments.reserve(kUsualSegments);
  path.remove_prefix(1);
  while (true) {
    size_t slash = path.find('/');
    const bool last = slash == std::string_view::npos;
    if (std::string_view plain = path.substr(0, slash); IsWord(plain)) {
      segments.emplace_back(plain);
      if (last) return true;
      path.remove_prefix(slash + 1);
      continue;
    }
    std::optional<std::string> segment = Decode(path.substr(0, slash), false);
    if (!segment || *segment == "." || *segment == "..") return false;
    if (HasControl(*segment) || segment->find_first_of("/\\") != std::string::npos) return false;
    if (segment->empty() && !last) return false;
    segments.push_back(std::move(*segment));
    if (last) return true;
    path.remove_prefix(slash + 1);
  }
}

std::expected<Parameters, std::string> ParseQuery(std::string_view query) {
  Parameters pairs;
  while (!query.empty()) {
    size_t end = query.find('&');
    std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    size_t equals = pair.find('=');
    std::optional<std::string> name = Decode(pair.substr(0, equals), true);
    std::optional<std::string> value = Decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!name || !value || HasControl(*name)) return std::unexpected(std::string(pair));
    pairs.emplace_back(std::move(*name), std::move(*value));
  }
  return pairs;
}

std::string EncodeQuery(std::string_view text) {
  std::string encoded;
  for (char c : text) {
    bool unreserved = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      std::string_view("-._~,").find(c) != std::string_view::npos;
    if (unreserved) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace ashlar::http
