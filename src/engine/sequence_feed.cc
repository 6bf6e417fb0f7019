// SPDX-License-Identifier: Apache-2.0
#include "engine/sequence_feed.h"

#include "call/outcome_codec.h"

namespace ashlar::engine {
namespace {

using call::Code;

constexpr size_t kMostBytes = 32 << 20;  // of the rows that one sequence brings, as of one list
constexpr size_t kMostKept = 4 << 20;    // of what is kept of one

}  // namespace

void SequenceFeed::Start() {
  phase_ = once_ == nullptr ? Phase::kCalls : Phase::kRecall;
  replayed_ = false;
  outcomes_.clear();
  bytes_ = 0;
  refused_.reset();
  calls_.Start();
}

Result<std::optional<plan::Plan>> SequenceFeed::Next() {
  if (refused_ || phase_ == Phase::kEnd) return std::nullopt;
  if (phase_ == Phase::kRecall) return planner_.MakeRecall(*once_, caller_, context_);
  int64_t begun = context_.clock.SteadyMicros();
  auto plan = NextCall();
  int64_t taken_us = context_.clock.SteadyMicros() - begun;
  context_.plan_us += taken_us;
  context_.store_us -= taken_us;  // which the store counts as its own
  return plan;
}

Result<std::optional<plan::Plan>> SequenceFeed::NextCall() {
  auto call = calls_.Next();
  if (!call) return Refuse(outcomes_.size(), std::move(call.error())), std::nullopt;
  if (*call == nullptr) return Keep();
  auto plan = planner_.MakePlan(**call, caller_, context_);
  if (plan) return std::move(*plan);
  Refuse(outcomes_.size(), std::move(plan.error()));
  return std::nullopt;
}

// What came of it all, where it is to be done once.
Result<std::optional<plan::Plan>> SequenceFeed::Keep() {
  if (once_ == nullptr) return std::nullopt;
  phase_ = Phase::kKeep;
  std::string kept = call::EncodeOutcomes(planner_.service(), outcomes_);
  if (kept.size() > kMostKept) {
    Refuse(std::nullopt,
           {Code::kPayloadTooLarge, "what this answers is too large to be kept for its Idempotency-Key", {}});
    return std::nullopt;
  }
  return planner_.MakeKeep(*once_, caller_, context_, std::move(kept));
}

void SequenceFeed::Answered(call::Answer<call::Outcome> answer) {
  if (!answer) {
    bool of_call = phase_ == Phase::kCalls;
    return Refuse(of_call ? std::optional(outcomes_.size()) : std::nullopt, std::move(answer.error()));
  }
  if (phase_ == Phase::kRecall) return Recalled(*answer);
  if (phase_ == Phase::kKeep) {
    phase_ = Phase::kEnd;
    return;
  }
  bytes_ += call::SizeOf(*answer);
  if (bytes_ > kMostBytes) {
    return Refuse(outcomes_.size(),
                  {Code::kInvalidQuery, "the rows that this brings are too large together; ask for fewer", {}});
  }
  outcomes_.push_back(std::move(*answer));
  calls_.Answered(outcomes_.back());
}

void SequenceFeed::Recalled(const call::Outcome& kept) {
  phase_ = Phase::kCalls;
  if (kept.rows.rows.empty()) return;
  phase_ = Phase::kEnd;
  auto outcomes = call::DecodeOutcomes(planner_.service(), kept.rows.rows.at(0, 0).text());
  if (!outcomes) return CannotTell();
  outcomes_ = std::move(*outcomes);
  replayed_ = true;
  JudgeAgain();
}

// A caller that has lost the right to any of the calls since is refused, as far as rules tell without a row.
void SequenceFeed::JudgeAgain() {
  for (size_t done = 0;; ++done) {
    auto call = calls_.Next();
    if (!call) return CannotTell();
    if (*call == nullptr) return;
    auto plan = planner_.MakePlan(**call, caller_, context_);
    bool denied = !plan && (plan.error().code == Code::kForbidden || plan.error().code == Code::kUnauthenticated);
    if (denied) return Refuse(done, std::move(plan.error()));
    if (done == outcomes_.size()) return CannotTell();
    calls_.Answered(outcomes_[done]);
  }
}

void SequenceFeed::CannotTell() {
  Refuse(std::nullopt, {Code::kConflict, "this was done; what it answered can no longer be told", {}});
}

SequenceAnswer SequenceFeed::Take() {
  if (refused_) return std::unexpected(std::move(*refused_));
  return Done{std::move(outcomes_), replayed_};
}

void SequenceFeed::Refuse(std::optional<size_t> call, call::ApiError error) {
  refused_ = Refused{call, std::move(error)};
}

}  // namespace ashlar::engine
