// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "base/context.h"
#include "base/task.h"
#include "call/call.h"
#include "call/caller.h"
#include "call/outcome.h"
#include "plan/planner.h"
#include "store/store.h"

namespace ashlar::engine {

// The one door: every surface and command runs its Calls here, and nowhere else. All the Calls of a unit share one
// transaction. A loop has one Engine of its own, made with that loop's session; Planner and service are shared.
class Engine {
 public:
  Engine(const plan::Planner& planner, store::Session& session) : planner_(planner), session_(session) {}

  const model::Service& service() const { return planner_.service(); }

  // Whether a caller has a chance of an operation, as far as its rule tells before any row is looked at. The caller
  // must outlive what is returned.
  std::function<bool(const model::Operation&)> Chances(const Context& context, const call::Caller& caller) const;

  // One Call. The store's own trouble comes back as an ApiError (503, 504, 500) and has been observed.
  Eventually<call::Answer<call::Outcome>> Run(Context& context, const call::Caller& caller, const call::Call& call);

 private:
  const plan::Planner& planner_;
  store::Session& session_;
};

// Many Calls in one transaction, waiting for it: for operator commands. Each gets its answer; unless all succeeded,
// nothing remains; nor does it with `discard`.
std::vector<call::Answer<call::Outcome>> RunAll(const plan::Planner& planner, store::Store& store, Context& context,
                                                const call::Caller& caller, const std::vector<call::Call>& calls,
                                                bool discard = false);

}  // namespace ashlar::engine
