// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/keys.h"
#include "contract/mistakes.h"
#include "contract/node.h"

namespace ashlar::contract {

// The keys of one mapping, judged by their table: what is unknown, not supported, missing or of the wrong shape is
// told at once and then as if it was not there.
class Members {
 public:
  // `what` for messages: "a resource". The node may be null (`Category:` with nothing behind it).
  Members(const Node& node, std::span<const Key> keys, std::string_view what, Mistakes& mistakes);

  // Of the right shape and with something to judge; null otherwise.
  const Entry* Find(std::string_view key) const;
  const Node* Value(std::string_view key) const;
  // Given, be it right or wrong.
  bool Has(std::string_view key) const;

  std::string Text(std::string_view key) const;  // empty if absent
  bool Flag(std::string_view key) const;         // false if absent
  std::optional<int64_t> Whole(std::string_view key) const;
  // All that Find would find, in order.
  const std::vector<const Entry*>& entries() const { return entries_; }

 private:
  std::vector<const Entry*> entries_;
  std::vector<std::string_view> given_;
};

// A null node stands for an empty mapping.
bool IsMapping(const Node& node);

}  // namespace ashlar::contract
