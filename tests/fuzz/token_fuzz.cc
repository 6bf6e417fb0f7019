// SPDX-License-Identifier: Apache-2.0
// Bytes as a token, ours or another issuer's, as a JWK Set and as a discovery document are never taken; and what is
// made of the bytes and signed is taken only where its claims are right.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/base64.h"
#include "identity/issuer_keys.h"
#include "identity/issuer_token.h"

namespace ashlar::identity {
namespace {

constexpr int64_t kNow = 1'800'000'000;

void Require(bool condition) {
  if (!condition) std::abort();
}

const KeyRing& Ring() {
  static const KeyRing ring = *KeyRing::Make(SignatureAlgorithm::kEs256);
  return ring;
}

model::Issuer MakeIssuer() {
  model::Issuer issuer;
  issuer.issuer = "https://login.test";
  issuer.audience = "shop";
  issuer.algorithms.assign(std::begin(kSignatureAlgorithms), std::end(kSignatureAlgorithms));
  issuer.roles_claim = "groups";
  issuer.roles = {"staff"};
  return issuer;
}

void Judge(std::string_view token, bool signed_by_us) {
  static const model::Issuer issuer = MakeIssuer();
  static const std::vector<VerificationKey> keys = *ReadJwks(WriteJwks(Ring(), kNow));
  auto read = ReadJws(token);
  if (!read) return;
  auto own = VerifyToken(Ring(), "shop", *read, kNow);
  Require(!own || (signed_by_us && IsText(own->all, "iss", "shop") && own->expires_at > kNow));
  auto other = VerifyIssuerToken(issuer, keys, std::move(*read), kNow);
  Require(!other || (signed_by_us && IsText(other->all, "iss", issuer.issuer) && other->session.empty()));
  Require(!other || other->roles.size() <= 1);
}

}  // namespace
}  // namespace ashlar::identity

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  using namespace ashlar::identity;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const SigningKey& key = Ring().SignerAt(kNow);
  Judge(bytes, false);
  for (const char* typ : {"JWT", "at+jwt"}) {
    std::string header = fmt::format(R"({{"alg":"ES256","typ":"{}","kid":"{}"}})", typ, key.thumbprint());
    std::string both = Base64UrlEncode(header) + "." + Base64UrlEncode(bytes);
    Judge(both + "." + Base64UrlEncode(key.Sign(both)), true);
    Judge(both + "." + Base64UrlEncode(bytes.substr(0, 64)), false);
  }
  (void)ReadJwks(bytes);
  (void)JwksUrlIn(bytes, "https://login.test");
  (void)KeyRing::Read(bytes);
  return 0;
}
