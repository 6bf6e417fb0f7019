// SPDX-License-Identifier: Apache-2.0
#include "surface/front/admission.h"

#include <algorithm>

namespace ashlar::surface {

std::optional<std::string_view> Admission::Refuse(bool writes, const http::LagMeter& lag) {
  See(lag);
  const bool loop = limits_.loop_lag_us > 0 && IsLoopBehind(lag);
  if (!loop && !(writes && limits_.write_wait_us > 0 && IsWriterBehind(lag))) {
    ++taken_;
    return std::nullopt;
  }
  if (!refused_from_us_) refused_from_us_ = lag.Waited(clock_.SteadyMicros());
  (loop ? shed_.loop : shed_.writer).fetch_add(1, std::memory_order_relaxed);
  return loop ? "the server is behind with what was asked before" : "the server is behind with writes";
}

void Admission::See(const http::LagMeter& lag) {
  if (lag.passes() == pass_) return;
  refusing_us_ = refused_from_us_ ? lag.last() - *refused_from_us_ : 0;
  refused_from_us_.reset();
  taken_ = 0;
  pass_ = lag.passes();
}

// A pass of the loop serves what became ready during the one before, oldest first: as long as passes are short, nobody
// waits long. So each takes requests for a while and refuses the rest; for longer where there are so many to refuse
// that this alone takes long, as otherwise little else would be done.
bool Admission::HasRoom(int64_t waited) const {
  const int64_t limit = limits_.loop_lag_us;
  const int64_t room = std::clamp(refusing_us_ / 2, limit / kLoopTakenPart, limit / kLoopCrowdPart);
  return waited <= room || (taken_ < kLeastOfPass && waited <= limit);
}

bool Admission::IsLoopBehind(const http::LagMeter& lag) {
  if (!loop_.sheds && !lag.MayStand()) return false;
  const int64_t limit = limits_.loop_lag_us;
  const int64_t now = clock_.SteadyMicros();
  const int64_t waited = lag.Waited(now);
  bool behind = false;
  if (loop_.sheds) {
    behind = !HasRoom(waited);
  } else {
    const bool crowd = taken_ >= kCrowdOfPass && waited > limit / kLoopCrowdPart;
    behind = crowd || lag.Standing(now) > limit;
  }
  loop_.Note(behind, now);
  return behind;
}

// The queue has a lock and the load a price: it is looked at now and then. Where the writer has not a core for itself,
// a loop that reads writes for long keeps it from them: while they are refused, a pass takes few of them, too.
bool Admission::IsWriterBehind(const http::LagMeter& lag) {
  const int64_t limit = limits_.write_wait_us;
  const int64_t now = clock_.SteadyMicros();
  if (now - looked_us_ >= (writer_.sheds ? kLookOftenMicros : kLookEveryMicros)) {
    looked_us_ = now;
    seen_ = waiting_();
  }
  const bool crowd = seen_.count >= kCrowdOfWrites && seen_.oldest_us > limit / kWriteCrowdPart;
  const bool full = writer_.sheds && limits_.loop_lag_us > 0 && !HasRoom(lag.Waited(now));
  // While one group is written, on a slow disk for long, the next one gathers.
  const int64_t taken = std::max(limit / kWriteTakenPart, std::min(seen_.group_us, limit / kWriteCrowdPart));
  const bool behind = crowd || full || seen_.oldest_us > (writer_.sheds ? taken : limit);
  writer_.Note(behind, now);
  return behind;
}

bool Admission::IsTimeToTell() {
  int64_t now = clock_.SteadyMicros();
  if (now - told_us_ < kTellEveryMicros) return false;
  told_us_ = now;
  return true;
}

}  // namespace ashlar::surface
