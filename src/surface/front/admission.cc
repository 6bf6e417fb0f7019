// SPDX-License-Identifier: Apache-2.0
#include "surface/front/admission.h"

#include <algorithm>

namespace ashlar::surface {

std::optional<std::string_view> Admission::Refuse(bool writes, const http::LagMeter& lag) {
  if (limits_.loop_lag_us > 0 && IsLoopBehind(lag)) {
    shed_.loop.fetch_add(1, std::memory_order_relaxed);
    return "the server is behind with what was asked before";
  }
  if (writes && limits_.write_wait_us > 0 && IsWriterBehind()) {
    shed_.writer.fetch_add(1, std::memory_order_relaxed);
    return "the server is behind with writes";
  }
  return std::nullopt;
}

// A pass of the loop serves what became ready during the one before, oldest first: as long as passes are short, nobody
// waits long. So each takes requests for a while and refuses the rest; for longer where there are so many to refuse
// that this alone takes long, as otherwise little else would be done.
bool Admission::IsLoopBehind(const http::LagMeter& lag) {
  if (lag.passes() != pass_) {
    refusing_us_ = refused_from_us_ ? lag.last() - *refused_from_us_ : 0;
    refused_from_us_.reset();
    taken_ = 0;
    pass_ = lag.passes();
  }
  ++taken_;
  if (!loop_.sheds && !lag.MayStand()) return false;
  const int64_t limit = limits_.loop_lag_us;
  int64_t now = clock_.SteadyMicros();
  int64_t waited = lag.Waited(now);
  bool well = false;
  if (loop_.sheds) {
    int64_t room = std::clamp(refusing_us_ / 2, limit / kLoopTakenPart, limit / kLoopCrowdPart);
    well = waited <= room || (taken_ <= kLeastOfPass && waited <= limit);
  } else {
    bool crowd = taken_ > kCrowdOfPass && waited > limit / kLoopCrowdPart;
    well = !crowd && lag.Standing(now) <= limit;
  }
  if (well) {
    loop_.Take(now);
    return false;
  }
  loop_.Refuse(now);
  --taken_;
  if (!refused_from_us_) refused_from_us_ = waited;
  return true;
}

// The queue has a lock and the load a price: it is looked at now and then.
bool Admission::IsWriterBehind() {
  const int64_t limit = limits_.write_wait_us;
  int64_t now = clock_.SteadyMicros();
  if (now - looked_us_ >= (writer_.sheds ? kLookOftenMicros : kLookEveryMicros)) {
    looked_us_ = now;
    seen_ = waiting_();
  }
  bool crowd = seen_.count >= kCrowdOfWrites && seen_.oldest_us > limit / kWriteCrowdPart;
  bool behind = crowd || seen_.oldest_us > (writer_.sheds ? limit / kWriteTakenPart : limit);
  behind ? writer_.Refuse(now) : writer_.Take(now);
  return behind;
}

bool Admission::IsTimeToTell() {
  int64_t now = clock_.SteadyMicros();
  if (now - told_us_ < kTellEveryMicros) return false;
  told_us_ = now;
  return true;
}

}  // namespace ashlar::surface
