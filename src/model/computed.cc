// SPDX-License-Identifier: Apache-2.0
#include "model/computed.h"

#include "types/decimal.h"

namespace ashlar::model {

types::Value Conform(types::Value value, const types::Type& type) {
  if (value.is_null()) return value;
  if (const auto* decimal = value.get<types::Decimal>()) {
    auto scaled = types::Rescale(*decimal, type.scale());
    if (!scaled) return {};
    value = *scaled;
  }
  return type.Validate(value).empty() ? std::move(value) : types::Value{};
}

types::Value Compute(const Computed& computed, const types::Type& type, const cel::Environment& environment,
                     cel::RowRef row) {
  auto value = cel::Evaluate(*computed.value, environment, row);
  return value ? Conform(std::move(*value), type) : types::Value{};
}

}  // namespace ashlar::model
