// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <string>

#include "base/clock.h"
#include "base/observe.h"
#include "base/trace.h"

namespace ashlar {

// Where a request comes from, as far as that is known.
struct Origin {
  std::string address;  // "192.0.2.1"
  std::string agent;    // how the client's program names itself
};

// What travels with one request: its name, its deadline, and where to tell. Lives as long as the request; one
// thread uses it at a time. The counters are filled by store and plan for the request's log line.
struct Context {
  std::string request_id;
  Deadline deadline;
  const Clock& clock;
  Observer& observer;
  Trace trace = {};
  const std::atomic<bool>* client_gone = nullptr;  // set by another thread; null: there is none who could go
  const Origin* origin = nullptr;                  // outlives it; null: it is told nowhere
  int statements = 0;
  int64_t plan_us = 0;
  int64_t queue_us = 0;
  int64_t store_us = 0;
  // Whether nobody waits for the answer any more: what has not begun need not begin.
  bool ClientGone() const { return client_gone != nullptr && client_gone->load(std::memory_order_relaxed); }
};

}  // namespace ashlar
