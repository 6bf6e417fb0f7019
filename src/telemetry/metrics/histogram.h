// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace ashlar::telemetry {

// A number that one thread counts up and any may read: no lock, and no locked instruction.
class Tally {
 public:
  void Add(int64_t more) { value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_ = 0;
};

// Upper bounds, inclusive: from what a point read takes to a request's deadline.
inline constexpr std::array<int64_t, 17> kBoundsMicros = {50,      100,       250,       500,       1'000,     2'500,
                                                          5'000,   10'000,    25'000,    50'000,    100'000,   250'000,
                                                          500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};

// What histograms hold, summed up.
struct Durations {
  std::array<int64_t, kBoundsMicros.size() + 1> counts{};  // of each bound alone; the last one: beyond all
  int64_t micros = 0;
};

// Durations that one thread counts and any may read.
class Histogram {
 public:
  void Add(int64_t micros) {
    auto bound = std::lower_bound(kBoundsMicros.begin(), kBoundsMicros.end(), micros);
    counts_[static_cast<size_t>(bound - kBoundsMicros.begin())].Add(1);
    micros_.Add(micros);
  }
  void AddTo(Durations& sum) const {
    for (size_t i = 0; i < counts_.size(); ++i) sum.counts[i] += counts_[i].value();
    sum.micros += micros_.value();
  }

 private:
  std::array<Tally, kBoundsMicros.size() + 1> counts_;
  Tally micros_;
};

}  // namespace ashlar::telemetry
