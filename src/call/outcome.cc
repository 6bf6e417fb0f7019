// SPDX-License-Identifier: Apache-2.0
#include "call/outcome.h"

namespace ashlar::call {
namespace {

size_t SizeOf(const RowSet& set) {
  size_t size = set.rows.bytes();
  for (const Included& included : set.included) {
    size += SizeOf(included.set) + included.more.size() * sizeof(uint32_t);
    for (const std::vector<uint32_t>& rows : included.of_parent) {
      size += sizeof(rows) + rows.size() * sizeof(uint32_t);
    }
  }
  return size;
}

}  // namespace

size_t SizeOf(const Outcome& outcome) {
  size_t size = sizeof(Outcome) + SizeOf(outcome.rows);
  if (outcome.groups) size += outcome.groups->rows.bytes();
  for (const HistoryEntry& entry : outcome.history) {
    size += sizeof(HistoryEntry) + entry.before.size() + entry.after.size();
  }
  return size;
}

}  // namespace ashlar::call
