// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace ashlar {

using Sha1Digest = std::array<uint8_t, 20>;

// FIPS 180-4. Broken: for lists that others have made of it, and nothing else. Thread safe.
Sha1Digest Sha1(std::string_view data);

}  // namespace ashlar
