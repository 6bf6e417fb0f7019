// SPDX-License-Identifier: Apache-2.0
#include "surface/front/admission.h"

namespace ashlar::surface {

std::optional<std::string_view> Admission::Refuse(bool writes, int64_t loop_lag_us) {
  if (limits_.loop_lag_us > 0 && loop_lag_us > limits_.loop_lag_us) {
    shed_.loop.fetch_add(1, std::memory_order_relaxed);
    return "the server is behind with what was asked before";
  }
  if (writes && limits_.write_wait_us > 0 && OldestWrite() > limits_.write_wait_us) {
    shed_.writer.fetch_add(1, std::memory_order_relaxed);
    return "the server is behind with writes";
  }
  return std::nullopt;
}

// The queue has a lock and the load a price: it is looked at now and then.
int64_t Admission::OldestWrite() {
  int64_t now = clock_.SteadyMicros();
  if (now - looked_us_ >= kLookEveryMicros) {
    looked_us_ = now;
    oldest_us_ = oldest_write_us_();
  }
  return oldest_us_;
}

}  // namespace ashlar::surface
