// SPDX-License-Identifier: Apache-2.0
#include "contract/expressions.h"

#include "base/near.h"
#include "contract/expr_walk.h"
#include "contract/position.h"

namespace ashlar::contract {
namespace {

cel::Type BoolType() {
  cel::Type type;
  type.tag = cel::Type::Tag::kBool;
  return type;
}

bool IsWordPart(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// Each word of a stretch of text.
template <class Visit>
void ForEachWord(std::string_view text, const Visit& visit) {
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && IsWordPart(text[end])) ++end;
    if (end > at) visit(text.substr(at, end - at));
    at = end + 1;
  }
}

void CheckRoles(Draft& draft, const Node& node, const cel::Ast& ast) {
  if (draft.roles_open) return;
  ForEachAst(ast, [&](const cel::Ast& part) {
    bool asks = part.kind == cel::Ast::Kind::kCall && part.text == "hasRole" && part.children.size() == 1 &&
                part.children[0].kind == cel::Ast::Kind::kString;
    if (!asks || draft.service->FindRole(part.children[0].text) != nullptr) return;
    const cel::Ast& role = part.children[0];
    std::vector<std::string> names;
    for (const model::Role& declared : draft.service->roles) names.push_back(declared.name);
    Place place =
        PlaceIn(node, static_cast<size_t>(role.offset), static_cast<size_t>(role.length), draft.SourceOf(node));
    draft.mistakes.Suggest(place, Problem::kRoleUnknown, node.filled ? "" : Near(role.text, names),
                           node.filled ? node.Shown() : std::string_view(role.text));
  });
}

}  // namespace

std::optional<cel::Ast> ParseExpression(Draft& draft, const Node& node) {
  auto ast = cel::ParseSyntax(node.text, {});
  if (ast) {
    CheckRoles(draft, node, *ast);
    return *std::move(ast);
  }
  const cel::Mistake& mistake = ast.error();
  if (node.filled) {
    draft.mistakes.Add(node.place, Problem::kExpressionFilled);
  } else {
    Place place =
        PlaceIn(node, static_cast<size_t>(mistake.offset), static_cast<size_t>(mistake.length), draft.SourceOf(node));
    draft.mistakes.Suggest(place, Problem::kExpression, mistake.suggestion, mistake.message);
  }
  return std::nullopt;
}

constexpr size_t kBuiltIn = 3;  // rules that stand before those of the contract

Expressions::Expressions(Draft& draft) : draft_(draft) {
  rules_ = {{"public", nullptr, "true"}, {"signedIn", nullptr, "auth != null"}, {"nobody", nullptr, "false"}};
  for (const RuleDraft& rule : draft.rules) {
    rules_.push_back({rule.entry->key, &rule.entry->value, rule.entry->value.text, rule.wrong, rule.parts});
  }
  for (const Rule& rule : rules_) rule_names_.push_back(rule.name);
  open_ = draft.rules_open || std::ranges::any_of(draft.resources, &ResourceDraft::open);
}

const Expressions::Rule* Expressions::FindRule(std::string_view name) const {
  auto found = std::ranges::find(rules_, name, &Rule::name);
  return found == rules_.end() ? nullptr : &*found;
}

size_t Expressions::PartsOf(const cel::Ast& ast) const {
  size_t parts = 0;
  ForEachAst(ast, [&](const cel::Ast& part) {
    const Rule* rule = part.kind == cel::Ast::Kind::kName ? FindRule(part.text) : nullptr;
    parts += rule == nullptr || rule->wrong ? 1 : rule->parts;
  });
  return parts;
}

// What defaults name means the same as in rules.
cel::Scope Expressions::ScopeOf(model::ResourceId resource, Use use) {
  if (use == Use::kDefault) use = Use::kRule;
  cel::Scope scope;
  scope.schema = draft_.service.get();
  scope.resource = resource;
  scope.relations = scope.auth = scope.now = use == Use::kRule;
  scope.matches = use == Use::kCheck;
  scope.rule_names = rule_names_;
  if (use == Use::kRule) {
    for (const model::Role& role : draft_.service->roles) scope.role_names.push_back(role.name);
  }
  scope.rule = [this, resource, use](std::string_view name) -> cel::ExprPtr {
    const Rule* rule = FindRule(name);
    if (rule == nullptr) return nullptr;
    if (rule->wrong) return cel::False();
    const Meaning& meaning = MeaningOf(static_cast<size_t>(rule - rules_.data()), resource, use);
    return meaning.expr == nullptr ? cel::False() : meaning.expr;
  };
  return scope;
}

// Rules are made of rules to a small depth only, and never of themselves: ReadRules has seen to that.
const Expressions::Meaning& Expressions::MeaningOf(size_t index, model::ResourceId resource, Use use) {
  auto [found, first] = meanings_.try_emplace({index, resource, use});
  Meaning& meaning = found->second;
  if (!first) return meaning;
  Rule& rule = rules_[index];
  auto compiled = cel::Compile(rule.text, ScopeOf(resource, use), BoolType());
  if (!compiled) {
    meaning.mistakes = std::move(compiled).error();
    return meaning;
  }
  meaning.expr = cel::FoldConstants(*compiled);
  rule.fits = true;
  if (rule.node == nullptr) return meaning;
  if (auto ast = cel::ParseSyntax(rule.text, {})) NoteMisfits(*rule.node, *ast, resource, use);
  return meaning;
}

void Expressions::NoteMisfits(const Node& node, const cel::Ast& ast, model::ResourceId resource, Use use) {
  if (trying_) return;
  if (use == Use::kDefault) use = Use::kRule;
  ForEachAst(ast, [&](const cel::Ast& part) {
    if (part.kind != cel::Ast::Kind::kName) return;
    const Rule* rule = FindRule(part.text);
    if (rule == nullptr || rule->wrong) return;
    auto index = static_cast<size_t>(rule - rules_.data());
    if (index >= kBuiltIn) draft_.rules[index - kBuiltIn].used = true;
    auto meaning = meanings_.find({index, resource, use});
    if (meaning == meanings_.end() || meaning->second.expr != nullptr) return;
    Place place = PlaceIn(node, static_cast<size_t>(part.offset), part.text.size(), draft_.SourceOf(node));
    misfits_.push_back({index, resource, place, &meaning->second});
  });
}

bool Expressions::Follows(const std::string& text, const cel::Mistake& mistake) const {
  if (open_) return true;
  bool follows = false;
  std::string_view about = std::string_view(text).substr(std::min(static_cast<size_t>(mistake.offset), text.size()),
                                                         static_cast<size_t>(mistake.length));
  ForEachWord(about, [&](std::string_view word) { follows = follows || draft_.wrong_names.contains(word); });
  return follows;
}

void Expressions::Tell(const Node& node, const std::vector<cel::Mistake>& mistakes) {
  for (const cel::Mistake& mistake : mistakes) {
    if (Follows(node.text, mistake)) continue;
    if (node.filled) {
      draft_.mistakes.Add(node.place, Problem::kExpressionFilled);
      return;
    }
    Place place =
        PlaceIn(node, static_cast<size_t>(mistake.offset), static_cast<size_t>(mistake.length), draft_.SourceOf(node));
    draft_.mistakes.Suggest(place, Problem::kExpression, mistake.suggestion, mistake.message);
  }
}

cel::ExprPtr Expressions::Compile(const Node& node, model::ResourceId resource, Use use, const cel::Type& expected,
                                  const Otherwise& otherwise) {
  if (otherwise) {
    auto parsed = cel::ParseSyntax(node.text, {});
    if (!parsed && otherwise(nullptr, {parsed.error()})) return nullptr;
  }
  auto ast = ParseExpression(draft_, node);
  if (!ast) return nullptr;
  if (PartsOf(*ast) > kMostParts) {
    draft_.mistakes.Add(node.place, Problem::kExpressionSize, kMostParts);
    return nullptr;
  }
  auto compiled = cel::Compile(node.text, ScopeOf(resource, use), expected);
  NoteMisfits(node, *ast, resource, use);
  if (!compiled) {
    if (!otherwise || !otherwise(&*ast, compiled.error())) Tell(node, compiled.error());
    return nullptr;
  }
  return cel::FoldConstants(*compiled);
}

cel::ExprPtr Expressions::CompileRule(const Node* node, model::ResourceId resource, Use use) {
  if (node == nullptr) return nullptr;
  cel::ExprPtr rule = Compile(*node, resource, use, BoolType());
  return rule == nullptr ? cel::False() : rule;
}

void Expressions::JudgeUnused(size_t index) {
  const std::vector<cel::Mistake>* nearest = nullptr;  // the fewest mistakes, of the contract's own resources first
  for (bool system : {false, true}) {
    for (const model::Resource& resource : draft_.service->resources) {
      if (draft_.resources[resource.id.index()].system != system || !resource.routed) continue;
      const Meaning& rule = MeaningOf(index, resource.id, Use::kRule);
      if (rule.expr != nullptr || MeaningOf(index, resource.id, Use::kCheck).expr != nullptr) return;
      if (nearest == nullptr || rule.mistakes.size() < nearest->size()) nearest = &rule.mistakes;
    }
  }
  if (nearest != nullptr) Tell(*rules_[index].node, *nearest);
}

void Expressions::Finish() {
  for (const Misfit& misfit : misfits_) {
    const Rule& rule = rules_[misfit.rule];
    if (rule.wrong || misfit.meaning->mistakes.empty()) continue;
    if (!rule.fits && rule.node != nullptr) {
      Tell(*rule.node, misfit.meaning->mistakes);
      continue;
    }
    const cel::Mistake& first = misfit.meaning->mistakes.front();
    if (Follows(rule.text, first)) continue;
    bool filled = rule.node != nullptr && rule.node->filled;
    draft_.mistakes.Add(misfit.place, Problem::kRuleMisfit, rule.name, draft_.service->resource(misfit.resource).name,
                        filled ? std::string_view("it is no right expression there") : std::string_view(first.message));
  }
  trying_ = true;
  for (size_t index = kBuiltIn; index < rules_.size(); ++index) {
    if (!rules_[index].wrong && !draft_.rules[index - kBuiltIn].used) JudgeUnused(index);
  }
}

}  // namespace ashlar::contract
