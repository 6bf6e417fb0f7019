// SPDX-License-Identifier: Apache-2.0
#include "identity/api_key.h"

#include <algorithm>

#include "base/base62.h"
#include "base/crypto/random.h"
#include "base/crypto/sha256.h"
#include "base/hex.h"

namespace ashlar::identity {
namespace {

constexpr size_t kIdDigits = 22, kSecretDigits = 43, kSumDigits = 6, kSumBytes = 4;

std::string_view AsText(const auto& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string SumOf(std::string_view text) {
  const Digest digest = Sha256(text);
  return Base62Encode(AsText(digest).substr(0, kSumBytes), kSumDigits);
}

}  // namespace

std::string NewApiKey(const types::Uuid& id) {
  std::array<uint8_t, 32> secret{};
  RandomBytes(secret);
  std::string text(kApiKeyPrefix);
  text += Base62Encode(AsText(id.bytes), kIdDigits);
  text += Base62Encode(AsText(secret), kSecretDigits);
  return text + SumOf(text);
}

std::optional<types::Uuid> ReadApiKey(std::string_view text) {
  if (text.size() != kApiKeyLength || !text.starts_with(kApiKeyPrefix)) return std::nullopt;
  const std::string_view digits = text.substr(kApiKeyPrefix.size());
  const bool whole = IsBase62(digits) && text.ends_with(SumOf(text.substr(0, text.size() - kSumDigits)));
  auto bytes = whole ? Base62Decode(digits.substr(0, kIdDigits), 16) : std::nullopt;
  if (!bytes) return std::nullopt;
  types::Uuid id;
  std::ranges::copy(*bytes, reinterpret_cast<char*>(id.bytes.data()));
  return id;
}

std::string HashApiKey(std::string_view text) {
  const Digest digest = Sha256(text);
  return HexEncode(AsText(digest));
}

}  // namespace ashlar::identity
