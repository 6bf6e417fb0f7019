// SPDX-License-Identifier: Apache-2.0
#include "identity/refresh_token.h"

#include <algorithm>

#include "base/base64.h"
#include "base/crypto/hmac.h"

namespace ashlar::identity {
namespace {

constexpr size_t kIdBytes = 16, kStepBytes = 8, kMacBytes = 32;
constexpr size_t kMostText = 128;

std::string MacOf(std::string_view key, std::string_view said) {
  Digest mac = HmacSha256(key, said);
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

}  // namespace

std::string WriteRefreshToken(std::string_view key, const RefreshToken& token) {
  std::string bytes(reinterpret_cast<const char*>(token.session.bytes.data()), kIdBytes);
  for (size_t i = kStepBytes; i-- > 0;) bytes += static_cast<char>(static_cast<uint64_t>(token.step) >> (8 * i));
  bytes += MacOf(key, bytes);
  return Base64UrlEncode(bytes);
}

std::optional<RefreshToken> ReadRefreshToken(std::string_view key, std::string_view text) {
  if (text.size() > kMostText) return std::nullopt;
  auto bytes = Base64UrlDecode(text);
  if (!bytes || bytes->size() != kIdBytes + kStepBytes + kMacBytes) return std::nullopt;
  std::string_view said = std::string_view(*bytes).substr(0, kIdBytes + kStepBytes);
  if (!EqualInConstantTime(MacOf(key, said), std::string_view(*bytes).substr(said.size()))) return std::nullopt;
  RefreshToken token;
  std::copy_n(said.begin(), kIdBytes, token.session.bytes.begin());
  uint64_t step = 0;
  for (char c : said.substr(kIdBytes)) step = step << 8 | static_cast<uint8_t>(c);
  token.step = static_cast<int64_t>(step);
  return token;
}

}  // namespace ashlar::identity
