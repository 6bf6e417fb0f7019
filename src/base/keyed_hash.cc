// SPDX-License-Identifier: Apache-2.0
#include "base/keyed_hash.h"

#include <bit>

namespace ashlar {
namespace {

struct State {
  uint64_t a, b, c, d;

  void Rounds(int count) {
    for (int i = 0; i < count; ++i) {
      a += b;
      b = std::rotl(b, 13) ^ a;
      a = std::rotl(a, 32);
      c += d;
      d = std::rotl(d, 16) ^ c;
      a += d;
      d = std::rotl(d, 21) ^ a;
      c += b;
      b = std::rotl(b, 17) ^ c;
      c = std::rotl(c, 32);
    }
  }
  void Take(uint64_t word) {
    d ^= word;
    Rounds(2);
    a ^= word;
  }
  uint64_t sum() const { return a ^ b ^ c ^ d; }
};

uint64_t WordOf(std::string_view bytes) {  // little-endian; up to 8
  uint64_t word = 0;
  for (size_t i = 0; i < bytes.size(); ++i) word |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  return word;
}

}  // namespace

Hash128 KeyedHash(const HashKey& key, std::string_view data) {
  State state{key.low ^ 0x736f6d6570736575, key.high ^ 0x646f72616e646f6d ^ 0xee, key.low ^ 0x6c7967656e657261,
              key.high ^ 0x7465646279746573};
  const uint64_t length = data.size();
  for (; data.size() >= 8; data.remove_prefix(8)) state.Take(WordOf(data.substr(0, 8)));
  state.Take(WordOf(data) | length << 56);
  state.c ^= 0xee;
  state.Rounds(4);
  Hash128 hash;
  hash.low = state.sum();
  state.b ^= 0xdd;
  state.Rounds(4);
  hash.high = state.sum();
  return hash;
}

}  // namespace ashlar
