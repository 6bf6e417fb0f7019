// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "plan/planner.h"
#include "plan/rules.h"
#include "plan/statement.h"

namespace ashlar::plan {

// Cursors are the order's values of one row and a MAC over them and over all that the list was asked with: resource,
// conditions, filter, order, deleted rows, caller. Opaque, stateless, and of no use to another caller or query. Keeps
// references to the key and the resource.
class Cursors {
 public:
  static constexpr size_t kMaxCursor = 4096;  // characters
  Cursors(const Planner::CursorKey& key, const call::Call& call, const Rules& rules, const model::Resource& resource,
          const std::vector<Order>& order);

  // Of one row of a batch; `cells` says where the order's fields stand in it. Longer than kMaxCursor, it is refused
  // when it comes back.
  std::string Encode(const types::Rows& rows, size_t row, const std::vector<uint32_t>& cells) const;
  // The order's values, or nothing if it was not made for this very query.
  std::optional<Values> Decode(std::string_view cursor) const;

 private:
  std::string Sign(std::string_view payload) const;
  const Planner::CursorKey& key_;
  const model::Resource& resource_;
  std::vector<Order> order_;
  std::string binding_;
};

}  // namespace ashlar::plan
