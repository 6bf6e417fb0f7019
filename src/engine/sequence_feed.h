// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/context.h"
#include "call/caller.h"
#include "engine/call_sequence.h"
#include "plan/planner.h"
#include "store/store.h"

namespace ashlar::engine {

// A sequence of calls as the plans of a unit: plans each call when its turn comes, keeps what comes of it, and ends at
// the first refusal. Where it is to be done once, what was kept of it is looked for first, and what comes of it is kept
// behind the last call. REQUIRES: what it refers to outlives it.
class SequenceFeed final : public store::Feed {
 public:
  SequenceFeed(const plan::Planner& planner, Context& context, const call::Caller& caller, CallSequence& calls,
               const call::Once* once)
      : planner_(planner), context_(context), caller_(caller), calls_(calls), once_(once) {}

  void Start() override;
  Result<std::optional<plan::Plan>> Next() override;
  void Answered(call::Answer<call::Outcome> answer) override;
  bool AllWell() const override { return !refused_; }

  // What came of it, once it was run to its end.
  SequenceAnswer Take();

 private:
  enum class Phase : uint8_t { kRecall, kCalls, kKeep, kEnd };
  Result<std::optional<plan::Plan>> NextCall();
  Result<std::optional<plan::Plan>> Keep();
  void Recalled(const call::Outcome& kept);
  void JudgeAgain();
  void CannotTell();
  void Refuse(std::optional<size_t> call, call::ApiError error);

  const plan::Planner& planner_;
  Context& context_;
  const call::Caller& caller_;
  CallSequence& calls_;
  const call::Once* once_;  // null: it is done each time
  Phase phase_ = Phase::kCalls;
  bool replayed_ = false;
  std::vector<call::Outcome> outcomes_;
  size_t bytes_ = 0;  // of the outcomes
  std::optional<Refused> refused_;
};

}  // namespace ashlar::engine
