// SPDX-License-Identifier: Apache-2.0
#include "identity/jwks.h"

#include "base/base64.h"
#include "base/json/writer.h"
#include "identity/jws.h"

namespace ashlar::identity {
namespace {

constexpr size_t kMostId = 256;

std::string BytesIn(const json::Json& jwk, std::string_view name) {
  const std::string* text = TextOf(jwk, name);
  return text == nullptr ? "" : Base64UrlDecode(*text).value_or("");
}

std::optional<PublicKey> KeyOf(const json::Json& jwk) {
  const std::string* kty = TextOf(jwk, "kty");
  const std::string* crv = TextOf(jwk, "crv");
  Result<PublicKey> key = Fail(ErrorKind::kInvalid, "");
  if (kty == nullptr) return std::nullopt;
  if (*kty == "RSA") {
    key = PublicKey::Rsa(BytesIn(jwk, "n"), BytesIn(jwk, "e"));
  } else if (*kty == "EC" && crv != nullptr && (*crv == "P-256" || *crv == "P-384")) {
    auto curve = *crv == "P-256" ? PublicKey::Kind::kP256 : PublicKey::Kind::kP384;
    key = PublicKey::Ec(curve, BytesIn(jwk, "x"), BytesIn(jwk, "y"));
  } else if (*kty == "OKP" && crv != nullptr && *crv == "Ed25519") {
    key = PublicKey::Ed25519(BytesIn(jwk, "x"));
  }
  return key ? std::optional(std::move(*key)) : std::nullopt;
}

// Whether the set says that it is for verifying, as far as it says anything.
bool Verifies(const json::Json& jwk) {
  if (jwk.Find("use") != nullptr && !IsText(jwk, "use", "sig")) return false;
  const json::Json* operations = jwk.Find("key_ops");
  if (operations == nullptr) return true;
  if (operations->array() == nullptr) return false;
  return std::ranges::any_of(*operations->array(), [](const json::Json& operation) {
    return operation.string() != nullptr && *operation.string() == "verify";
  });
}

std::optional<VerificationKey> Read(const json::Json& jwk) {
  const std::string* id = TextOf(jwk, "kid");
  const bool named = id != nullptr && !id->empty() && id->size() <= kMostId;
  if (!named || !Verifies(jwk) || jwk.Find("d") != nullptr) return std::nullopt;
  auto key = KeyOf(jwk);
  if (!key) return std::nullopt;
  VerificationKey read{*id, std::move(*key), std::nullopt};
  if (jwk.Find("alg") == nullptr) return read;
  const std::string* name = TextOf(jwk, "alg");
  read.algorithm = name == nullptr ? std::nullopt : SignatureAlgorithmOf(*name);
  if (!read.algorithm || !read.key.Fits(*read.algorithm)) return std::nullopt;
  return read;
}

}  // namespace

Result<std::vector<VerificationKey>> ReadJwks(std::string_view text) {
  auto document = json::Parse(text, {.depth = 8, .bytes = 256 << 10});
  const json::Json* set = document ? document->Find("keys") : nullptr;
  if (set == nullptr || set->array() == nullptr) return Fail(ErrorKind::kInvalid, "the document is no JWK Set");
  if (set->array()->size() > kMostKeys) {
    return Fail(ErrorKind::kInvalid, fmt::format("the set has more than {} keys", kMostKeys));
  }
  std::vector<VerificationKey> keys;
  for (const json::Json& jwk : *set->array()) {
    if (auto key = Read(jwk)) keys.push_back(std::move(*key));
  }
  if (keys.empty()) return Fail(ErrorKind::kInvalid, "the set has no key that can verify here");
  return keys;
}

std::string WriteJwks(const KeyRing& keys, int64_t now_seconds) {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  out.Key("keys");
  out.BeginArray();
  for (const KeyRing::Seen& seen : keys.SeenAt(now_seconds)) {
    out.BeginObject();
    for (const auto& [name, value] : seen.key->jwk()) out.Field(name, value);
    out.Field("kid", seen.key->thumbprint());
    out.Field("use", "sig");
    out.Field("alg", NameOf(seen.key->algorithm()));
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  return text;
}

}  // namespace ashlar::identity
