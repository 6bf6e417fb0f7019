// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "base/context.h"
#include "call/call.h"
#include "call/caller.h"
#include "model/service.h"
#include "plan/once.h"
#include "plan/plan.h"

namespace ashlar::plan {

// Call x Caller x Service -> Plan, or why not: the one place where access rules meet requests. Order of refusals as
// contract.md "Access": the operation's rule as far as it folds; then the form; what depends on rows is decided by
// the Plan itself, in that order too.
//
// Immutable; safe to share between threads. Keeps references: service must outlive it and its Plans.
class Planner {
 public:
  // Signs cursors; 32 secret bytes.
  using CursorKey = std::array<uint8_t, 32>;
  Planner(const model::Service& service, const CursorKey& cursor_key, const OnceLimits& once_limits = {})
      : service_(service), cursor_key_(cursor_key), once_limits_(once_limits) {}

  call::Answer<Plan> MakePlan(const call::Call& call, const call::Caller& caller, const Context& context) const;

  // What a client's name for a write leads to, and what keeps it (plan/once.h): read before the write and written
  // behind it, in its transaction; and what removes some of those that have expired. The engine's own; nobody is shown
  // a record.
  Plan MakeRecall(const call::Once& once, const call::Caller& caller, const Context& context) const;
  Plan MakeKeep(const call::Once& once, const call::Caller& caller, const Context& context, std::string outcomes) const;
  Plan MakeSweep(const Context& context) const;

  const model::Service& service() const { return service_; }

 private:
  const model::Service& service_;
  CursorKey cursor_key_;
  OnceLimits once_limits_;
};

}  // namespace ashlar::plan
