// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "base/clock.h"
#include "base/observe.h"
#include "base/trace.h"

namespace ashlar {

// What travels with one request: its name, its deadline, and where to tell. Lives as long as the request; one
// thread uses it at a time. The counters are filled by store and plan for the request's log line.
struct Context {
  std::string request_id;
  Deadline deadline;
  const Clock& clock;
  Observer& observer;
  Trace trace = {};
  int statements = 0;
  int64_t plan_us = 0;
  int64_t queue_us = 0;
  int64_t store_us = 0;
};

}  // namespace ashlar
