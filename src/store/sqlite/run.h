// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/context.h"
#include "base/result.h"
#include "plan/plan.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace ashlar::store::sqlite {

// Runs one program to its end, statement by statement; the deadline is looked at between them. What it throws is an
// Error of its own. The transaction is the caller's.
Result<call::Answer<call::Outcome>> RunProgram(Connection& connection, const model::Service& service, Context& context,
                                               plan::Program& program);

// How long the reads of one unit may take together, of the processor's time: what a machine that is busy with other
// things adds is nobody's fault. One thread's.
class ReadBudget {
 public:
  explicit ReadBudget(int64_t most_us) : most_us_(most_us) {}
  void Begin() { begun_us_ = Now(); }
  void End() { spent_us_ += Now() - begun_us_; }
  bool Spent() const { return spent_us_ >= most_us_; }
  bool SpentNow() const { return spent_us_ + Now() - begun_us_ >= most_us_; }  // between Begin and End

 private:
  static int64_t Now();
  const int64_t most_us_;
  int64_t spent_us_ = 0;
  int64_t begun_us_ = 0;
};

// All plans of a unit, in order, until one is refused (or all of them: Unit::collect_all, Unit::feed). With a budget:
// kTimeout as soon as it is spent.
Result<Outcomes> RunUnit(Connection& connection, const model::Service& service, Context& context, Unit& unit,
                         ReadBudget* budget = nullptr);

}  // namespace ashlar::store::sqlite
