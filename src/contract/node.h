// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::contract {

// A stretch of one source, in bytes.
struct Place {
  uint32_t source = 0;
  uint32_t offset = 0;
  uint32_t length = 1;
  auto operator<=>(const Place&) const = default;
};

enum class Style : uint8_t { kPlain, kSingleQuoted, kDoubleQuoted, kLiteral, kFolded };

struct Entry;

// A value of a contract with its place: all that is left of YAML. Aliases are expanded, anchors are gone.
struct Node {
  enum class Kind : uint8_t { kScalar, kMapping, kSequence } kind = Kind::kScalar;
  Style style = Style::kPlain;
  bool filled = false;   // part of the text came from the environment: it must not be shown
  bool unset = false;    // names a variable that is not set: there is nothing to judge
  Place place;
  uint32_t content = 0;  // of a scalar: where its text begins in the source, behind quotes or indentation
  std::string text;      // of a scalar
  std::vector<Entry> entries;  // of a mapping, in order; keys are unique
  std::vector<Node> items;     // of a sequence

  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_mapping() const { return kind == Kind::kMapping; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  const Entry* Find(std::string_view key) const;
  // The text as messages may quote it: what the environment filled in is never shown.
  std::string_view Shown() const { return filled ? std::string_view("${...}") : std::string_view(text); }
};

struct Entry {
  std::string key;
  Place place;
  Node value;
};

// The value of a key, or null.
inline const Entry* Node::Find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

}  // namespace ashlar::contract
