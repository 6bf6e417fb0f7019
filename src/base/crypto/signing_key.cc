// SPDX-License-Identifier: Apache-2.0
#include "base/crypto/signing_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cstdlib>

#include "base/base64.h"
#include "base/crypto/openssl.h"
#include "base/crypto/sha256.h"

namespace ashlar {
namespace {

constexpr size_t kHalf = 32;
constexpr size_t kMaxDer = 80;  // a signature in DER: two integers of at most 33 bytes, and their frame

// The order of P-256, and its half, rounded down (SEC 2, 2.4.2).
constexpr const char* kOrder = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
constexpr unsigned char kHalfOrder[] = {0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff,
                                        0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b,
                                        0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

bool IsLow(const void* s) { return std::memcmp(s, kHalfOrder, kHalf) <= 0; }

std::string Coordinate(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  std::string bytes(kHalf, '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), kHalf);
  BN_free(number);
  return bytes;
}

std::string RawPublic(EVP_PKEY* key) {
  std::string bytes(kHalf, '\0');
  size_t size = bytes.size();
  EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(bytes.data()), &size);
  return bytes;
}

std::string ToRaw(const unsigned char* der, size_t size) {
  EcSignature signature(d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size)));
  if (signature == nullptr) std::abort();
  std::string raw(2 * kHalf, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, kHalf);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + kHalf, kHalf);
  if (IsLow(out + kHalf)) return raw;
  BIGNUM* order = nullptr;
  BN_hex2bn(&order, kOrder);
  Number low(order);
  BN_sub(low.get(), low.get(), ECDSA_SIG_get0_s(signature.get()));
  BN_bn2binpad(low.get(), out + kHalf, kHalf);
  return raw;
}

}  // namespace

SigningKey::SigningKey(SignatureAlgorithm algorithm, std::shared_ptr<void> key)
    : algorithm_(algorithm), key_(std::move(key)) {
  EVP_PKEY* raw = Raw(key_);
  if (algorithm_ == SignatureAlgorithm::kEdDsa) {
    jwk_ = {{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", Base64UrlEncode(RawPublic(raw))}};
  } else {
    jwk_ = {{"crv", "P-256"},
            {"kty", "EC"},
            {"x", Base64UrlEncode(Coordinate(raw, OSSL_PKEY_PARAM_EC_PUB_X))},
            {"y", Base64UrlEncode(Coordinate(raw, OSSL_PKEY_PARAM_EC_PUB_Y))}};
  }
  std::string text = "{";
  for (const auto& [name, value] : jwk_) text += fmt::format("{}\"{}\":\"{}\"", text == "{" ? "" : ",", name, value);
  Digest digest = Sha256(text + "}");
  thumbprint_ = Base64UrlEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Result<SigningKey> SigningKey::Generate(SignatureAlgorithm algorithm) {
  const bool edwards = algorithm == SignatureAlgorithm::kEdDsa;
  if (!edwards && algorithm != SignatureAlgorithm::kEs256) {
    return Fail(ErrorKind::kInternal, "no key is made for this algorithm");
  }
  EVP_PKEY* key = edwards ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519") : EVP_EC_gen("P-256");
  if (key == nullptr) return Fail(ErrorKind::kInternal, "no key could be made");
  return SigningKey(algorithm, Own(key));
}

Result<SigningKey> SigningKey::FromPem(std::string_view pem) {
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  auto no_password = [](char*, int, int, void*) { return 0; };
  EVP_PKEY* read = PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr);
  ERR_clear_error();
  if (read == nullptr) return Fail(ErrorKind::kInvalid, "not a private key in PEM");
  std::shared_ptr<void> key = Own(read);
  if (EVP_PKEY_is_a(read, "ED25519") == 1) return SigningKey(SignatureAlgorithm::kEdDsa, std::move(key));
  char group[32] = {};
  size_t size = 0;
  bool p256 = EVP_PKEY_get_utf8_string_param(read, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &size) == 1 &&
              std::string_view(group, size) == "prime256v1";
  ERR_clear_error();
  if (!p256) return Fail(ErrorKind::kInvalid, "not a key of the curve P-256 or Ed25519");
  KeyContext check(EVP_PKEY_CTX_new(read, nullptr));
  bool sound = EVP_PKEY_pairwise_check(check.get()) == 1;
  ERR_clear_error();
  if (!sound) return Fail(ErrorKind::kInvalid, "its public part is not that of its private part");
  return SigningKey(SignatureAlgorithm::kEs256, std::move(key));
}

std::string SigningKey::ToPem() const {
  Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), Raw(key_), nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string SigningKey::Sign(std::string_view data) const {
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  const bool edwards = algorithm_ == SignatureAlgorithm::kEdDsa;
  std::array<unsigned char, kMaxDer> out{};
  size_t size = out.size();
  EVP_MD_CTX* context = FreshDigestContext();
  if (EVP_DigestSignInit(context, nullptr, edwards ? nullptr : Sha256Algorithm(), nullptr, Raw(key_)) != 1 ||
      EVP_DigestSign(context, out.data(), &size, bytes, data.size()) != 1) {
    std::abort();
  }
  return edwards ? std::string(reinterpret_cast<const char*>(out.data()), size) : ToRaw(out.data(), size);
}

bool SigningKey::Verify(std::string_view data, std::string_view signature) const {
  if (signature.size() != 2 * kHalf) return false;
  const bool edwards = algorithm_ == SignatureAlgorithm::kEdDsa;
  if (!edwards && !IsLow(signature.data() + kHalf)) return false;
  PublicKey all(edwards ? PublicKey::Kind::kEd25519 : PublicKey::Kind::kP256, key_);
  return all.Verify(algorithm_, data, signature);
}

}  // namespace ashlar
