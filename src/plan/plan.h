// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "call/outcome.h"
#include "plan/statement.h"

namespace ashlar::plan {

// The steps of a Plan: a pure state machine that turns the answers of one step into the next one. It holds no
// transaction and does no I/O.   Start Advance* (until it gives no statements) Take
class Program {
 public:
  virtual ~Program() = default;
  // Begins (again) from the start; what an earlier run left is forgotten.
  virtual void Start() = 0;
  // The statements that follow from the answers to the last ones, in order; the first call gets no answers.
  // None: it is finished. They are run in order; a violation ends the step, and is its last answer.
  virtual std::vector<Statement> Advance(std::vector<Answer> answers) = 0;
  // What came of it. An error: nothing that it wrote may remain. REQUIRES: finished.
  virtual call::Answer<call::Outcome> Take() = 0;
};

// A Plan is one caller's operation, ready to run: what to read, decide and change, with that caller's access rules
// already part of every condition. It names resources and fields, never tables or SQL.
//
// Only Planner makes Plans, so a Plan that reaches a store has been authorised. Movable; one thread at a time.
class Plan {
 public:
  bool writes() const { return writes_; }
  Program& program() { return *program_; }

 private:
  friend class Planner;
  Plan(std::unique_ptr<Program> program, bool writes) : program_(std::move(program)), writes_(writes) {}
  std::unique_ptr<Program> program_;
  bool writes_;
};

}  // namespace ashlar::plan
