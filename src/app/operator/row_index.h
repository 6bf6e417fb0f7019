// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>
#include <span>
#include <vector>

#include "app/operator/mistakes.h"

namespace ashlar::app {

// What is kept of the rows of a load while their texts stay in the files: some 60 bytes a row, and what refers to what.
// Keys are hashes of a resource and an id; two that are alike by chance only make one row wait for another.
class RowIndex {
 public:
  struct Row {
    uint64_t offset = 0;
    uint32_t length = 0;
    int line = 1;
    uint32_t number = 0;  // in its array
    uint16_t file = 0;
    uint16_t resource = 0;
    uint32_t references = 0;  // where its own begin
    bool numbered = false;
    FilePlace place() const { return {file, line, number}; }
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  explicit RowIndex(size_t most_bytes) : most_bytes_(most_bytes) {}

  // False if that is more than it may hold. `key` is 0 where nothing can refer to the row.
  bool Add(Row row, uint64_t key, std::span<const uint64_t> references);
  // No row follows: finds what refers to what, and an order in which every row follows those that it refers to. A row
  // may refer to itself.
  void Resolve();

  size_t size() const { return rows_.size(); }
  size_t reference_count() const { return wanted_.size(); }
  const Row& row(uint32_t which) const { return rows_[which]; }
  // REQUIRES, below: resolved.
  const std::vector<uint32_t>& order() const { return order_; }
  // Those that refer to each other in a circle; they stand in no order.
  const std::vector<uint32_t>& circles() const { return circles_; }
  // The first row with that key, or kNone.
  uint32_t Find(uint64_t key) const;

 private:
  class Walk;
  struct Key {
    uint64_t key;
    uint32_t row;
    auto operator<=>(const Key&) const = default;
  };
  std::span<const uint32_t> TargetsOf(uint32_t row) const;

  size_t most_bytes_;
  std::deque<Row> rows_;
  std::deque<Key> keys_;
  std::deque<uint64_t> wanted_;  // keys that rows refer to, until it is resolved
  std::vector<uint32_t> targets_;  // rows, then
  std::vector<uint32_t> order_;
  std::vector<uint32_t> circles_;
};

}  // namespace ashlar::app
