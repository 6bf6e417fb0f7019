// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <map>
#include <string>

#include "bench/sender/arguments.h"
#include "bench/sender/histogram.h"

namespace ashlar::sender {

// What became of the requests that one phase scheduled, or of all. Refused: 5xx, mostly 503.
struct Counts {
  uint64_t scheduled = 0;
  uint64_t sent = 0;
  uint64_t not_sent = 0;    // no connection was free, and no more may be opened
  uint64_t late = 0;        // sent more than kLateMicros behind the schedule: the sender's own fault
  uint64_t failed = 0;      // the connection ended, or no answer came
  uint64_t without_wait = 0;  // of the refusals: no Retry-After
  std::map<int, uint64_t> statuses;
  std::array<Histogram, 6> latencies;  // by the status's first digit; [0]: how far sending was behind
};

// A second, by when answers came.
struct Second {
  uint64_t good = 0;  // 2xx
  uint64_t other = 0;
  Histogram latencies;  // of the good
};

// Everything that a run has counted, and the JSON that tells it.
class Tally {
 public:
  static constexpr int64_t kLateMicros = 1000;

  Tally(size_t phases, int64_t begin) : phases_(phases), begin_(begin) {}

  void NotSent(size_t phase);
  void Sent(size_t phase, int64_t behind_us);
  void Failed(size_t phase);
  // `since`: when the request was to be sent; microseconds of the clock, as `now`.
  void Answered(size_t phase, int status, bool has_wait, int64_t since, int64_t now);
  // `opened`: connections, ever. Sent and not answered: has failed.
  std::string Render(const std::vector<Phase>& schedule, size_t opened) const;

 private:
  Second& At(int64_t now);

  std::vector<Counts> phases_;
  std::vector<Second> seconds_;
  int64_t begin_;
};

}  // namespace ashlar::sender
