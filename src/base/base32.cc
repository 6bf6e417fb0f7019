// SPDX-License-Identifier: Apache-2.0
#include "base/base32.h"

#include <cstdint>

namespace ashlar {

std::string Base32Encode(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  constexpr int kBits = 5;
  std::string text;
  uint32_t held = 0;
  int bits = 0;
  for (char c : bytes) {
    held = (held << 8 | static_cast<uint8_t>(c)) & 0xFFFF;
    for (bits += 8; bits >= kBits; bits -= kBits) text += kAlphabet[held >> (bits - kBits) & 31];
  }
  if (bits > 0) text += kAlphabet[held << (kBits - bits) & 31];
  return text;
}

}  // namespace ashlar
