// SPDX-License-Identifier: Apache-2.0
#include "contract/members.h"

#include <algorithm>

#include "base/near.h"
#include "contract/foreign.h"
#include "contract/scalar.h"

namespace ashlar::contract {
namespace {

bool IsText(const Node& node) { return node.is_scalar() && (node.unset || !IsNull(node)); }

bool AreTexts(const Node& node) { return node.is_sequence() && std::ranges::all_of(node.items, IsText); }

// The first node that is not as the shape wants it, or null.
const Node* FirstWrong(const Node& node, Shape shape) {
  if (node.unset) return nullptr;
  auto wrong_if = [&](bool wrong) { return wrong ? &node : nullptr; };
  switch (shape) {
    case Shape::kText:
    case Shape::kExpression:
    case Shape::kRule:
    case Shape::kName:
    case Shape::kBound: return wrong_if(!IsText(node));
    case Shape::kBool: return wrong_if(!ToBool(node));
    case Shape::kWhole: return wrong_if(!ToInt(node));
    case Shape::kNames:
    case Shape::kIds: return wrong_if(!AreTexts(node));
    case Shape::kNameLists: {
      if (!node.is_sequence()) return &node;
      auto found = std::ranges::find_if_not(node.items, AreTexts);
      return found == node.items.end() ? nullptr : &*found;
    }
    case Shape::kType: return wrong_if(!IsText(node) && !(AreTexts(node) && node.items.size() == 1));
    case Shape::kAny: return nullptr;
    case Shape::kId: return wrong_if(!IsText(node) && !AreTexts(node));
    case Shape::kMapping: return wrong_if(!IsMapping(node));
    case Shape::kMappings: {
      if (!node.is_sequence()) return &node;
      auto found = std::ranges::find_if_not(node.items, IsMapping);
      return found == node.items.end() ? nullptr : &*found;
    }
    case Shape::kNamed:
    case Shape::kNamedTexts:
    case Shape::kNamedFields: return wrong_if(!IsMapping(node));
    case Shape::kNamedNames: {
      if (!node.is_mapping()) return &node;
      auto found = std::ranges::find_if_not(node.entries, AreTexts, &Entry::value);
      return found == node.entries.end() ? nullptr : &found->value;
    }
    case Shape::kFlagOrMapping: return wrong_if(!ToBool(node) && !node.is_mapping());
    case Shape::kRuleOrMapping:
    case Shape::kNameOrMapping: return wrong_if(!IsText(node) && !node.is_mapping());
    case Shape::kNamedRows: {
      if (!node.is_mapping()) return &node;
      for (const Entry& entry : node.entries) {
        if (const Node* wrong = FirstWrong(entry.value, Shape::kMappings)) return wrong;
      }
      return nullptr;
    }
  }
  return nullptr;
}

std::vector<std::string> NamesOf(std::span<const Key> keys) {
  std::vector<std::string> names;
  for (const Key& key : keys) {
    if (key.supported) names.emplace_back(key.name);
  }
  return names;
}

}  // namespace

bool IsMapping(const Node& node) { return node.is_mapping() || node.unset || IsNull(node); }

Members::Members(const Node& node, std::span<const Key> keys, std::string_view what, Mistakes& mistakes) {
  for (const Entry& entry : node.entries) {
    auto row = std::ranges::find(keys, entry.key, &Key::name);
    if (row == keys.end()) {
      const Foreign* foreign = FindForeignKey(what, entry.key);
      if (foreign != nullptr && foreign->ours.empty()) {
        mistakes.Add(entry.place, Problem::kForeignKey, entry.key, what, foreign->instead);
        continue;
      }
      if (foreign != nullptr) {
        mistakes.Suggest(entry.place, Problem::kUnknownKey, std::string(foreign->ours), entry.key, what);
        continue;
      }
      mistakes.Suggest(entry.place, Problem::kUnknownKey, Near(entry.key, NamesOf(keys)), entry.key, what);
      continue;
    }
    given_.push_back(row->name);
    if (!row->supported) {
      mistakes.Add(entry.place, Problem::kUnsupported, entry.key);
    } else if (const Node* wrong = FirstWrong(entry.value, row->shape)) {
      mistakes.Add(wrong->place, Problem::kWrongShape, entry.key, Wanted(row->shape, row->members));
    } else if (!entry.value.unset) {
      entries_.push_back(&entry);
    }
  }
  for (const Key& key : keys) {
    if (key.required && !Has(key.name)) mistakes.Add(node.place, Problem::kMissingKey, what, key.name);
  }
}

const Entry* Members::Find(std::string_view key) const {
  auto found = std::ranges::find(entries_, key, [](const Entry* entry) { return std::string_view(entry->key); });
  return found == entries_.end() ? nullptr : *found;
}

const Node* Members::Value(std::string_view key) const {
  const Entry* entry = Find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

bool Members::Has(std::string_view key) const { return std::ranges::find(given_, key) != given_.end(); }

std::string Members::Text(std::string_view key) const {
  const Node* node = Value(key);
  return node == nullptr ? "" : node->text;
}

bool Members::Flag(std::string_view key) const {
  const Node* node = Value(key);
  return node != nullptr && ToBool(*node).value_or(false);
}

std::optional<int64_t> Members::Whole(std::string_view key) const {
  const Node* node = Value(key);
  return node == nullptr ? std::nullopt : ToInt(*node);
}

}  // namespace ashlar::contract
