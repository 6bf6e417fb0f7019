// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace ashlar::sender {

// Counts microseconds in buckets that are exact below 128 and at most 1/64 wide above.
class Histogram {
 public:
  void Add(int64_t micros) {
    uint64_t value = static_cast<uint64_t>(std::max<int64_t>(micros, 0));
    size_t bucket = BucketOf(value);
    if (bucket >= counts_.size()) counts_.resize(bucket + 1);
    ++counts_[bucket];
    ++count_;
    most_ = std::max(most_, value);
  }
  uint64_t count() const { return count_; }
  uint64_t most() const { return most_; }
  // The least value that this share of them does not pass, rounded up to its bucket's end.
  uint64_t At(double share) const {
    uint64_t rank = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
    uint64_t seen = 0;
    for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen >= rank && seen > 0) return std::min(EndOf(bucket), most_);
    }
    return most_;
  }

 private:
  static constexpr int kBits = 6;  // of a value, behind its first one
  static size_t BucketOf(uint64_t value) {
    if (value < (2u << kBits)) return value;
    int shift = std::bit_width(value) - 1 - kBits;
    return (static_cast<size_t>(shift) << kBits) + (value >> shift);
  }
  static uint64_t EndOf(size_t bucket) {
    if (bucket < (2u << kBits)) return bucket;
    size_t shift = (bucket >> kBits) - 1;
    uint64_t head = bucket - (shift << kBits);
    return ((head + 1) << shift) - 1;
  }

  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  uint64_t most_ = 0;
};

}  // namespace ashlar::sender
