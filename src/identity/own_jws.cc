// SPDX-License-Identifier: Apache-2.0
#include "identity/own_jws.h"

#include "base/base64.h"
#include "base/json/writer.h"

namespace ashlar::identity {

std::string SignOwn(const SigningKey& key, std::string_view typ, std::string_view claims) {
  std::string header;
  json::Writer head(header);
  head.BeginObject();
  head.Field("alg", NameOf(key.algorithm()));
  head.Field("typ", typ);
  head.Field("kid", key.thumbprint());
  head.EndObject();
  std::string signed_part = Base64UrlEncode(header) + "." + Base64UrlEncode(claims);
  return signed_part + "." + Base64UrlEncode(key.Sign(signed_part));
}

bool IsOwn(const KeyRing& keys, std::string_view typ, const Jws& token, int64_t now_seconds) {
  for (const json::Member& member : *token.header.object()) {
    bool known = member.name == "alg" || member.name == "typ" || member.name == "kid";
    if (!known) return false;
  }
  const std::string* id = TextOf(token.header, "kid");
  const SigningKey* key = id == nullptr ? nullptr : keys.Find(*id, now_seconds);
  return key != nullptr && IsText(token.header, "alg", NameOf(key->algorithm())) && IsText(token.header, "typ", typ) &&
         key->Verify(token.signed_part, token.signature);
}

}  // namespace ashlar::identity
