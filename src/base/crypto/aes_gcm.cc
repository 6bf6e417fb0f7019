// SPDX-License-Identifier: Apache-2.0
#include "base/crypto/aes_gcm.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "base/crypto/random.h"

namespace ashlar {
namespace {

constexpr size_t kNonceBytes = 12, kTagBytes = 16;
constexpr size_t kMostText = 1 << 20;

struct Freer {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Freer>;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
int Size(std::string_view text) { return static_cast<int>(text.size()); }

}  // namespace

std::string SealAesGcm(const Digest& key, std::string_view associated, std::string_view text) {
  if (text.size() > kMostText || associated.size() > kMostText) std::abort();
  std::string nonce(kNonceBytes, '\0'), sealed(text.size(), '\0'), tag(kTagBytes, '\0');
  RandomBytes({Bytes(nonce), nonce.size()});
  Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  bool done =
      EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), key.data(), Bytes(nonce), nullptr) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, Bytes(associated), Size(associated)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), Bytes(sealed), &size, Bytes(text), Size(text)) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), Bytes(tag), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag.data()) == 1;
  if (!done) std::abort();
  return nonce + sealed + tag;
}

std::optional<std::string> OpenAesGcm(const Digest& key, std::string_view associated, std::string_view sealed) {
  if (sealed.size() < kNonceBytes + kTagBytes || sealed.size() > kMostText + kNonceBytes + kTagBytes) {
    return std::nullopt;
  }
  std::string_view nonce = sealed.substr(0, kNonceBytes);
  std::string_view body = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string text(body.size(), '\0'), rest(kTagBytes, '\0');
  Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  bool done = EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), key.data(), Bytes(nonce), nullptr) == 1 &&
              EVP_DecryptUpdate(cipher.get(), nullptr, &size, Bytes(associated), Size(associated)) == 1 &&
              EVP_DecryptUpdate(cipher.get(), Bytes(text), &size, Bytes(body), Size(body)) == 1 &&
              EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1 &&
              EVP_DecryptFinal_ex(cipher.get(), Bytes(rest), &size) == 1;
  ERR_clear_error();
  if (!done) return std::nullopt;
  return text;
}

}  // namespace ashlar
