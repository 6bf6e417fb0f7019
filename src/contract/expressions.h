// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <tuple>

#include "cel/syntax.h"
#include "contract/draft.h"

namespace ashlar::contract {

// What an expression is for; it decides what may stand in it.
enum class Use : uint8_t { kRule, kCheck, kDefault, kComputed };

// The parts of a contract that are CEL, compiled for the resources where they stand. Named rules are expressions
// that get their meaning anew for each resource; one that fits nowhere is told of where it is written, one that fits
// some resources is told of where it does not. One that nothing uses must fit some resource all the same.
class Expressions {
 public:
  explicit Expressions(Draft& draft);

  // Called with what is wrong, and the expression unless it does not even parse; true if it told something better.
  using Otherwise = std::function<bool(const cel::Ast* ast, const std::vector<cel::Mistake>& mistakes)>;

  // Null after telling what is wrong, or if the environment leaves it open.
  cel::ExprPtr Compile(const Node& node, model::ResourceId resource, Use use, const cel::Type& expected,
                       const Otherwise& otherwise = {});
  // A rule: null stays null, what is wrong is False().
  cel::ExprPtr CompileRule(const Node* node, model::ResourceId resource, Use use = Use::kRule);
  // Tells of rules that do not fit. Call when all is compiled.
  void Finish();

 private:
  struct Rule {
    std::string name;
    const Node* node = nullptr;  // null: built in
    std::string text;
    bool wrong = false;
    size_t parts = 1;
    bool fits = false;  // some resource
  };
  // A rule for one resource.
  struct Meaning {
    cel::ExprPtr expr;
    std::vector<cel::Mistake> mistakes;
  };
  struct Misfit {
    size_t rule;
    model::ResourceId resource;
    Place place;
    const Meaning* meaning;
  };

  const Rule* FindRule(std::string_view name) const;
  size_t PartsOf(const cel::Ast& ast) const;
  const Meaning& MeaningOf(size_t rule, model::ResourceId resource, Use use);
  // Tells of a rule that would fit no resource.
  void JudgeUnused(size_t rule);
  cel::Scope ScopeOf(model::ResourceId resource, Use use);
  void NoteMisfits(const Node& node, const cel::Ast& ast, model::ResourceId resource, Use use);
  void Tell(const Node& node, const std::vector<cel::Mistake>& mistakes);
  // Whether the mistake follows from one that is told already.
  bool Follows(const std::string& text, const cel::Mistake& mistake) const;

  Draft& draft_;
  bool open_ = false;  // which names there are cannot be told
  bool trying_ = false;  // rules where nothing uses them
  std::vector<Rule> rules_;
  std::vector<std::string> rule_names_;
  std::map<std::tuple<size_t, model::ResourceId, Use>, Meaning> meanings_;
  std::vector<Misfit> misfits_;
};

// An expression has at most so many parts, its rules written out.
inline constexpr size_t kMostParts = 5000;

// Parses an expression and tells what can be told without a resource: syntax, unknown roles.
std::optional<cel::Ast> ParseExpression(Draft& draft, const Node& node);

}  // namespace ashlar::contract
