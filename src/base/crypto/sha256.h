// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace ashlar {

using Digest = std::array<uint8_t, 32>;

// FIPS 180-4. Thread safe.
Digest Sha256(std::string_view data);

}  // namespace ashlar
