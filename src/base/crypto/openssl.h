// SPDX-License-Identifier: Apache-2.0
// What the files here share of OpenSSL's objects.
#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <memory>

namespace ashlar {

template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

inline std::shared_ptr<void> Own(EVP_PKEY* key) {
  return {key, [](void* own) { EVP_PKEY_free(static_cast<EVP_PKEY*>(own)); }};
}
inline EVP_PKEY* Raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }

// This thread's own, emptied.
EVP_MD_CTX* FreshDigestContext();
// Fetched once: a fetch costs more than the digest.
const EVP_MD* Sha256Algorithm();
const EVP_MD* Sha384Algorithm();

}  // namespace ashlar
