// SPDX-License-Identifier: Apache-2.0
#include "recipes/memory_store/memory_store.h"

#include <boost/asio/awaitable.hpp>
#include <mutex>

#include "recipes/memory_store/tables.h"

namespace ashlar::recipes {
namespace {

using store::Outcomes;
using store::Unit;

class MemoryStore final : public store::Store {
 public:
  explicit MemoryStore(const model::Service& service) : service_(service), tables_(service) {}

  store::Capabilities capabilities() const override { return {.transactions = true, .relation_predicates = true}; }

  std::unique_ptr<store::Session> Open(boost::asio::io_context&) override {
    return std::make_unique<MemorySession>(*this);
  }

  Result<Outcomes> RunAndWait(Context& context, Unit& unit) override {
    std::lock_guard lock(mutex_);
    if (closed_) return Fail(ErrorKind::kUnavailable, "the store is closed");
    Tables before = tables_;
    Result<Outcomes> outcomes = RunPlans(context, unit);
    bool well =
        outcomes && std::all_of(outcomes->begin(), outcomes->end(), [](const auto& one) { return one.has_value(); });
    if (unit.feed != nullptr) well = well && unit.feed->AllWell();
    if (!well || unit.discard) tables_ = std::move(before);
    return outcomes;
  }

  Result<void> Ready() override { return {}; }
  store::Load CurrentLoad(const Clock&) override { return {}; }

  void Close() override {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }

 private:
  class MemorySession final : public store::Session {
   public:
    explicit MemorySession(MemoryStore& store) : store_(store) {}
    Eventually<Result<Outcomes>> Run(Context& context, Unit& unit) override { return store_.RunAndWait(context, unit); }
    void TurnEnds() override {}

   private:
    MemoryStore& store_;
  };

  Result<Outcomes> RunPlans(Context& context, Unit& unit) {
    Outcomes outcomes;
    context.statements = 0;
    for (plan::Plan& plan : unit.plans) {
      TRY(outcome, RunProgram(context, plan.program()));
      outcomes.push_back(std::move(outcome));
      if (!outcomes.back() && !unit.collect_all) break;
    }
    if (unit.feed != nullptr) TRY_VOID(RunFeed(context, *unit.feed));
    return outcomes;
  }

  Result<void> RunFeed(Context& context, store::Feed& feed) {
    feed.Start();
    while (true) {
      TRY(plan, feed.Next());
      if (!plan) return {};
      TRY(outcome, RunProgram(context, plan->program()));
      feed.Answered(std::move(outcome));
    }
  }

  Result<call::Answer<call::Outcome>> RunProgram(Context& context, plan::Program& program) {
    program.Start();
    std::vector<plan::Answer> answers;
    while (true) {
      std::vector<plan::Statement> statements = program.Advance(std::move(answers));
      if (statements.empty()) return program.Take();
      answers.clear();
      for (const plan::Statement& statement : statements) {
        if (context.deadline.Passed(context.clock)) return Fail(ErrorKind::kTimeout, "the deadline has passed");
        const plan::ResourceId of = std::visit([](const auto& one) { return one.resource; }, statement);
        if (of != service_.audit) ++context.statements;
        answers.push_back(tables_.Run(statement));
        if (plan::IsViolation(answers.back())) break;
      }
    }
  }

  const model::Service& service_;
  std::mutex mutex_;
  Tables tables_;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<store::Store> OpenMemory(const model::Service& service) {
  return std::make_unique<MemoryStore>(service);
}

}  // namespace ashlar::recipes
