// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "model/reach.h"
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
    case ErrorKind::kTooLarge:
      return {
          Code::kInvalidQuery, "the rows that this needs are too large together; ask for fewer, or fewer fields", {}};
    case ErrorKind::kUnavailable: return plain(Code::kUnavailable);
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

}  // namespace

std::function<bool(const model::Operation&)> Engine::Chances(const Context& context, const call::Caller& caller) const {
  auto rules = std::make_shared<plan::Rules>(service(), caller, context.clock.NowMicros());
  return [rules](const model::Operation& operation) {
    const model::Resource& resource = rules->service().resource(operation.resource);
    return !cel::IsFalse(rules->Access(model::GateOf(resource, operation.kind)));
  };
}

Eventually<Answer<Outcome>> Engine::Run(Context& context, const call::Caller& caller, const call::Call& call) {
  int64_t begun = context.clock.SteadyMicros();
  auto plan = planner_.MakePlan(call, caller, context);
  context.plan_us += context.clock.SteadyMicros() - begun;
  if (!plan) return Answer<Outcome>(std::unexpected(std::move(plan).error()));
  auto unit = std::make_unique<store::Unit>();
  unit->plans.push_back(std::move(*plan));
  auto running = session_.Run(context, *unit);
  if (running.ready()) return OnlyAnswer(context, std::move(running.value()));
  return Finish(context, std::move(unit), std::move(running.task()));
}

std::vector<Answer<Outcome>> RunAll(const plan::Planner& planner, store::Store& store, Context& context,
                                    const call::Caller& caller, const std::vector<call::Call>& calls, bool discard) {
  std::vector<Answer<Outcome>> answers;
  store::Unit unit;
  unit.collect_all = true;
  unit.discard = discard;
  bool refused = false;
  for (const call::Call& call : calls) {
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

}  // namespace ashlar::engine
