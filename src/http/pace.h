// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace ashlar::http {

// Whether a client takes what is sent to it: slowly is well, a stall or a trickle is not. In every stretch of so many
// seconds it must take as many KiB.
//   (Begin Holds*)*
class Pace {
 public:
  // `taken` counts bytes, `now` seconds.
  void Begin(uint64_t taken, int64_t now) {
    taken_ = taken;
    since_ = now;
  }
  bool Holds(uint64_t taken, int64_t now, int seconds) {
    if (taken - taken_ >= static_cast<uint64_t>(seconds) * kLeastPerSecond) Begin(taken, now);
    return now - since_ <= seconds;
  }

 private:
  static constexpr uint64_t kLeastPerSecond = 1 << 10;
  uint64_t taken_ = 0;  // when the stretch began
  int64_t since_ = 0;
};

}  // namespace ashlar::http
