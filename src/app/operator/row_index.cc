// SPDX-License-Identifier: Apache-2.0
#include "app/operator/row_index.h"

#include <algorithm>

namespace ashlar::app {
namespace {

// What a row, and one that it refers to, cost when all is resolved: records, keys, order, and the walk's own numbers.
constexpr size_t kRowBytes = 80;
constexpr size_t kReferenceBytes = 12;

}  // namespace

bool RowIndex::Add(Row row, uint64_t key, std::span<const uint64_t> references) {
  size_t bytes = (rows_.size() + 1) * kRowBytes + (wanted_.size() + references.size()) * kReferenceBytes;
  if (bytes > most_bytes_) return false;
  if (key != 0) keys_.push_back({key, static_cast<uint32_t>(rows_.size())});
  row.references = static_cast<uint32_t>(wanted_.size());
  wanted_.insert(wanted_.end(), references.begin(), references.end());
  rows_.push_back(row);
  return true;
}

uint32_t RowIndex::Find(uint64_t key) const {
  auto found = std::ranges::lower_bound(keys_, Key{key, 0});
  return found == keys_.end() || found->key != key ? kNone : found->row;
}

std::span<const uint32_t> RowIndex::TargetsOf(uint32_t row) const {
  size_t begin = rows_[row].references;
  size_t end = row + 1 < rows_.size() ? rows_[row + 1].references : targets_.size();
  return std::span(targets_).subspan(begin, end - begin);
}

// Tarjan's walk without recursion: gives the rows that form a circle together, or one that is in none, behind all that
// they refer to.
class RowIndex::Walk {
 public:
  explicit Walk(RowIndex& index) : index_(index), seen_(index.size()), low_(index.size()) {}

  void Run() {
    for (uint32_t row = 0; row < index_.size(); ++row) {
      if (seen_[row] == 0) From(row);
    }
  }

 private:
  struct Step {
    uint32_t row;
    uint32_t next = 0;  // of its targets
  };
  static constexpr uint32_t kGiven = UINT32_MAX;

  void Enter(uint32_t row) {
    seen_[row] = low_[row] = ++count_;
    open_.push_back(row);
    steps_.push_back({row});
  }

  void From(uint32_t first) {
    Enter(first);
    while (!steps_.empty()) {
      Step& step = steps_.back();
      uint32_t row = step.row;
      auto targets = index_.TargetsOf(row);
      if (step.next < targets.size()) {
        uint32_t target = targets[step.next++];
        if (target == kNone || target == row || low_[target] == kGiven) continue;
        if (seen_[target] == 0) {
          Enter(target);
        } else {
          low_[row] = std::min(low_[row], seen_[target]);
        }
        continue;
      }
      steps_.pop_back();
      if (!steps_.empty()) low_[steps_.back().row] = std::min(low_[steps_.back().row], low_[row]);
      if (low_[row] == seen_[row]) Give(row);
    }
  }

  void Give(uint32_t row) {
    bool alone = open_.back() == row;
    for (bool last = false; !last; open_.pop_back()) {
      last = open_.back() == row;
      low_[open_.back()] = kGiven;
      (alone ? index_.order_ : index_.circles_).push_back(open_.back());
    }
  }

  RowIndex& index_;
  std::vector<uint32_t> seen_;  // when it was entered, from 1
  std::vector<uint32_t> low_;   // the earliest that is reached from it and open
  std::vector<uint32_t> open_;  // entered, not given
  std::vector<Step> steps_;
  uint32_t count_ = 0;
};

void RowIndex::Resolve() {
  std::ranges::sort(keys_);
  targets_.reserve(wanted_.size());
  for (uint64_t key : wanted_) targets_.push_back(Find(key));
  wanted_ = {};
  order_.reserve(rows_.size());
  Walk(*this).Run();
  targets_ = {};
}

}  // namespace ashlar::app
