// SPDX-License-Identifier: Apache-2.0
#include "identity/browser_session.h"

#include <algorithm>

#include "base/base64.h"
#include "base/crypto/hmac.h"

namespace ashlar::identity {
namespace {

constexpr size_t kIdBytes = 16, kMacBytes = 32;
constexpr size_t kMostText = 128;

std::string MacOf(std::string_view key, std::string_view purpose, std::string_view id) {
  Digest mac = HmacSha256(key, std::string(purpose) + std::string(id));
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

std::string_view BytesOf(const types::Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

}  // namespace

std::string WriteSessionCookie(std::string_view key, const types::Uuid& session) {
  return Base64UrlEncode(std::string(BytesOf(session)) + MacOf(key, "cookie ", BytesOf(session)));
}

std::optional<types::Uuid> ReadSessionCookie(std::string_view key, std::string_view text) {
  if (text.size() > kMostText) return std::nullopt;
  auto bytes = Base64UrlDecode(text);
  if (!bytes || bytes->size() != kIdBytes + kMacBytes) return std::nullopt;
  std::string_view id = std::string_view(*bytes).substr(0, kIdBytes);
  if (!EqualInConstantTime(MacOf(key, "cookie ", id), std::string_view(*bytes).substr(kIdBytes))) return std::nullopt;
  types::Uuid session;
  std::copy_n(id.begin(), kIdBytes, session.bytes.begin());
  return session;
}

std::string CsrfTokenOf(std::string_view key, const types::Uuid& session) {
  return Base64UrlEncode(MacOf(key, "csrf ", BytesOf(session)));
}

}  // namespace ashlar::identity
