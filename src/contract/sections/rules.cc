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
    draft.mistakes.Add(entry.value.place, Problem::kWrongShape, entry.key, Wanted(Shape::kRule));
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

// How many rules deep each rule is made of rules; counts its parts as well. REQUIRES: no circles.
size_t Measure(Draft& draft, const Links& links, size_t rule, std::vector<size_t>& depths) {
  if (depths[rule] != 0) return depths[rule];
  size_t deepest = 0;
  size_t& parts = draft.rules[rule].parts;
  for (size_t part : links[rule]) {
    deepest = std::max(deepest, Measure(draft, links, part, depths));
    parts = std::min(parts + draft.rules[part].parts, kMostParts + 1);
  }
  return depths[rule] = deepest + 1;
}

// Tells of rules that are made of too much; only of the first of those that are so because of each other.
void CheckSizes(Draft& draft, const Links& links) {
  std::vector<size_t> depths(draft.rules.size());
  for (size_t i = 0; i < draft.rules.size(); ++i) Measure(draft, links, i, depths);
  for (size_t i = 0; i < draft.rules.size(); ++i) {
    RuleDraft& rule = draft.rules[i];
    bool follows = std::ranges::any_of(
        links[i], [&](size_t part) { return depths[part] > kMostDeep || draft.rules[part].parts > kMostParts; });
    bool deep = depths[i] > kMostDeep;
    bool large = rule.parts > kMostParts;
    rule.wrong = rule.wrong || deep || large;
    if (follows) continue;
    if (deep) draft.mistakes.Add(rule.entry->place, Problem::kRuleDepth, kMostDeep);
    if (large && !deep) draft.mistakes.Add(rule.entry->value.place, Problem::kExpressionSize, kMostParts);
  }
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
      ++draft.rules[i].parts;
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
  CheckSizes(draft, links);
}

}  // namespace ashlar::contract
