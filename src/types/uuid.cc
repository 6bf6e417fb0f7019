// SPDX-License-Identifier: Apache-2.0
#include "types/uuid.h"

#include <cstring>

#include "base/crypto/random.h"
#include "base/hex.h"

namespace ashlar::types {
namespace {

constexpr uint64_t kLowMask = (uint64_t{1} << 62) - 1;
constexpr uint16_t kHighMask = 0x0FFF;
// A clock that is set back by more than this is believed.
constexpr int64_t kPatienceMillis = 10'000;

// Where the digits of each byte stand.
constexpr std::array<uint8_t, 16> kPlaces = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

}  // namespace

std::optional<Uuid> ParseUuid(std::string_view text) {
  if (text.size() != kUuidLength) return std::nullopt;
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
  Uuid uuid;
  int all = 0;
  for (size_t i = 0; i < kPlaces.size(); ++i) {
    const int high = HexDigit(text[kPlaces[i]]);
    const int low = HexDigit(text[kPlaces[i] + size_t{1}]);
    all |= high | low;  // negative once one is
    uuid.bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  if (all < 0) return std::nullopt;
  return uuid;
}

void FormatUuid(const Uuid& uuid, char* out) {
  for (size_t i = 0; i < kPlaces.size(); ++i) std::memcpy(out + kPlaces[i], HexPair(uuid.bytes[i]), 2);
  out[8] = out[13] = out[18] = out[23] = '-';
}

std::string FormatUuid(const Uuid& uuid) {
  std::string text(kUuidLength, '-');
  FormatUuid(uuid, text.data());
  return text;
}

// From what was drawn ahead: the system's generator is asked seldom, and forgets nothing by itself, so what was used is
// wiped.
void UuidGenerator::Draw(std::span<uint8_t> bytes) {
  if (drawn_ + bytes.size() > ahead_.size()) {
    RandomBytes(ahead_);
    drawn_ = 0;
  }
  std::memcpy(bytes.data(), ahead_.data() + drawn_, bytes.size());
  std::memset(ahead_.data() + drawn_, 0, bytes.size());
  drawn_ += bytes.size();
}

void UuidGenerator::Refill() {
  std::array<uint8_t, 10> random;
  Draw(random);
  std::memcpy(&high_, random.data(), 2);
  std::memcpy(&low_, random.data() + 2, 8);
  // Half of the room stays free for those that follow within the millisecond.
  high_ &= kHighMask >> 1;
  low_ &= kLowMask;
}

Uuid UuidGenerator::Next(int64_t now_micros) {
  int64_t millis = now_micros / 1000;
  if (millis > last_millis_ || millis < last_millis_ - kPatienceMillis) {
    last_millis_ = millis;
    Refill();
  } else {
    std::array<uint8_t, 4> random;
    Draw(random);
    uint32_t step;
    std::memcpy(&step, random.data(), sizeof step);
    low_ += uint64_t{step} + 1;
    if (low_ > kLowMask) {
      low_ &= kLowMask;
      ++high_;
    }
    if (high_ > kHighMask) {
      ++last_millis_;
      Refill();
    }
  }
  Uuid uuid;
  for (size_t i = 0; i < 6; ++i) uuid.bytes[i] = static_cast<uint8_t>(last_millis_ >> (40 - 8 * i));
  uuid.bytes[6] = static_cast<uint8_t>(0x70 | high_ >> 8);
  uuid.bytes[7] = static_cast<uint8_t>(high_);
  for (size_t i = 0; i < 8; ++i) uuid.bytes[8 + i] = static_cast<uint8_t>(low_ >> (56 - 8 * i));
  uuid.bytes[8] = static_cast<uint8_t>(0x80 | (uuid.bytes[8] & 0x3F));
  return uuid;
}

Uuid NewUuidV7(int64_t now_micros) {
  thread_local UuidGenerator generator;
  return generator.Next(now_micros);
}

}  // namespace ashlar::types
