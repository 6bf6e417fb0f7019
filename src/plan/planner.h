// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "base/context.h"
#include "call/call.h"
#include "call/caller.h"
#include "model/service.h"
#include "plan/memo.h"
#include "plan/once.h"
#include "plan/plan.h"
#include "plan/write_program.h"

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
  Planner(const model::Service& service, const CursorKey& cursor_key, const OnceLimits& once_limits = {});

  // With a memo, which is the calling thread's, what was made for the same caller before is used again.
  // REQUIRES: the call and the caller outlive the Plan.
  call::Answer<Plan> MakePlan(const call::Call& call, const call::Caller& caller, const Context& context,
                              Memo* memo = nullptr) const;

  // What a client's name for a write leads to, and what keeps it (plan/once.h): read before the write and written
  // behind it, in its transaction; and what removes some of those that have expired. The engine's own; nobody is shown
  // a record.
  Plan MakeRecall(const call::Once& once, const call::Caller& caller, const Context& context) const;
  Plan MakeKeep(const call::Once& once, const call::Caller& caller, const Context& context, std::string outcomes) const;
  Plan MakeSweep(const Context& context) const;

  // What expressions come to over a row (plan/inspect.h): for explanations to the operator. It changes nothing.
  Plan MakeInspection(model::ResourceId resource, Values key, std::vector<cel::ExprPtr> expressions) const;

  const model::Service& service() const { return service_; }

 private:
  // Whether nothing that a caller is shown of those resources' rows depends on the moment.
  bool IsTimeless(const Shape& shape) const;

  const model::Service& service_;
  CursorKey cursor_key_;
  OnceLimits once_limits_;
  References references_;
  std::vector<bool> timeless_;  // by resource: none of its rules asks now()
};

}  // namespace ashlar::plan
