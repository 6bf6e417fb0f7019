// SPDX-License-Identifier: Apache-2.0
#include "call/operator.h"

#include <utility>

namespace ashlar::call {
namespace {

constexpr OperatorRow kOperators[] = {
    {Operator::kEq, "eq", false, "any", "equal; `field=value` is the same"},
    {Operator::kNe, "ne", false, "any", "not equal; matches null"},
    {Operator::kGt, "gt", false, "ordered", "greater"},
    {Operator::kGte, "gte", false, "ordered", "greater or equal"},
    {Operator::kLt, "lt", false, "ordered", "less"},
    {Operator::kLte, "lte", false, "ordered", "less or equal"},
    {Operator::kIn, "in", true, "any", "one of the values, separated by commas or by repeating the parameter"},
    {Operator::kNin, "nin", true, "any", "none of the values; matches null"},
    {Operator::kContains, "contains", false, "text or list", "a part of the text, or an element of the list"},
    {Operator::kStartsWith, "startsWith", false, "text", "the beginning of the text"},
    {Operator::kIeq, "ieq", false, "text", "equal when case is folded"},
    {Operator::kIcontains, "icontains", false, "text", "a part of the text when case is folded"},
    {Operator::kIsNull, "isNull", false, "any", "`true`: the field is null; `false`: it is not"},
};

}  // namespace

std::span<const OperatorRow> Operators() { return kOperators; }

const OperatorRow* FindOperator(std::string_view name) {
  for (const OperatorRow& row : kOperators) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

const OperatorRow& RowOf(Operator op) {
  for (const OperatorRow& row : kOperators) {
    if (row.op == op) return row;
  }
  std::unreachable();
}

bool Fits(Operator op, const types::Type& type) {
  bool text = type.kind() == types::Kind::kText;
  bool list = type.kind() == types::Kind::kList;
  bool ordered = !list && type.kind() != types::Kind::kBool;
  switch (op) {
    case Operator::kGt:
    case Operator::kGte:
    case Operator::kLt:
    case Operator::kLte: return ordered;
    case Operator::kContains: return text || list;
    case Operator::kStartsWith:
    case Operator::kIeq:
    case Operator::kIcontains: return text;
    case Operator::kEq:
    case Operator::kNe:
    case Operator::kIn:
    case Operator::kNin: return !list;
    case Operator::kIsNull: return true;
  }
  return false;
}

}  // namespace ashlar::call
