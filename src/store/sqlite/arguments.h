// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>

#include "types/decimal.h"

struct sqlite3_context;
struct sqlite3_value;

namespace ashlar::store::sqlite {

// How functions read their arguments and give their results. A decimal is its unscaled number: INTEGER, or TEXT where
// it is wider than 64 bits.
std::string_view TextOf(sqlite3_value* value);
bool IsNull(sqlite3_value* value);
std::optional<types::Decimal> DecimalOf(sqlite3_value* value, int scale);
void ResultText(sqlite3_context* context, std::string_view text);
void ResultDecimal(sqlite3_context* context, const std::optional<types::Decimal>& decimal);

}  // namespace ashlar::store::sqlite
