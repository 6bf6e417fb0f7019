// SPDX-License-Identifier: Apache-2.0
// Aggregates over the rows in memory.
#include <map>

#include "plan/tally.h"
#include "recipes/memory_store/tables.h"
#include "types/decimal.h"
#include "types/time_zone.h"

namespace ashlar::recipes {
namespace {

using call::Function;
using call::Operator;
using types::Value;
using types::Values;

struct Less {
  bool operator()(const Values& a, const Values& b) const {
    for (size_t i = 0; i < a.size(); ++i) {
      std::weak_ordering way = types::Compare(a[i], b[i]);
      if (way != 0) return way < 0;
    }
    return false;
  }
};

Value KeyOf(const plan::GroupKey& key, const Value& value, const types::TimeZone& zone) {
  if (value.is_null() || key.period == types::Period::kNone) return value;
  if (const auto* day = value.get<types::Date>()) return types::FirstDayOf(key.period, *day);
  return types::PeriodOf(key.period, *value.get<types::Timestamp>(), zone);
}

// Nothing: it does not fit.
std::optional<Value> MeasureOf(const plan::Measured& measure, const model::Resource& resource,
                               const std::vector<const Values*>& rows) {
  if (measure.function == Function::kCount) return Value{static_cast<int64_t>(rows.size())};
  const types::Type& type = *resource.field(measure.field).type;
  plan::Tally tally(measure.function == Function::kAvg,
                    {type.kind(), type.scale(), measure.type->kind(), measure.type->scale()});
  Value best;
  for (const Values* row : rows) {
    const Value& value = (*row)[measure.field.index()];
    if (value.is_null()) continue;
    if (measure.function == Function::kSum || measure.function == Function::kAvg) {
      tally.Add(value);
      continue;
    }
    bool better = best.is_null() || (measure.function == Function::kMin ? types::Compare(value, best) < 0
                                                                        : types::Compare(value, best) > 0);
    if (better) best = value;
  }
  bool extreme = measure.function == Function::kMin || measure.function == Function::kMax;
  return extreme ? std::optional(best) : tally.Finish();
}

bool Keeps(const plan::Having& having, const Value& value) {
  auto is = [&](const Value& other) { return !value.is_null() && types::Compare(value, other) == 0; };
  bool any = std::any_of(having.values.begin(), having.values.end(), is);
  if (having.op == Operator::kIsNull) return value.is_null() == *having.values[0].get<bool>();
  if (having.op == Operator::kEq || having.op == Operator::kIn) return any;
  if (having.op == Operator::kNe || having.op == Operator::kNin) return !any;
  if (value.is_null()) return false;
  std::weak_ordering way = types::Compare(value, having.values[0]);
  if (having.op == Operator::kGt) return way > 0;
  if (having.op == Operator::kGte) return way >= 0;
  return having.op == Operator::kLt ? way < 0 : way <= 0;
}

// The cell of a value; a decimal that is wider than 64 bits is a text, what does not fit an empty one.
void Append(const std::optional<Value>& value, types::Rows& rows) {
  const auto* decimal = value ? value->get<types::Decimal>() : nullptr;
  bool wide = decimal != nullptr && (decimal->unscaled > INT64_MAX || decimal->unscaled < INT64_MIN);
  bool fits = !value ? rows.AppendText("")
              : wide ? rows.AppendText(types::FormatDecimal({decimal->unscaled, 0}))
                     : rows.Append(*value);
  if (!fits) throw std::length_error("a batch is full");
}

}  // namespace

plan::Answer Tables::Run(const plan::Aggregate& aggregate) {
  const model::Resource& of = service_->resource(aggregate.resource);
  types::TimeZone zone = types::TimeZone::Find(aggregate.zone).value();
  std::map<Values, std::vector<const Row*>, Less> groups;
  if (aggregate.keys.empty()) groups[{}];
  for (const Row* row : Select(aggregate.resource, aggregate.where, aggregate.deleted, aggregate.words)) {
    Values key;
    for (const plan::GroupKey& part : aggregate.keys) key.push_back(KeyOf(part, (*row)[part.field.index()], zone));
    groups[key].push_back(row);
  }
  std::vector<std::vector<std::optional<Value>>> found;
  for (const auto& [key, rows] : groups) {
    std::vector<std::optional<Value>> cells(key.begin(), key.end());
    for (const plan::Measured& measure : aggregate.measures) cells.push_back(MeasureOf(measure, of, rows));
    bool kept = std::all_of(aggregate.having.begin(), aggregate.having.end(), [&](const plan::Having& having) {
      return Keeps(having, cells[key.size() + having.measure].value_or(Value{}));
    });
    if (kept) found.push_back(std::move(cells));
  }
  std::sort(found.begin(), found.end(), [&](const auto& a, const auto& b) {
    for (const plan::Aggregate::Term& term : aggregate.order) {
      std::weak_ordering way = types::Compare(a[term.cell].value_or(Value{}), b[term.cell].value_or(Value{}));
      if (way != 0) return term.descending ? way > 0 : way < 0;
    }
    return false;
  });
  types::Rows rows(aggregate.counts ? 1 : aggregate.keys.size() + aggregate.measures.size());
  if (aggregate.counts) {
    rows.AppendInteger(static_cast<int64_t>(found.size()));
    return rows;
  }
  auto first = static_cast<size_t>(aggregate.offset);
  for (size_t i = first; i < found.size(); ++i) {
    if (aggregate.limit && static_cast<int64_t>(i - first) >= *aggregate.limit) break;
    for (const std::optional<Value>& value : found[i]) Append(value, rows);
  }
  return rows;
}

}  // namespace ashlar::recipes
