// SPDX-License-Identifier: Apache-2.0
#include "contract/merge.h"

#include <unordered_map>

#include "contract/keys.h"
#include "contract/members.h"

namespace ashlar::contract {
namespace {

using Firsts = std::unordered_map<std::string, Place>;  // where each name is defined first

int64_t LineOf(Place place, const Mistakes& mistakes) {
  std::string_view text = mistakes.text(place.source);
  return std::count(text.begin(), text.begin() + std::min<size_t>(place.offset, text.size()), '\n') + 1;
}

bool Define(const Entry& entry, Firsts& firsts, Mistakes& mistakes) {
  auto [first, is_first] = firsts.emplace(entry.key, entry.place);
  if (is_first) return true;
  mistakes.Add(entry.place, Problem::kDefinedTwice, entry.key, mistakes.path(first->second.source),
               LineOf(first->second, mistakes));
  return false;
}

bool IsSection(std::string_view key) {
  for (const Key& row : TopLevelKeys()) {
    bool named = row.shape == Shape::kNamed || row.shape == Shape::kNamedTexts;
    if (row.name == key) return named;
  }
  return false;
}

}  // namespace

Node MergeFiles(std::vector<Node> files, Mistakes& mistakes) {
  Node merged = std::move(files.front());
  if (files.size() == 1) return merged;
  Firsts tops;
  std::unordered_map<std::string, Firsts> sections;
  auto note = [&](Entry& entry) {
    for (const Entry& name : entry.value.entries) sections[entry.key].emplace(name.key, name.place);
  };
  for (Entry& entry : merged.entries) {
    tops.emplace(entry.key, entry.place);
    note(entry);
  }
  for (size_t i = 1; i < files.size(); ++i) {
    if (!IsMapping(files[i])) {
      mistakes.Add(files[i].place, Problem::kNotContract);
      continue;
    }
    if (merged.is_scalar() && IsMapping(merged)) merged = Node{.kind = Node::Kind::kMapping, .place = merged.place};
    for (Entry& entry : files[i].entries) {
      auto same =
          IsSection(entry.key) ? std::ranges::find(merged.entries, entry.key, &Entry::key) : merged.entries.end();
      bool joins = same != merged.entries.end() && IsMapping(same->value) && IsMapping(entry.value);
      if (joins) {
        same->value.kind = Node::Kind::kMapping;
        for (Entry& name : entry.value.entries) {
          if (Define(name, sections[entry.key], mistakes)) same->value.entries.push_back(std::move(name));
        }
      } else if (Define(entry, tops, mistakes)) {
        note(entry);
        merged.entries.push_back(std::move(entry));
      }
    }
  }
  return merged;
}

}  // namespace ashlar::contract
