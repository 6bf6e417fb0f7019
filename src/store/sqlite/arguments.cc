// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/arguments.h"

#include <sqlite3.h>

namespace ashlar::store::sqlite {

std::string_view TextOf(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return {text, static_cast<size_t>(sqlite3_value_bytes(value))};
}
bool IsNull(sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_NULL; }

std::optional<types::Decimal> DecimalOf(sqlite3_value* value, int scale) {
  if (IsNull(value)) return std::nullopt;
  if (sqlite3_value_type(value) == SQLITE_INTEGER) return types::Decimal{sqlite3_value_int64(value), scale};
  auto wide = types::ParseDecimal(TextOf(value));
  if (!wide) return std::nullopt;
  return types::Decimal{wide->unscaled, scale};
}

void ResultText(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void ResultDecimal(sqlite3_context* context, const std::optional<types::Decimal>& decimal) {
  if (!decimal) return sqlite3_result_null(context);
  if (decimal->unscaled <= INT64_MAX && decimal->unscaled >= INT64_MIN) {
    return sqlite3_result_int64(context, static_cast<int64_t>(decimal->unscaled));
  }
  ResultText(context, types::FormatDecimal({decimal->unscaled, 0}));
}

}  // namespace ashlar::store::sqlite
