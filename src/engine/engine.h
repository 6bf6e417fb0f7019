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
#include "engine/call_sequence.h"
#include "engine/underway.h"
#include "plan/planner.h"
#include "store/store.h"

namespace ashlar::engine {

// The one door: every surface and command runs its Calls here, and nowhere else. All the Calls of a unit share one
// transaction. A loop has one Engine of its own, made with that loop's session; Planner, service and Underway are
// shared.
class Engine {
 public:
  Engine(const plan::Planner& planner, store::Session& session, Underway& underway)
      : planner_(planner), session_(session), underway_(underway) {}

  const model::Service& service() const { return planner_.service(); }

  // Whether a caller has a chance of an operation, as far as its rule tells before any row is looked at. The caller
  // must outlive what is returned.
  std::function<bool(const model::Operation&)> Chances(const Context& context, const call::Caller& caller) const;
  // The same of deleting rows for good that are kept otherwise.
  std::function<bool(const model::Resource&)> PurgeChances(const Context& context, const call::Caller& caller) const;

  // One Call. The store's own trouble comes back as an ApiError (503, 504, 500) and has been observed. REQUIRES: the
  // caller lives until the answer is there.
  Eventually<call::Answer<call::Outcome>> Run(Context& context, const call::Caller& caller, const call::Call& call);

  // All of them in one transaction, or nothing of any. REQUIRES: caller and calls live until the answer is there.
  Eventually<SequenceAnswer> Run(Context& context, const call::Caller& caller, CallSequence& calls,
                                 const SequenceOptions& options);

 private:
  Eventually<call::Answer<call::Outcome>> RunOnce(Context& context, const call::Caller& caller, const call::Call& call);

  const plan::Planner& planner_;
  store::Session& session_;
  Underway& underway_;
  plan::Memo memo_;
};

// Some Calls in one transaction, waiting for it: for operator commands. Each gets its answer; unless all succeeded,
// nothing remains; nor if one of them is a dry run.
std::vector<call::Answer<call::Outcome>> RunAll(const plan::Planner& planner, store::Store& store, Context& context,
                                                const call::Caller& caller, const std::vector<call::Call>& calls);

// Calls that are too many to be kept: each is made when its turn comes and forgotten then. Used by one thread at a
// time, not always the one that made it.
class CallSource {
 public:
  virtual ~CallSource() = default;
  // Begins (again) from the first call.
  virtual void Start() = 0;
  // The next call, valid until the one after it is asked for; null: there is none any more. An Error ends it all.
  virtual Result<const call::Call*> Next() = 0;
  // Why the call that Next gave last was refused.
  virtual void Refused(call::ApiError error) = 0;
};

// As RunAll, with no answers but the refusals, which the source is told. Whether everything remains: nothing does after
// a refusal, nor with `discard`. The error is the source's own or the store's. While it runs no other unit is written.
call::Answer<bool> RunEach(const plan::Planner& planner, store::Store& store, Context& context,
                           const call::Caller& caller, CallSource& calls, bool discard = false);

}  // namespace ashlar::engine
