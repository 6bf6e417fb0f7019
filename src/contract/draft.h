// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "contract/members.h"
#include "contract/mistakes.h"
#include "contract/node.h"
#include "contract/type_text.h"
#include "model/service.h"

namespace ashlar::contract {

// What stands for a message that might quote the environment.
inline const std::string kUnshown = "is not right with the environment's values";

// A field or relation on its way into the model.
struct FieldDraft {
  const Entry* entry = nullptr;
  const Node* type_node = nullptr;  // where its type stands; null for a to-many, or if there is none that is right
  std::unique_ptr<Members> members; // of the long form; null for the short one
  TypeText type;
  bool wrong = false;
  model::FieldId field;             // of what is stored; invalid for a to-many, or if it is wrong

  const std::string& name() const { return entry->key; }
  const Node* Value(std::string_view key) const { return members == nullptr ? nullptr : members->Value(key); }
  bool Flag(std::string_view key) const { return members != nullptr && members->Flag(key); }
  // Whether messages of its type might quote the environment.
  bool filled() const {
    auto is_filled = [](const Entry* at) { return at->value.filled; };
    return type_node->filled || (members != nullptr && std::ranges::any_of(members->entries(), is_filled));
  }
};

// A resource on its way into the model; at the same index as there.
struct ResourceDraft {
  const Entry* entry = nullptr;
  std::unique_ptr<Members> members;
  bool system = false;  // of the system's contract
  bool open = false;    // what its fields are cannot be told
  bool collides = false; // its name does
  std::vector<FieldDraft> fields;

  const std::string& name() const { return entry->key; }
  const Node* Value(std::string_view key) const { return members->Value(key); }
  const FieldDraft* Find(std::string_view field) const {
    for (const FieldDraft& draft : fields) {
      if (draft.name() == field) return &draft;
    }
    return nullptr;
  }
};

struct RuleDraft {
  const Entry* entry = nullptr;
  bool wrong = false;  // no expression, made of itself, of rules too deep or of too many parts
  bool used = false;   // named where a resource uses it, over however many rules
  size_t parts = 0;    // with the rules that it names written out
};

// A contract on its way into the model. What is wrong is told once, where it stands: it then counts as declared, and
// what uses it is not judged.
struct Draft {
  Draft(Mistakes& to, std::span<const types::FieldType> types) : mistakes(to), field_types(types) {}

  Mistakes& mistakes;
  std::span<const types::FieldType> field_types;
  std::unique_ptr<Members> top;
  std::shared_ptr<model::Service> service = std::make_shared<model::Service>();
  std::vector<ResourceDraft> resources;
  std::vector<RuleDraft> rules;
  bool roles_open = false;  // which roles there are cannot be told
  bool rules_open = false;  // which rules there are cannot be told
  // Names of fields, relations and rules that are declared but wrong.
  std::set<std::string, std::less<>> wrong_names;

  model::Resource& resource(size_t index) { return service->resources[index]; }
  std::string_view SourceOf(const Node& node) const { return mistakes.text(node.place.source); }
};

}  // namespace ashlar::contract
