// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "types/value.h"

namespace ashlar::types {

// RFC 9562: 8-4-4-4-12 hexadecimal digits of either case, nothing around them.
std::optional<Uuid> ParseUuid(std::string_view text);
// In lower case.
std::string FormatUuid(const Uuid& uuid);
// Writes exactly kUuidLength characters.
inline constexpr size_t kUuidLength = 36;
void FormatUuid(const Uuid& uuid, char* out);

// Makes UUIDs of version 7: each larger than the one before, also within a millisecond and when the clock steps back
// a little. One thread.
class UuidGenerator {
 public:
  Uuid Next(int64_t now_micros);

 private:
  void Draw(std::span<uint8_t> bytes);
  void Refill();
  std::array<uint8_t, 512> ahead_{};
  size_t drawn_ = sizeof ahead_;
  int64_t last_millis_ = -1;
  // The 74 bits behind the time: 12 beside the version, 62 behind the variant.
  uint16_t high_ = 0;
  uint64_t low_ = 0;
};

// From this thread's own generator.
Uuid NewUuidV7(int64_t now_micros);

}  // namespace ashlar::types
