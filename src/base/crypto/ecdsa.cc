// SPDX-License-Identifier: Apache-2.0
#include "base/crypto/ecdsa.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdlib>

#include "base/base64.h"
#include "base/crypto/sha256.h"

namespace ashlar {
namespace {

constexpr size_t kHalf = 32;
constexpr size_t kMaxDer = 80;  // a signature in DER: two integers of at most 33 bytes, and their frame

template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

// Fetched once: a fetch costs more than the digest.
const EVP_MD* Algorithm() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

// This thread's own, emptied.
EVP_MD_CTX* FreshContext() {
  thread_local const DigestContext context(EVP_MD_CTX_new());
  EVP_MD_CTX_reset(context.get());
  return context.get();
}

EVP_PKEY* Raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }

std::string Coordinate(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  std::string bytes(kHalf, '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), kHalf);
  BN_free(number);
  return bytes;
}

}  // namespace

EcdsaKey::EcdsaKey(std::shared_ptr<void> key) : key_(std::move(key)) {
  std::string jwk = fmt::format(R"({{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}})",
                                Base64UrlEncode(Coordinate(Raw(key_), OSSL_PKEY_PARAM_EC_PUB_X)),
                                Base64UrlEncode(Coordinate(Raw(key_), OSSL_PKEY_PARAM_EC_PUB_Y)));
  Digest digest = Sha256(jwk);
  thumbprint_ = Base64UrlEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Result<EcdsaKey> EcdsaKey::Generate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  if (key == nullptr) return Fail(ErrorKind::kInternal, "no key could be made");
  return EcdsaKey(std::shared_ptr<void>(key, [](void* own) { EVP_PKEY_free(static_cast<EVP_PKEY*>(own)); }));
}

Result<EcdsaKey> EcdsaKey::FromPem(std::string_view pem) {
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  auto no_password = [](char*, int, int, void*) { return 0; };
  EVP_PKEY* read = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr);
  ERR_clear_error();
  if (read == nullptr) return Fail(ErrorKind::kInvalid, "not a private key in PEM");
  std::shared_ptr<void> key(read, [](void* own) { EVP_PKEY_free(static_cast<EVP_PKEY*>(own)); });
  char group[32] = {};
  size_t size = 0;
  if (EVP_PKEY_get_utf8_string_param(read, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &size) != 1 ||
      std::string_view(group, size) != "prime256v1") {
    return Fail(ErrorKind::kInvalid, "not a key of the curve P-256");
  }
  std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>> check(EVP_PKEY_CTX_new(read, nullptr));
  bool sound = EVP_PKEY_pairwise_check(check.get()) == 1;
  ERR_clear_error();
  if (!sound) return Fail(ErrorKind::kInvalid, "its public part is not that of its private part");
  return EcdsaKey(std::move(key));
}

std::string EcdsaKey::ToPem() const {
  Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), Raw(key_), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string EcdsaKey::Sign(std::string_view data) const {
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  std::array<unsigned char, kMaxDer> der{};
  size_t size = der.size();
  EVP_MD_CTX* context = FreshContext();
  if (EVP_DigestSignInit(context, nullptr, Algorithm(), nullptr, Raw(key_)) != 1 ||
      EVP_DigestSign(context, der.data(), &size, bytes, data.size()) != 1) {
    std::abort();
  }
  const unsigned char* at = der.data();
  Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  if (signature == nullptr) std::abort();
  std::string raw(2 * kHalf, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, kHalf);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + kHalf, kHalf);
  return raw;
}

bool EcdsaKey::Verify(std::string_view data, std::string_view signature) const {
  if (signature.size() != 2 * kHalf) return false;
  const auto* raw = reinterpret_cast<const unsigned char*>(signature.data());
  Signature parts(ECDSA_SIG_new());
  ECDSA_SIG_set0(parts.get(), BN_bin2bn(raw, kHalf, nullptr), BN_bin2bn(raw + kHalf, kHalf, nullptr));
  std::array<unsigned char, kMaxDer> der{};
  unsigned char* end = der.data();
  int size = i2d_ECDSA_SIG(parts.get(), &end);
  if (size <= 0) return false;
  EVP_MD_CTX* context = FreshContext();
  bool good = EVP_DigestVerifyInit(context, nullptr, Algorithm(), nullptr, Raw(key_)) == 1 &&
              EVP_DigestVerify(context, der.data(), static_cast<size_t>(size),
                               reinterpret_cast<const unsigned char*>(data.data()), data.size()) == 1;
  ERR_clear_error();  // a forged signature leaves its reasons behind, which a later TLS call would take for its own
  return good;
}

}  // namespace ashlar
