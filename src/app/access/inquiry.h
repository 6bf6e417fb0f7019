// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "call/outcome.h"
#include "model/service.h"
#include "plan/rules.h"

namespace ashlar::app {

// What rules come to for one caller, part by part: with what is known without a row, or over one row, where the store
// is asked for each part.   AddRule* (expressions, TakeAnswer)? Verdict, Lines
class Inquiry {
 public:
  // REQUIRES: both outlive it.
  Inquiry(const model::Service& service, const plan::Rules& rules, const model::Resource& resource)
      : service_(service), rules_(rules), resource_(resource) {}

  // A rule over a row of the resource; its number.
  size_t AddRule(const cel::ExprPtr& rule);
  // What is to be asked of the row, for plan::Planner::MakeInspection.
  std::vector<cel::ExprPtr> expressions() const { return asked_; }
  void TakeAnswer(call::Outcome outcome) { cells_ = std::move(outcome.groups->rows); }

  enum class Verdict : uint8_t { kTrue, kFalse, kError, kOpen };  // open: it depends on the row, which is not known
  Verdict VerdictOf(size_t rule) const { return Judge(rules_of_[rule].front().value); }
  // A line for each part of the rule, indented by how deep it is: "hasRole('staff'): false".
  std::vector<std::string> Lines(size_t rule) const;

 private:
  // What an expression comes to: a literal, an error, or a cell of the answer.
  struct Value {
    cel::ExprPtr folded;
    int cell = -1;
  };
  struct Operand {
    std::string text;
    Value value;
    bool secret = false;  // write-only: nobody is shown it
  };
  struct Part {
    std::string text;
    int depth = 0;
    Value value;
    std::vector<Operand> operands;  // of a part that is made of no others
  };
  Value Add(const cel::ExprPtr& expr);
  void Walk(const cel::ExprPtr& expr, int depth, std::vector<Part>& parts);
  void AddOperands(const cel::ExprPtr& expr, std::vector<Operand>& operands);
  Verdict Judge(const Value& value) const;
  std::string TextOf(const Operand& operand) const;

  const model::Service& service_;
  const plan::Rules& rules_;
  const model::Resource& resource_;
  std::vector<std::vector<Part>> rules_of_;
  std::vector<cel::ExprPtr> asked_;
  std::optional<types::Rows> cells_;
};

}  // namespace ashlar::app
