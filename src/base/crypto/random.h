// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

namespace ashlar {

// Fills `bytes` from the process's cryptographic generator. Thread safe; ends the process if there is no randomness.
void RandomBytes(std::span<uint8_t> bytes);

}  // namespace ashlar
