// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "types/type.h"

namespace ashlar::call {

// The operators of a structured condition (api.md, Query of a list). One row each in operator.cc.
enum class Operator : uint8_t {
  kEq,
  kNe,
  kGt,
  kGte,
  kLt,
  kLte,
  kIn,
  kNin,
  kContains,
  kStartsWith,
  kIeq,
  kIcontains,
  kIsNull,
};
struct OperatorRow {
  Operator op;
  std::string_view name;  // "gte"
  bool many;              // takes a list of values
  std::string_view fits;  // which fields, for messages and the reference: "any", "ordered", "text", "text or list"
  std::string_view doc;
};
std::span<const OperatorRow> Operators();
const OperatorRow* FindOperator(std::string_view name);
const OperatorRow& RowOf(Operator op);
// Whether fields of that type, filterable ones, can be compared so.
bool Fits(Operator op, const types::Type& type);

}  // namespace ashlar::call
