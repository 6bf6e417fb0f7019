// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "cel/expr.h"

namespace ashlar::cel {

// The sum of many numbers of one type, the same in whatever order they come: exact until the end, so that a store may
// read rows as it likes. `Add* Finish`
class Total {
 public:
  // kInt, kDouble or kDecimal. REQUIRES: decimals that are added have at most `scale` decimals.
  Total(Type::Tag tag, int scale) : tag_(tag), scale_(scale) {}

  // Null has no place in a sum: it fails.
  void Add(const types::Value& value);
  // 0 of nothing; nullopt where it does not fit the type, or something failed.
  std::optional<types::Value> Finish() const;

 private:
  void AddDouble(double number);
  std::optional<double> Rounded() const;

  Type::Tag tag_;
  int scale_;
  bool failed_ = false;
  // Ints and unscaled decimals as high * 10^19 + low, each far from its bounds after 2^60 numbers.
  __int128 high_ = 0;
  __int128 low_ = 0;
  // Doubles in two's complement of fixed point: bit 0 is 2^-1074, and above 2^1024 there is room for 2^78 of them.
  std::array<uint64_t, 34> words_{};
};

}  // namespace ashlar::cel
