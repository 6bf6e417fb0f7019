// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "call/call.h"

namespace ashlar::call {

// What is computed over the rows of a group. One row each in aggregation.cc.
enum class Function : uint8_t { kCount, kSum, kAvg, kMin, kMax };
struct FunctionRow {
  Function function;
  std::string_view name;  // "sum"
  std::string_view fits;  // which fields, for messages and the reference; empty: it takes none
  std::string_view gives;
  std::string_view doc;
};
std::span<const FunctionRow> Functions();
const FunctionRow& RowOf(Function function);

// The type of what it gives of a field of that type, whatever type for a count; null: it is not for such fields.
types::TypePtr TypeOf(Function function, const types::TypePtr& type);

// `sum(price)`, `count`: a function and the name of its field. Nothing if it is not of that form.
struct Measure {
  Function function;
  std::string field;
};
std::optional<Measure> ParseMeasure(std::string_view text);

// What an aggregate asks beside the conditions, the order and the page of a list. Texts that the planner resolves.
struct Aggregation {
  std::vector<std::string> select;    // "count", "sum(price)"
  std::vector<std::string> group_by;  // "categoryId", "createdAt:month"
  std::vector<Condition> having;      // their path is one measure: {"sum(price)"}
  std::optional<std::string> zone;    // in which periods begin; UTC otherwise
};

}  // namespace ashlar::call
