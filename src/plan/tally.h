// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "call/aggregation.h"
#include "cel/sum.h"
#include "types/value.h"

namespace ashlar::plan {

// The sum or mean of the values of one group, the same in whatever order they come: exact until the end. `Add* Finish`
class Tally {
 public:
  struct Numbers {
    types::Kind kind = types::Kind::kInt64;  // of the values: int64, float64, decimal, duration
    int scale = 0;                           // of decimals
    types::Kind result = types::Kind::kInt64;
    int result_scale = 0;
  };
  Tally(bool mean, Numbers numbers) : mean_(mean), numbers_(numbers), total_(TagOf(numbers.kind), numbers.scale) {}

  // Null is passed over.
  void Add(const types::Value& value);
  // Null of no value; nothing where it does not fit.
  std::optional<types::Value> Finish() const;

 private:
  static cel::Type::Tag TagOf(types::Kind kind) {
    return kind == types::Kind::kFloat64 ? cel::Type::Tag::kDouble : cel::Type::Tag::kDecimal;
  }
  std::optional<types::Value> Mean(const types::Decimal& sum) const;
  std::optional<types::Value> AsResult(const types::Decimal& whole) const;

  bool mean_;
  Numbers numbers_;
  cel::Total total_;
  int64_t count_ = 0;
};

}  // namespace ashlar::plan
