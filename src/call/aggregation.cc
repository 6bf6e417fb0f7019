// SPDX-License-Identifier: Apache-2.0
#include "call/aggregation.h"

#include "types/aggregate_types.h"

namespace ashlar::call {
namespace {

constexpr FunctionRow kFunctions[] = {
    {Function::kCount, "count", "", "int", "how many rows the group has"},
    {Function::kSum, "sum", "number or duration",
     "the field's type; a decimal of up to 38 digits; refused where it does not fit", "all of them added, exactly"},
    {Function::kAvg, "avg", "number or duration",
     "a decimal of six more decimals (also of int64, which has none), a half rounded to the even neighbour; a number "
     "for int and float; a duration",
     "their mean"},
    {Function::kMin, "min", "sortable", "the field's type", "the least, in the order of `sort`"},
    {Function::kMax, "max", "sortable", "the field's type", "the greatest, in the order of `sort`"},
};

}  // namespace

std::span<const FunctionRow> Functions() { return kFunctions; }

const FunctionRow& RowOf(Function function) { return kFunctions[static_cast<size_t>(function)]; }

types::TypePtr TypeOf(Function function, const types::TypePtr& type) {
  switch (function) {
    case Function::kSum: return types::TypeOfSum(*type);
    case Function::kAvg: return types::TypeOfAverage(*type);
    case Function::kMin:
    case Function::kMax: return type->sortable() ? type : nullptr;
    case Function::kCount: break;
  }
  return types::TypeOfCount();
}

std::optional<Measure> ParseMeasure(std::string_view text) {
  std::string_view name = text.substr(0, text.find('('));
  for (const FunctionRow& row : kFunctions) {
    if (row.name != name) continue;
    if (row.fits.empty()) return name == text ? std::optional(Measure{row.function, ""}) : std::nullopt;
    if (text.size() < name.size() + 3 || text.back() != ')') return std::nullopt;
    std::string_view field = text.substr(name.size() + 1, text.size() - name.size() - 2);
    return Measure{row.function, std::string(field)};
  }
  return std::nullopt;
}

}  // namespace ashlar::call
