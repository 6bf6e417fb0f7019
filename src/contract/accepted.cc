// SPDX-License-Identifier: Apache-2.0
#include "contract/accepted.h"

#include "base/near.h"
#include "contract/findings/findings.h"

namespace ashlar::contract {
namespace {

constexpr std::string_view kSections[] = {"resources", "roles", "rules", "limits"};

// Every place that a finding may be at, without the sections.
std::vector<std::string> PlacesOf(const Draft& draft) {
  std::vector<std::string> places;
  for (const model::Resource& resource : draft.service->resources) {
    if (!resource.routed) continue;
    places.push_back(resource.name);
    for (const FieldDraft& field : draft.resources[resource.id.index()].fields) {
      places.push_back(fmt::format("{}.{}", resource.name, field.name()));
    }
  }
  for (const model::Role& role : draft.service->roles) places.push_back("roles." + role.name);
  for (const RuleDraft& rule : draft.rules) places.push_back("rules." + rule.entry->key);
  for (size_t i = 1; i <= draft.service->limits.size(); ++i) places.push_back(fmt::format("limits.{}", i));
  return places;
}

// The finding of that name; the table's size after telling that there is none.
size_t ReadFinding(Draft& draft, const Node& node) {
  auto row = std::ranges::find(Findings(), node.text, &Finding::id);
  if (row == Findings().end()) {
    std::vector<std::string> names;
    for (const Finding& finding : Findings()) names.emplace_back(finding.id);
    draft.mistakes.Suggest(node.place, Problem::kAcceptUnknown, node.filled ? "" : Near(node.text, names),
                           node.Shown());
  }
  return static_cast<size_t>(row - Findings().begin());
}

bool CheckPlace(Draft& draft, const Node& node, const std::vector<std::string>& places) {
  bool known = std::ranges::find(kSections, node.text) != std::end(kSections) ||
               std::ranges::find(places, node.text) != places.end();
  if (!known) {
    draft.mistakes.Suggest(node.place, Problem::kAcceptPlace, node.filled ? "" : Near(node.text, places), node.Shown());
  }
  return known;
}

// Whether a place is the given one or in it.
bool IsIn(std::string_view at, std::string_view place) {
  const bool of_section = at.starts_with("roles.") || at.starts_with("rules.") || at.starts_with("limits.");
  if (place == "resources") return !of_section;
  return at.starts_with(place) && (at.size() == place.size() || at[place.size()] == '.');
}

}  // namespace

std::vector<Accepted> ReadAccepted(Draft& draft) {
  std::vector<Accepted> all;
  const Node* section = draft.top->Value("accept");
  if (section == nullptr) return all;
  std::vector<std::string> places = PlacesOf(draft);
  std::set<std::pair<size_t, std::string>> seen;
  for (const Node& item : section->items) {
    Members members(item, AcceptKeys(), "an accepted finding", draft.mistakes);
    const Node* reason = members.Value("reason");
    if (reason != nullptr && reason->text.find_first_not_of(" \t\r\n") == std::string::npos) {
      draft.mistakes.Add(reason->place, Problem::kAcceptReason);
    }
    const Node* id = members.Value("id");
    const Node* at = members.Value("at");
    size_t row = id == nullptr ? Findings().size() : ReadFinding(draft, *id);
    bool placed = at != nullptr && CheckPlace(draft, *at, places);
    if (row == Findings().size() || !placed) continue;
    if (seen.emplace(row, at->text).second) {
      all.push_back({item.place, row, at->text});
    } else {
      draft.mistakes.Add(item.place, Problem::kAcceptTwice, id->Shown(), at->Shown());
    }
  }
  return all;
}

void TakeAccepted(const std::vector<Accepted>& accepted, bool all_known, std::vector<Found>& found,
                  Mistakes& mistakes) {
  std::vector<bool> answered(found.size());
  for (const Accepted& one : accepted) {
    bool any = false;
    for (size_t i = 0; i < found.size(); ++i) {
      if (found[i].row != one.row || !IsIn(found[i].at, one.at)) continue;
      any = true;
      answered[i] = true;
    }
    if (!any && all_known) mistakes.Add(one.place, Problem::kAcceptNothing, Findings()[one.row].id, one.at);
  }
  std::vector<Found> left;
  for (size_t i = 0; i < found.size(); ++i) {
    if (!answered[i]) left.push_back(std::move(found[i]));
  }
  std::ranges::sort(left);
  found = std::move(left);
}

}  // namespace ashlar::contract
