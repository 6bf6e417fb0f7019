// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <unordered_map>

#include "call/call.h"
#include "call/caller.h"
#include "plan/selection.h"
#include "plan/statement.h"

namespace ashlar::plan {

// What reads, and the answers of writes, came to for callers who are known by number (Caller::number), as far as it
// depends neither on values that the request brings nor on the moment: rules folded, what is shown, the form of a
// lookup. Bounded: what was not used for long is forgotten. One thread's; the planner's own.
class Memo {
 public:
  static constexpr size_t kMostEntries = 1024;
  static constexpr size_t kMostKeyBytes = 512;  // of operation, caller and selection

  struct Entry {
    cel::ExprPtr gate;
    std::shared_ptr<const Shape> shape;
    std::shared_ptr<const Query> by_key;  // a row as it is answered; null for lists
  };

  // Null where nothing is known. Valid until the next call.
  const Entry* Find(const call::Call& call, const call::Caller& caller);
  // REQUIRES: Find has just been asked for the same.
  void Keep(Entry entry);

 private:
  using Entries = std::unordered_map<std::string, Entry>;
  // Two generations: when the young are many, the old ones go.
  const Entry* Put(Entry entry);

  std::string key_;  // that Find was asked for; empty: not to be kept
  Entries young_;
  Entries old_;
};

}  // namespace ashlar::plan
