// SPDX-License-Identifier: Apache-2.0
#include "identity/recovery_code.h"

#include <array>

#include "base/base32.h"
#include "base/base64.h"
#include "base/crypto/hmac.h"
#include "base/crypto/random.h"

namespace ashlar::identity {

constexpr size_t kBytes = 15;
constexpr size_t kGroup = 6;  // characters

std::string NewRecoveryCode() {
  std::array<uint8_t, kBytes> chance{};
  RandomBytes(chance);
  const std::string text = Base32Encode({reinterpret_cast<const char*>(chance.data()), chance.size()});
  std::string code;
  for (size_t at = 0; at < text.size(); at += kGroup) {
    if (at > 0) code += '-';
    code += text.substr(at, kGroup);
  }
  return code;
}

std::string HashRecoveryCode(std::string_view key, std::string_view user, std::string_view code) {
  std::string said(user);
  said += ' ';
  for (char c : code.substr(0, kMostCode)) {
    if (c == '-' || c == ' ') continue;
    said += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  Digest mac = HmacSha256(key, said);
  return Base64UrlEncode({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

}  // namespace ashlar::identity
