// SPDX-License-Identifier: Apache-2.0
#include "base/near.h"
#include "contract/expressions.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

constexpr size_t kMostChecks = 100;  // of a resource

// The stored field that a check is about; invalid if it is about the row, or after telling what is wrong.
model::FieldId ReadCheckField(Draft& draft, const ResourceDraft& source, const Node* node) {
  if (node == nullptr) return {};
  const FieldDraft* field = source.Find(node->text);
  if (field == nullptr ? source.open : field->wrong) return {};
  if (field == nullptr) {
    std::vector<std::string> names;
    for (const FieldDraft& other : source.fields) names.push_back(other.name());
    draft.mistakes.Suggest(node->place, Problem::kFieldUnknown, node->filled ? "" : Near(node->text, names),
                           source.name(), node->Shown());
    return {};
  }
  if (!field->field.valid()) {
    draft.mistakes.Add(node->place, Problem::kIndexToMany, node->Shown(), source.name());
  }
  return field->field;
}

}  // namespace

void ReadChecks(Draft& draft, Expressions& expressions) {
  for (size_t i = 0; i < draft.resources.size(); ++i) {
    const ResourceDraft& source = draft.resources[i];
    model::Resource& resource = draft.resource(i);
    const Node* checks = source.Value("checks");
    if (checks == nullptr) continue;
    if (checks->items.size() > kMostChecks) {
      draft.mistakes.Add(checks->items[kMostChecks].place, Problem::kTooMany, kMostChecks, "checks of a resource");
      continue;
    }
    for (const Node& item : checks->items) {
      if (item.unset) continue;
      Members members(item, CheckKeys(), "a check", draft.mistakes);
      const Node* rule = members.Value("rule");
      model::Check check;
      check.field = ReadCheckField(draft, source, members.Value("field"));
      check.message = members.Text("message");
      if (rule == nullptr) continue;
      check.rule = expressions.CompileRule(rule, resource.id, Use::kCheck);
      check.text = rule->text;
      resource.checks.push_back(std::move(check));
    }
  }
}

}  // namespace ashlar::contract
