// SPDX-License-Identifier: Apache-2.0
#include "base/crypto/public_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/crypto/openssl.h"

namespace ashlar {
namespace {

using Parameters = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;

constexpr size_t kLeastModulusBits = 2048, kMostModulusBits = 8192;
constexpr size_t kMostExponentBytes = 4;  // all issuers take 65537; a larger one only costs

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// Null where OpenSSL takes it for no key.
std::shared_ptr<void> Import(const char* type, OSSL_PARAM* parameters) {
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  bool made = parameters != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1 &&
              EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1;
  std::shared_ptr<void> own = made ? Own(key) : nullptr;
  if (made) {
    KeyContext check(EVP_PKEY_CTX_new(key, nullptr));
    if (EVP_PKEY_public_check(check.get()) != 1) own = nullptr;
  }
  ERR_clear_error();
  return own;
}

// The two numbers of an ECDSA signature, as DER has them; empty where they are none.
std::string ToDer(std::string_view raw, size_t half) {
  if (raw.size() != 2 * half) return "";
  EcSignature parts(ECDSA_SIG_new());
  ECDSA_SIG_set0(parts.get(), BN_bin2bn(Bytes(raw), static_cast<int>(half), nullptr),
                 BN_bin2bn(Bytes(raw.substr(half)), static_cast<int>(half), nullptr));
  unsigned char* der = nullptr;
  int size = i2d_ECDSA_SIG(parts.get(), &der);
  if (size <= 0) return "";
  std::string text(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

// RFC 7518, 3.5: the mask is of SHA-256 too, and the salt as long as the hash.
bool SetPss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool Check(EVP_PKEY* key, const EVP_MD* digest, bool pss, std::string_view data, std::string_view signature) {
  EVP_MD_CTX* context = FreshDigestContext();
  EVP_PKEY_CTX* parameters = nullptr;
  bool good = EVP_DigestVerifyInit(context, &parameters, digest, nullptr, key) == 1 && (!pss || SetPss(parameters)) &&
              EVP_DigestVerify(context, Bytes(signature), signature.size(), Bytes(data), data.size()) == 1;
  ERR_clear_error();  // a forged signature leaves its reasons behind, which a later TLS call would take for its own
  return good;
}

}  // namespace

EVP_MD_CTX* FreshDigestContext() {
  thread_local const DigestContext context(EVP_MD_CTX_new());
  EVP_MD_CTX_reset(context.get());
  return context.get();
}

const EVP_MD* Sha256Algorithm() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

const EVP_MD* Sha384Algorithm() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA384", nullptr);
  return algorithm;
}

std::string_view NameOf(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEs256: return "ES256";
    case SignatureAlgorithm::kEs384: return "ES384";
    case SignatureAlgorithm::kEdDsa: return "EdDSA";
    case SignatureAlgorithm::kRs256: return "RS256";
    case SignatureAlgorithm::kPs256: return "PS256";
  }
  return "";
}

std::optional<SignatureAlgorithm> SignatureAlgorithmOf(std::string_view name) {
  for (SignatureAlgorithm algorithm : kSignatureAlgorithms) {
    if (NameOf(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

Result<PublicKey> PublicKey::Ec(Kind curve, std::string_view x, std::string_view y) {
  const bool p256 = curve == Kind::kP256;
  const size_t half = p256 ? 32 : 48;
  auto wrong = Fail(ErrorKind::kInvalid, "not a point of its curve");
  if (x.size() != half || y.size() != half || (!p256 && curve != Kind::kP384)) return wrong;
  std::string point = "\x04" + std::string(x) + std::string(y);
  Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, p256 ? "P-256" : "P-384", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  auto key = Import("EC", Parameters(OSSL_PARAM_BLD_to_param(builder.get())).get());
  if (key == nullptr) return wrong;
  return PublicKey(curve, std::move(key));
}

Result<PublicKey> PublicKey::Ed25519(std::string_view x) {
  EVP_PKEY* key = x.size() != 32 ? nullptr : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(x), x.size());
  ERR_clear_error();
  if (key == nullptr) return Fail(ErrorKind::kInvalid, "not a key of Ed25519");
  return PublicKey(Kind::kEd25519, Own(key));
}

Result<PublicKey> PublicKey::Rsa(std::string_view modulus, std::string_view exponent) {
  while (modulus.starts_with('\0')) modulus.remove_prefix(1);
  while (exponent.starts_with('\0')) exponent.remove_prefix(1);
  if (modulus.size() > kMostModulusBits / 8 || exponent.size() > kMostExponentBytes) {
    return Fail(ErrorKind::kInvalid, "a key of RSA that is too large");
  }
  Number n(BN_bin2bn(Bytes(modulus), static_cast<int>(modulus.size()), nullptr));
  Number e(BN_bin2bn(Bytes(exponent), static_cast<int>(exponent.size()), nullptr));
  // Below 2^16 + 1 an exponent is too small to be good for anything but forging (FIPS 186-5, A.1.1).
  bool sound = static_cast<size_t>(BN_num_bits(n.get())) >= kLeastModulusBits && BN_is_odd(n.get()) &&
               BN_is_odd(e.get()) && BN_get_word(e.get()) >= 65537;
  if (!sound) return Fail(ErrorKind::kInvalid, "a key of RSA that is too weak");
  Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  auto key = Import("RSA", Parameters(OSSL_PARAM_BLD_to_param(builder.get())).get());
  if (key == nullptr) return Fail(ErrorKind::kInvalid, "not a key of RSA");
  return PublicKey(Kind::kRsa, std::move(key));
}

bool PublicKey::Fits(SignatureAlgorithm algorithm) const {
  switch (algorithm) {
    case SignatureAlgorithm::kEs256: return kind_ == Kind::kP256;
    case SignatureAlgorithm::kEs384: return kind_ == Kind::kP384;
    case SignatureAlgorithm::kEdDsa: return kind_ == Kind::kEd25519;
    case SignatureAlgorithm::kRs256:
    case SignatureAlgorithm::kPs256: return kind_ == Kind::kRsa;
  }
  return false;
}

bool PublicKey::Verify(SignatureAlgorithm algorithm, std::string_view data, std::string_view signature) const {
  if (!Fits(algorithm)) return false;
  EVP_PKEY* key = Raw(key_);
  switch (algorithm) {
    case SignatureAlgorithm::kEs256:
    case SignatureAlgorithm::kEs384: {
      const bool short_one = algorithm == SignatureAlgorithm::kEs256;
      std::string der = ToDer(signature, short_one ? 32 : 48);
      return !der.empty() && Check(key, short_one ? Sha256Algorithm() : Sha384Algorithm(), false, data, der);
    }
    case SignatureAlgorithm::kEdDsa: return signature.size() == 64 && Check(key, nullptr, false, data, signature);
    case SignatureAlgorithm::kRs256:
    case SignatureAlgorithm::kPs256:
      return signature.size() == static_cast<size_t>(EVP_PKEY_get_size(key)) &&
             Check(key, Sha256Algorithm(), algorithm == SignatureAlgorithm::kPs256, data, signature);
  }
  return false;
}

}  // namespace ashlar
