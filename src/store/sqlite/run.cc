// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/run.h"

namespace ashlar::store::sqlite {
namespace {

Result<call::Answer<call::Outcome>> RunSteps(Connection& connection, const model::Service& service, Context& context,
                                             plan::Program& program) {
  program.Start();
  std::vector<plan::Answer> answers;
  while (true) {
    std::vector<plan::Statement> statements = program.Advance(std::move(answers));
    if (statements.empty()) return program.Take();
    answers.clear();
    for (const plan::Statement& statement : statements) {
      if (context.deadline.Passed(context.clock)) return Fail(ErrorKind::kTimeout, "the deadline has passed");
      const plan::ResourceId of = std::visit([](const auto& one) { return one.resource; }, statement);
      if (of != service.audit) ++context.statements;
      TRY(answer, connection.Run(service, statement));
      answers.push_back(std::move(answer));
    }
  }
}

Result<void> RunFeed(Connection& connection, const model::Service& service, Context& context, Feed& feed) {
  try {
    feed.Start();
    while (true) {
      TRY(plan, feed.Next());
      if (!plan) return {};
      TRY(outcome, RunSteps(connection, service, context, plan->program()));
      feed.Answered(std::move(outcome));
    }
  } catch (const std::exception& error) {
    return Fail(ErrorKind::kInternal, error.what());
  }
}

Result<Outcomes> RunPlans(Connection& connection, const model::Service& service, Context& context, Unit& unit) {
  Outcomes outcomes;
  for (plan::Plan& plan : unit.plans) {
    TRY(outcome, RunProgram(connection, service, context, plan.program()));
    bool refused = !outcome.has_value();
    outcomes.push_back(std::move(outcome));
    if (refused && !unit.collect_all) break;
  }
  if (unit.feed != nullptr) TRY_VOID(RunFeed(connection, service, context, *unit.feed));
  return outcomes;
}

}  // namespace

Result<call::Answer<call::Outcome>> RunProgram(Connection& connection, const model::Service& service, Context& context,
                                               plan::Program& program) {
  try {
    return RunSteps(connection, service, context, program);
  } catch (const std::exception& error) {
    return Fail(ErrorKind::kInternal, error.what());
  }
}

Result<Outcomes> RunUnit(Connection& connection, const model::Service& service, Context& context, Unit& unit) {
  int64_t begun = context.clock.SteadyMicros();
  context.statements = 0;
  Result<Outcomes> outcomes = RunPlans(connection, service, context, unit);
  context.store_us += context.clock.SteadyMicros() - begun;
  return outcomes;
}

bool AllWell(const Unit& unit, const Outcomes& outcomes) {
  if (unit.feed != nullptr && !unit.feed->AllWell()) return false;
  return std::all_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) { return outcome.has_value(); });
}

}  // namespace ashlar::store::sqlite
