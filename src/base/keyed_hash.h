// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string_view>

namespace ashlar {

// SipHash-2-4 with 128 bits: places in tables that nobody can aim at who does not know the key, and names of what was
// hashed that two of them never share.
struct HashKey {
  uint64_t low = 0, high = 0;
};
struct Hash128 {
  uint64_t low = 0, high = 0;
  bool operator==(const Hash128&) const = default;
};
Hash128 KeyedHash(const HashKey& key, std::string_view data);

}  // namespace ashlar
