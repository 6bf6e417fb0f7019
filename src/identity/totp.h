// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ashlar::identity {

// Codes by time (RFC 6238) as authenticator apps make them: HMAC-SHA-1, six digits, a new one every 30 s.
inline constexpr int64_t kTotpStepMicros = 30'000'000;
inline constexpr size_t kTotpDigits = 6;
inline constexpr size_t kTotpSecretBytes = 20;  // as many as the digest has (RFC 4226, 4)

std::string NewTotpSecret();
int64_t TotpStepAt(int64_t micros);  // since 1970
std::string TotpCode(std::string_view secret, int64_t step);

// The step of which `code` is: this one or one beside it, and later than the last that was used. A code is good once.
std::optional<int64_t> FindTotpStep(std::string_view secret, std::string_view code, int64_t now_step,
                                    int64_t last_step);

// "otpauth://totp/ISSUER:ACCOUNT?secret=...", which apps read as a QR code. Secret.
std::string TotpUri(std::string_view issuer, std::string_view account, std::string_view secret);

}  // namespace ashlar::identity
