// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "call/storage.h"
#include "engine/sequence_feed.h"
#include "model/reach.h"
#include "plan/once.h"
#include "plan/rules.h"

namespace ashlar::engine {
namespace {

using call::Answer;
using call::Code;
using call::Outcome;

// The store's own trouble, in words for the caller; the log has the rest under the same request id.
call::ApiError ToApiError(Context& context, const Error& error) {
  auto plain = [](Code code) { return call::ApiError{code, std::string(RowOf(code).message), {}}; };
  switch (error.kind) {
    case ErrorKind::kTimeout: return plain(Code::kTimeout);
    case ErrorKind::kTooLarge: return {Code::kInvalidQuery, error.message, {}};
    case ErrorKind::kUnavailable:
      if (call::IsForCallers(error.message)) return {Code::kUnavailable, error.message, {}};
      return plain(Code::kUnavailable);
    case ErrorKind::kInvalid:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kInternal: break;
  }
  context.observer.Observe(Defect{context.request_id, "engine", error.message});
  return plain(Code::kInternal);
}

Answer<Outcome> OnlyAnswer(Context& context, Result<store::Outcomes> outcomes) {
  if (!outcomes) return std::unexpected(ToApiError(context, outcomes.error()));
  return std::move(outcomes->front());
}

// Keeps the unit alive for as long as the store works on it.
Task<Answer<Outcome>> Finish(Context& context, std::unique_ptr<store::Unit> unit,
                             Task<Result<store::Outcomes>> running) {
  auto outcomes = co_await std::move(running);
  auto answer = OnlyAnswer(context, std::move(outcomes));
  unit.reset();
  co_return answer;
}

// A sequence on its way through the store.
struct SequenceWork {
  SequenceWork(const plan::Planner& planner, Context& in_context, const call::Caller& caller, CallSequence& calls,
               const call::Once* once)
      : context(in_context), feed(planner, in_context, caller, calls, once) {
    unit.feed = &feed;
    unit.feed_writes = calls.writes() || once != nullptr;
    unit.mixed = unit.feed_writes && calls.reads();
  }

  // Whoever hears of it may send it again at once: the name is free before.
  SequenceAnswer Take(const Result<store::Outcomes>& outcomes) {
    hold.reset();
    if (!outcomes) return std::unexpected(Refused{std::nullopt, ToApiError(context, outcomes.error())});
    return feed.Take();
  }

  Context& context;
  SequenceFeed feed;
  store::Unit unit;
  std::optional<Underway::Hold> hold;
};

Task<SequenceAnswer> Finish(std::unique_ptr<SequenceWork> work, Task<Result<store::Outcomes>> running) {
  auto outcomes = co_await std::move(running);
  co_return work->Take(outcomes);
}

// One call, which is its own: it is planned again when its turn comes.
class OneCall final : public CallSequence {
 public:
  explicit OneCall(const call::Call& call) : call_(call) {}
  void Start() override { given_ = false; }
  call::Answer<const call::Call*> Next() override {
    if (std::exchange(given_, true)) return nullptr;
    return &call_;
  }
  void Answered(const Outcome&) override {}
  bool writes() const override { return true; }
  bool reads() const override { return false; }
  const call::Once* once() const { return &*call_.once; }

 private:
  const call::Call call_;
  bool given_ = false;
};

Answer<Outcome> OnlyOutcome(SequenceAnswer answer) {
  if (!answer) return std::unexpected(std::move(answer.error().error));
  if (answer->outcomes.size() != 1) return call::Refuse(Code::kInternal, std::string(RowOf(Code::kInternal).message));
  answer->outcomes[0].replayed = answer->replayed;
  return std::move(answer->outcomes[0]);
}

Task<Answer<Outcome>> Finish(std::unique_ptr<OneCall> one, Task<SequenceAnswer> running) {
  auto answer = co_await std::move(running);
  one.reset();
  co_return OnlyOutcome(std::move(answer));
}

// Plans each call of a source when the store asks for it.
class CallFeed final : public store::Feed {
 public:
  CallFeed(const plan::Planner& planner, Context& context, const call::Caller& caller, CallSource& calls)
      : planner_(planner), context_(context), caller_(caller), calls_(calls) {}

  void Start() override {
    all_well_ = true;
    calls_.Start();
  }

  Result<std::optional<plan::Plan>> Next() override {
    while (true) {
      TRY(call, calls_.Next());
      if (call == nullptr) return std::nullopt;
      auto plan = planner_.MakePlan(*call, caller_, context_);
      if (plan) return std::move(*plan);
      Answered(std::unexpected(std::move(plan).error()));
    }
  }

  void Answered(Answer<Outcome> answer) override {
    if (answer) return;
    all_well_ = false;
    calls_.Refused(std::move(answer).error());
  }

  bool AllWell() const override { return all_well_; }

 private:
  const plan::Planner& planner_;
  Context& context_;
  const call::Caller& caller_;
  CallSource& calls_;
  bool all_well_ = true;
};

}  // namespace

std::function<bool(const model::Operation&)> Engine::Chances(const Context& context, const call::Caller& caller) const {
  auto rules = std::make_shared<plan::Rules>(service(), caller, context.clock.NowMicros());
  return [rules](const model::Operation& operation) {
    const model::Resource& resource = rules->service().resource(operation.resource);
    return !cel::IsFalse(rules->Gate(resource, operation.kind));
  };
}

std::function<bool(const model::Resource&)> Engine::PurgeChances(const Context& context,
                                                                 const call::Caller& caller) const {
  auto rules = std::make_shared<plan::Rules>(service(), caller, context.clock.NowMicros());
  return [rules](const model::Resource& resource) {
    return resource.soft_delete && !cel::IsFalse(rules->Access(resource, &model::Access::purge));
  };
}

Eventually<Answer<Outcome>> Engine::Run(Context& context, const call::Caller& caller, const call::Call& call) {
  int64_t begun = context.clock.SteadyMicros();
  auto plan = planner_.MakePlan(call, caller, context, &memo_);
  context.plan_us += context.clock.SteadyMicros() - begun;
  if (!plan) return Answer<Outcome>(std::unexpected(std::move(plan).error()));
  if (call.once && !call.dry_run && plan->writes()) return RunOnce(context, caller, call);
  auto unit = std::make_unique<store::Unit>();
  unit->discard = call.dry_run;
  unit->plans.push_back(std::move(*plan));
  auto running = session_.Run(context, *unit);
  if (running.ready()) return OnlyAnswer(context, std::move(running.value()));
  return Finish(context, std::move(unit), std::move(running.task()));
}

Eventually<Answer<Outcome>> Engine::RunOnce(Context& context, const call::Caller& caller, const call::Call& call) {
  auto one = std::make_unique<OneCall>(call);
  auto running = Run(context, caller, *one, {.dry_run = false, .once = one->once()});
  if (running.ready()) return OnlyOutcome(std::move(running.value()));
  return Finish(std::move(one), std::move(running.task()));
}

Eventually<SequenceAnswer> Engine::Run(Context& context, const call::Caller& caller, CallSequence& calls,
                                       const SequenceOptions& options) {
  auto refuse = [](Code code, std::string message) -> SequenceAnswer {
    return std::unexpected(Refused{std::nullopt, {code, std::move(message), {}}});
  };
  const call::Once* once = options.dry_run ? nullptr : options.once;
  auto work = std::make_unique<SequenceWork>(planner_, context, caller, calls, once);
  work->unit.discard = options.dry_run;
  if (once != nullptr) {
    if (caller.anonymous() && once->key.size() < call::Once::kLeastAnonymous) {
      return refuse(Code::kInvalidQuery,
                    fmt::format("'Idempotency-Key' needs at least {} characters without a credential",
                                call::Once::kLeastAnonymous));
    }
    work->hold = underway_.Begin(plan::OnceIdOf(*once, caller));
    if (!work->hold) {
      return refuse(Code::kIdempotencyInProgress, std::string(RowOf(Code::kIdempotencyInProgress).message));
    }
  }
  auto running = session_.Run(context, work->unit);
  if (running.ready()) return work->Take(running.value());
  return Finish(std::move(work), std::move(running.task()));
}

std::vector<Answer<Outcome>> RunAll(const plan::Planner& planner, store::Store& store, Context& context,
                                    const call::Caller& caller, const std::vector<call::Call>& calls) {
  std::vector<Answer<Outcome>> answers;
  store::Unit unit;
  unit.collect_all = true;
  bool refused = false;
  for (const call::Call& call : calls) {
    unit.discard = unit.discard || call.dry_run;
    auto plan = planner.MakePlan(call, caller, context);
    refused = refused || !plan;
    if (plan) {
      unit.plans.push_back(std::move(*plan));
      answers.emplace_back(Outcome());
    } else {
      answers.emplace_back(std::unexpected(std::move(plan).error()));
    }
  }
  if (refused) return answers;
  auto outcomes = store.RunAndWait(context, unit);
  if (outcomes) return std::move(*outcomes);
  call::ApiError error = ToApiError(context, outcomes.error());
  for (auto& answer : answers) answer = std::unexpected(error);
  return answers;
}

Answer<bool> RunEach(const plan::Planner& planner, store::Store& store, Context& context, const call::Caller& caller,
                     CallSource& calls, bool discard) {
  CallFeed feed(planner, context, caller, calls);
  store::Unit unit;
  unit.feed = &feed;
  unit.alone = true;
  unit.discard = discard;
  auto outcomes = store.RunAndWait(context, unit);
  if (!outcomes) return std::unexpected(ToApiError(context, outcomes.error()));
  return feed.AllWell() && !discard;
}

}  // namespace ashlar::engine
