// SPDX-License-Identifier: Apache-2.0
#include "identity/totp.h"

#include <array>

#include "base/base32.h"
#include "base/crypto/hmac.h"
#include "base/crypto/random.h"
#include "http/path.h"

namespace ashlar::identity {

std::string NewTotpSecret() {
  std::array<uint8_t, kTotpSecretBytes> secret{};
  RandomBytes(secret);
  return {reinterpret_cast<const char*>(secret.data()), secret.size()};
}

int64_t TotpStepAt(int64_t micros) { return micros / kTotpStepMicros; }

// RFC 4226, 5.3: four bytes of the digest, at an offset that its last byte says.
std::string TotpCode(std::string_view secret, int64_t step) {
  std::string counter;
  for (int shift = 56; shift >= 0; shift -= 8) counter += static_cast<char>(static_cast<uint64_t>(step) >> shift);
  const auto digest = HmacSha1(secret, counter);
  const size_t at = digest.back() & 15;
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | digest[at + i];
  return fmt::format("{:06}", (number & 0x7FFF'FFFF) % 1'000'000);
}

std::optional<int64_t> FindTotpStep(std::string_view secret, std::string_view code, int64_t now_step,
                                    int64_t last_step) {
  std::optional<int64_t> found;
  for (int64_t step = now_step - 1; step <= now_step + 1; ++step) {
    const bool same = EqualInConstantTime(TotpCode(secret, step), code);
    if (same && step > last_step && !found) found = step;
  }
  return found;
}

std::string TotpUri(std::string_view issuer, std::string_view account, std::string_view secret) {
  const std::string by = http::EncodeQuery(issuer);
  return fmt::format("otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits={}&period={}", by,
                     http::EncodeQuery(account), Base32Encode(secret), by, kTotpDigits, kTotpStepMicros / 1'000'000);
}

}  // namespace ashlar::identity
