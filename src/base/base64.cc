// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <array>
#include <cstdint>

namespace ashlar {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<int8_t, 256> Inverse(std::string_view alphabet) {
  std::array<int8_t, 256> table{};
  table.fill(-1);
  for (size_t i = 0; i < alphabet.size(); ++i) table[static_cast<uint8_t>(alphabet[i])] = static_cast<int8_t>(i);
  return table;
}
constexpr std::array<int8_t, 256> kStandardInverse = Inverse(kStandard);
constexpr std::array<int8_t, 256> kUrlInverse = Inverse(kUrl);

std::string Encode(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? static_cast<uint8_t>(bytes[i + j]) : 0u);
    for (size_t j = 0; j <= count; ++j) text += alphabet[group >> (18 - 6 * j) & 63];
    if (pad) text.append(3 - count, '=');
  }
  return text;
}

std::optional<std::string> Decode(std::string_view text, const std::array<int8_t, 256>& inverse) {
  size_t tail = text.size() % 4;
  if (tail == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  uint32_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    int8_t digit = inverse[static_cast<uint8_t>(text[i])];
    if (digit < 0) return std::nullopt;
    group = group << 6 | static_cast<uint32_t>(digit);
    if (i % 4 != 3) continue;
    for (int shift = 16; shift >= 0; shift -= 8) bytes += static_cast<char>(group >> shift & 255);
    group = 0;
  }
  if (tail == 0) return bytes;
  uint32_t unused = tail == 2 ? 15 : 3;
  if ((group & unused) != 0) return std::nullopt;
  group <<= 6 * (4 - tail);
  bytes += static_cast<char>(group >> 16 & 255);
  if (tail == 3) bytes += static_cast<char>(group >> 8 & 255);
  return bytes;
}

}  // namespace

std::string Base64Encode(std::string_view bytes) { return Encode(bytes, kStandard, true); }
std::string Base64UrlEncode(std::string_view bytes) { return Encode(bytes, kUrl, false); }

std::optional<std::string> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return Decode(text, kStandardInverse);
}
std::optional<std::string> Base64UrlDecode(std::string_view text) { return Decode(text, kUrlInverse); }

}  // namespace ashlar
