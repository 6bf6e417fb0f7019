// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/run.h"

#include <sys/resource.h>

namespace ashlar::store::sqlite {
namespace {

// What a unit is run with.
struct Means {
  Connection& connection;
  const model::Service& service;
  Context& context;
  ReadBudget* budget;  // null: it may read for as long as it has time
};

Result<plan::Answer> RunStatement(const Means& means, const plan::Statement& statement) {
  if (means.budget == nullptr || sql::Writes(statement)) return means.connection.Run(means.service, statement);
  means.budget->Begin();
  Result<plan::Answer> answer = means.connection.Run(means.service, statement);
  means.budget->End();
  if (means.budget->Spent()) return Fail(ErrorKind::kTimeout, "what it may read is spent");
  return answer;
}

Result<call::Answer<call::Outcome>> RunSteps(const Means& means, plan::Program& program) {
  Context& context = means.context;
  program.Start();
  std::vector<plan::Answer> answers;
  while (true) {
    std::vector<plan::Statement> statements = program.Advance(std::move(answers));
    if (statements.empty()) return program.Take();
    answers.clear();
    for (const plan::Statement& statement : statements) {
      if (context.deadline.Passed(context.clock)) return Fail(ErrorKind::kTimeout, "the deadline has passed");
      const plan::ResourceId of = std::visit([](const auto& one) { return one.resource; }, statement);
      if (of != means.service.audit) ++context.statements;
      TRY(answer, RunStatement(means, statement));
      answers.push_back(std::move(answer));
      if (plan::IsViolation(answers.back())) break;
    }
  }
}

Result<void> RunFeed(const Means& means, Feed& feed) {
  try {
    feed.Start();
    while (true) {
      TRY(plan, feed.Next());
      if (!plan) return {};
      TRY(outcome, RunSteps(means, plan->program()));
      feed.Answered(std::move(outcome));
    }
  } catch (const std::exception& error) {
    return Fail(ErrorKind::kInternal, error.what());
  }
}

Result<call::Answer<call::Outcome>> RunGuarded(const Means& means, plan::Program& program) {
  try {
    return RunSteps(means, program);
  } catch (const std::exception& error) {
    return Fail(ErrorKind::kInternal, error.what());
  }
}

Result<Outcomes> RunPlans(const Means& means, Unit& unit) {
  Outcomes outcomes;
  for (plan::Plan& plan : unit.plans) {
    Result<call::Answer<call::Outcome>> outcome = RunGuarded(means, plan.program());
    if (!outcome) return std::unexpected(std::move(outcome).error());
    bool refused = !outcome->has_value();
    outcomes.push_back(std::move(*outcome));
    if (refused && !unit.collect_all) break;
  }
  if (unit.feed != nullptr) TRY_VOID(RunFeed(means, *unit.feed));
  return outcomes;
}

}  // namespace

int64_t ReadBudget::Now() {
  rusage used{};
  getrusage(RUSAGE_THREAD, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000'000 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

Result<call::Answer<call::Outcome>> RunProgram(Connection& connection, const model::Service& service, Context& context,
                                               plan::Program& program) {
  return RunGuarded({connection, service, context, nullptr}, program);
}

Result<Outcomes> RunUnit(Connection& connection, const model::Service& service, Context& context, Unit& unit,
                         ReadBudget* budget) {
  int64_t begun = context.clock.SteadyMicros();
  context.statements = 0;
  Result<Outcomes> outcomes = RunPlans({connection, service, context, budget}, unit);
  context.store_us += context.clock.SteadyMicros() - begun;
  return outcomes;
}

}  // namespace ashlar::store::sqlite
