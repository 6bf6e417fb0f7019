// SPDX-License-Identifier: Apache-2.0
#include "engine/sweep.h"

namespace ashlar::engine {
namespace {

constexpr std::chrono::seconds kBetween{10};
constexpr int64_t kPatienceUs = 10'000'000;  // of one unit, while others write

}  // namespace

Result<void> Sweep(const plan::Planner& planner, store::Store& store, Context& context, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    context.deadline = Deadline::After(context.clock, kPatienceUs);
    store::Unit unit;
    unit.plans.push_back(planner.MakeSweep(context));
    TRY(outcomes, store.RunAndWait(context, unit));
    if (!outcomes[0] || outcomes[0]->rows.rows.size() < plan::kSweptAtOnce) return {};
  }
  return {};
}

Sweeper::Sweeper(const plan::Planner& planner, store::Store& store, const Clock& clock, Observer& observer)
    : thread_([this, &planner, &store, &clock, &observer](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
          Context context{"sweep", {}, clock, observer};
          // A store that is busy or broken says so itself, and the next sweep comes soon.
          (void)Sweep(planner, store, context, stop);
          rest_.wait_for(lock, stop, kBetween, [] { return false; });
        }
      }) {}

}  // namespace ashlar::engine
