// SPDX-License-Identifier: Apache-2.0
#include "base/near.h"
#include "contract/names_form.h"
#include "contract/reach.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

constexpr NameForm kRoleForm = {.first = kLower | kUpper, .rest = kAlphanumeric | kHyphen | kUnderscore, .most = 63};

// What one role inherits: where that is said, and which role it is.
using Parents = std::vector<std::pair<const Node*, size_t>>;

Parents ReadParents(Draft& draft, const Entry& entry, const std::vector<std::string>& names) {
  Parents parents;
  if (!IsMapping(entry.value)) {
    draft.mistakes.Add(entry.value.place, Problem::kWrongShape, entry.key, NameOf(Shape::kMapping));
    return parents;
  }
  Members members(entry.value, RoleKeys(), "a role", draft.mistakes);
  const Node* inherits = members.Value("inherits");
  if (inherits == nullptr) return parents;
  for (const Node& item : inherits->items) {
    if (item.unset) continue;
    auto found = std::ranges::find(names, item.text);
    if (found != names.end()) {
      parents.emplace_back(&item, static_cast<size_t>(found - names.begin()));
    } else {
      draft.mistakes.Suggest(item.place, Problem::kRoleUnknown, item.filled ? "" : Near(item.text, names),
                             item.Shown());
    }
  }
  return parents;
}

}  // namespace

void ReadRoles(Draft& draft) {
  const Node* section = draft.top->Value("roles");
  draft.roles_open = section == nullptr && draft.top->Has("roles");
  if (section == nullptr) return;
  if (section->entries.size() > kMostLinked) {
    draft.mistakes.Add(section->entries[kMostLinked].place, Problem::kTooMany, kMostLinked, "roles");
    draft.roles_open = true;
    return;
  }
  std::vector<std::string> names;
  for (const Entry& entry : section->entries) {
    if (!HasForm(entry.key, kRoleForm)) draft.mistakes.Add(entry.place, Problem::kRoleName);
    names.push_back(entry.key);
  }
  std::vector<Parents> parents;
  Links links(names.size());
  for (const Entry& entry : section->entries) {
    parents.push_back(ReadParents(draft, entry, names));
    for (const auto& [node, parent] : parents.back()) links[parents.size() - 1].push_back(parent);
  }
  Reach reach = ReachOf(links);
  for (size_t i = 0; i < names.size(); ++i) {
    model::Role role{names[i], {names[i]}};
    for (size_t other = 0; other < names.size(); ++other) {
      if (other != i && reach[i].test(other)) role.all.push_back(names[other]);
    }
    draft.service->roles.push_back(std::move(role));
    if (!LeadsCircle(reach, i)) continue;
    auto back = std::ranges::find_if(
        parents[i], [&](const auto& parent) { return parent.second == i || reach[parent.second].test(i); });
    draft.mistakes.Add(back->first->place, Problem::kRoleCycle, names[i]);
  }
}

}  // namespace ashlar::contract
