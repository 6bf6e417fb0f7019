// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "plan/planner.h"
#include "store/store.h"

namespace ashlar::engine {

// Removes what was kept of writes that are done once and has expired (docs/decisions/0014-idempotency.md), by as many
// units as it takes, between which others write. An Error is the store's.
Result<void> Sweep(const plan::Planner& planner, store::Store& store, Context& context, const std::stop_token& stop);

// Sweeps at once and then every few seconds, on a thread of its own, until it goes. What it is given must outlive it;
// let it go before the store closes.
class Sweeper {
 public:
  Sweeper(const plan::Planner& planner, store::Store& store, const Clock& clock, Observer& observer);

 private:
  std::mutex mutex_;
  std::condition_variable_any rest_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace ashlar::engine
