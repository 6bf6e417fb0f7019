// SPDX-License-Identifier: Apache-2.0
#include "identity/client_code.h"

#include <algorithm>

#include "base/base64.h"
#include "base/crypto/hmac.h"
#include "base/crypto/random.h"
#include "identity/jws.h"
#include "identity/keeper.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

constexpr size_t kIdBytes = 16, kSecretBytes = 32;
constexpr size_t kMostText = 128;
constexpr size_t kLeastVerifier = 43, kMostVerifier = 128;  // characters

std::string Base64UrlOf(const Digest& digest) {
  return Base64UrlEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

json::Json Text(const std::string& text) { return json::Json(text); }

std::string TextIn(const json::Json& object, std::string_view name) {
  const std::string* text = TextOf(object, name);
  return text == nullptr ? "" : *text;
}

}  // namespace

ClientCode NewClientCode(int64_t now_micros) {
  std::array<uint8_t, kSecretBytes> bytes{};
  RandomBytes(bytes);
  return {types::NewUuidV7(now_micros), std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())};
}

std::string WriteClientCode(const ClientCode& code) {
  return Base64UrlEncode(std::string(reinterpret_cast<const char*>(code.session.bytes.data()), kIdBytes) + code.secret);
}

std::optional<ClientCode> ReadClientCode(std::string_view text) {
  if (text.size() > kMostText) return std::nullopt;
  auto bytes = Base64UrlDecode(text);
  if (!bytes || bytes->size() != kIdBytes + kSecretBytes) return std::nullopt;
  ClientCode code;
  std::copy_n(bytes->begin(), kIdBytes, code.session.bytes.begin());
  code.secret = bytes->substr(kIdBytes);
  return code;
}

std::string HashOf(const ClientCode& code) { return Base64UrlOf(Sha256(code.secret)); }

json::Json ToJson(const CodeTerms& terms) {
  json::Object object;
  object.push_back({"hash", Text(terms.hash)});
  object.push_back({"redirectUri", Text(terms.redirect_uri)});
  object.push_back({"challenge", Text(terms.challenge)});
  object.push_back({"nonce", Text(terms.nonce)});
  object.push_back({"browser", Text(terms.browser)});
  object.push_back({"email", Text(terms.email)});
  object.push_back({"emailVerified", json::Json(terms.email_verified)});
  object.push_back({"signedInAt", NumberJson(terms.signed_in_at)});
  return json::Json(std::move(object));
}

CodeTerms ReadTerms(std::string_view text) {
  const json::Json read = json::Parse(text).value_or(json::Json());
  const json::Json* verified = read.Find("emailVerified");
  return {.hash = TextIn(read, "hash"),
          .redirect_uri = TextIn(read, "redirectUri"),
          .challenge = TextIn(read, "challenge"),
          .nonce = TextIn(read, "nonce"),
          .browser = TextIn(read, "browser"),
          .email = TextIn(read, "email"),
          .email_verified = verified != nullptr && verified->boolean() != nullptr && *verified->boolean(),
          .signed_in_at = SecondsOf(read, "signedInAt").value_or(0)};
}

bool IsVerifierOf(std::string_view challenge, std::string_view verifier) {
  if (verifier.size() < kLeastVerifier || verifier.size() > kMostVerifier) return false;
  const bool plain = std::ranges::all_of(verifier, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").contains(c);
  });
  return plain && EqualInConstantTime(Base64UrlOf(Sha256(verifier)), challenge);
}

}  // namespace ashlar::identity
