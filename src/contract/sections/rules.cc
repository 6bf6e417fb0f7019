// SPDX-License-Identifier: Apache-2.0
#include "contract/expr_walk.h"
#include "contract/expressions.h"
#include "contract/names_form.h"
#include "contract/position.h"
#include "contract/reach.h"
#include "contract/scalar.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

constexpr size_t kMostDeep = 32;
constexpr std::string_view kTaken[] = {"public", "signedIn", "nobody", "auth", "input", "true", "false", "null", "in"};

// A rule as written, and the rules that it names.
struct Written {
  std::optional<cel::Ast> ast;
  std::vector<size_t> names;
};

Written ReadRule(Draft& draft, RuleDraft& rule) {
  const Entry& entry = *rule.entry;
  Written written;
  if (std::ranges::find(kTaken, entry.key) != std::end(kTaken)) {
    draft.mistakes.Add(entry.place, Problem::kRuleTaken, entry.key);
  } else if (!HasForm(entry.key, kCamelCase)) {
    draft.mistakes.Add(entry.place, Problem::kRuleName);
  }
  if (!entry.value.is_scalar() || IsNull(entry.value)) {
    draft.mistakes.Add(entry.value.place, Problem::kWrongShape, entry.key, NameOf(Shape::kExpression));
  } else if (!entry.value.unset) {
    written.ast = ParseExpression(draft, entry.value);
  }
  rule.wrong = !written.ast.has_value();
  return written;
}

// The first place in the rule's text that names one of the rules that lead back to it.
Place WayBack(const Draft& draft, size_t rule, const Written& written, const Reach& reach) {
  const Node& node = draft.rules[rule].entry->value;
  Place place = node.place;
  bool found = false;
  ForEachAst(*written.ast, [&](const cel::Ast& part) {
    if (found || part.kind != cel::Ast::Kind::kName) return;
    for (size_t to : written.names) {
      if (draft.rules[to].entry->key != part.text || (to != rule && !reach[to].test(rule))) continue;
      place = PlaceIn(node, static_cast<size_t>(part.offset), part.text.size(), draft.SourceOf(node));
      found = true;
    }
  });
  return place;
}

// How many rules deep each rule is made of rules. REQUIRES: no circles.
size_t DepthOf(const Links& links, size_t rule, std::vector<size_t>& depths) {
  if (depths[rule] != 0) return depths[rule];
  size_t deepest = 0;
  for (size_t part : links[rule]) deepest = std::max(deepest, DepthOf(links, part, depths));
  return depths[rule] = deepest + 1;
}

}  // namespace

void ReadRules(Draft& draft) {
  const Node* section = draft.top->Value("rules");
  draft.rules_open = section == nullptr && draft.top->Has("rules");
  if (section == nullptr) return;
  if (section->entries.size() > kMostLinked) {
    draft.mistakes.Add(section->entries[kMostLinked].place, Problem::kTooMany, kMostLinked, "rules");
    draft.rules_open = true;
    return;
  }
  for (const Entry& entry : section->entries) draft.rules.push_back({&entry});
  std::vector<Written> written;
  for (RuleDraft& rule : draft.rules) written.push_back(ReadRule(draft, rule));
  Links links(draft.rules.size());
  for (size_t i = 0; i < draft.rules.size(); ++i) {
    if (!written[i].ast) continue;
    ForEachAst(*written[i].ast, [&](const cel::Ast& part) {
      if (part.kind != cel::Ast::Kind::kName) return;
      for (size_t to = 0; to < draft.rules.size(); ++to) {
        if (draft.rules[to].entry->key == part.text) links[i].push_back(to);
      }
    });
    written[i].names = links[i];
  }
  Reach reach = ReachOf(links);
  for (size_t i = 0; i < draft.rules.size(); ++i) {
    if (LeadsCircle(reach, i)) {
      draft.mistakes.Add(WayBack(draft, i, written[i], reach), Problem::kRuleCycle, draft.rules[i].entry->key);
    }
    bool circular = reach[i].test(i);
    draft.rules[i].wrong = draft.rules[i].wrong || circular;
    if (circular) links[i].clear();
  }
  std::vector<size_t> depths(draft.rules.size());
  for (size_t i = 0; i < draft.rules.size(); ++i) {
    if (DepthOf(links, i, depths) <= kMostDeep) continue;
    draft.rules[i].wrong = true;
    if (depths[i] == kMostDeep + 1) draft.mistakes.Add(draft.rules[i].entry->place, Problem::kRuleDepth, kMostDeep);
  }
}

}  // namespace ashlar::contract
