// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "plan/planner.h"
#include "store/store.h"

namespace ashlar::identity {

// For how long events are kept, and how many of them at most.
struct EventsKept {
  int64_t micros = int64_t{90} * 86'400 * 1'000'000;
  int64_t most = 1'000'000;
};

// Removes the events that are too old or too many, oldest first, by as many units as it takes, between which others
// write. An Error is the store's, or the first refusal.
Result<void> SweepEvents(const plan::Planner& planner, store::Store& store, Context& context, const EventsKept& kept,
                         const std::stop_token& stop = {});

// Sweeps at once and then every ten minutes, on a thread of its own, until it goes. What it is given must outlive it;
// let it go before the store closes.
class EventSweeper {
 public:
  EventSweeper(const plan::Planner& planner, store::Store& store, const Clock& clock, Observer& observer);

 private:
  std::mutex mutex_;
  std::condition_variable_any rest_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace ashlar::identity
