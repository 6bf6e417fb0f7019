// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/measures.h"

#include <sqlite3.h>

#include "plan/tally.h"
#include "store/sqlite/arguments.h"
#include "types/decimal.h"
#include "types/period.h"
#include "types/time_zone.h"

namespace ashlar::store::sqlite {
namespace {

using types::Kind;
using types::Value;

// (days, period)
void FirstDay(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (IsNull(arguments[0])) return sqlite3_result_null(context);
  types::Date day{sqlite3_value_int(arguments[0])};
  auto period = static_cast<types::Period>(sqlite3_value_int(arguments[1]));
  sqlite3_result_int(context, types::FirstDayOf(period, day).days);
}

// (microseconds, period, zone): the zone is looked up once for a statement.
void PeriodOf(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (IsNull(arguments[0])) return sqlite3_result_null(context);
  auto* zone = static_cast<types::TimeZone*>(sqlite3_get_auxdata(context, 2));
  types::TimeZone found;
  if (zone == nullptr) {
    auto named = types::TimeZone::Find(TextOf(arguments[2]));
    if (!named) return sqlite3_result_null(context);
    found = *named;
    sqlite3_set_auxdata(context, 2, new types::TimeZone(found),
                        [](void* kept) { delete static_cast<types::TimeZone*>(kept); });
  }
  auto period = static_cast<types::Period>(sqlite3_value_int(arguments[1]));
  types::Timestamp moment{sqlite3_value_int64(arguments[0])};
  Value begun = types::PeriodOf(period, moment, zone == nullptr ? found : *zone);
  const auto* day = begun.get<types::Date>();
  sqlite3_result_int64(context, day != nullptr ? day->days : begun.get<types::Timestamp>()->micros);
}

Value ValueOf(sqlite3_value* value, Kind kind, int scale) {
  if (IsNull(value)) return {};
  if (kind == Kind::kFloat64) return sqlite3_value_double(value);
  if (kind == Kind::kDuration) return types::Duration{sqlite3_value_int64(value)};
  if (kind == Kind::kInt64) return int64_t{sqlite3_value_int64(value)};
  auto decimal = DecimalOf(value, scale);
  return decimal ? Value{*decimal} : Value{};
}

// It lives from the first row to End, which SQLite calls whatever happens.
plan::Tally** TallyOf(sqlite3_context* context, int size) {
  return static_cast<plan::Tally**>(sqlite3_aggregate_context(context, size));
}

// (value, its kind, its scale, kind of the result, scale of the result)
template <bool kMean>
void Step(sqlite3_context* context, int, sqlite3_value** arguments) {
  plan::Tally** tally = TallyOf(context, sizeof(plan::Tally*));
  if (tally == nullptr) return sqlite3_result_error_nomem(context);
  plan::Tally::Numbers numbers{static_cast<Kind>(sqlite3_value_int(arguments[1])), sqlite3_value_int(arguments[2]),
                               static_cast<Kind>(sqlite3_value_int(arguments[3])), sqlite3_value_int(arguments[4])};
  if (*tally == nullptr) *tally = new plan::Tally(kMean, numbers);
  (*tally)->Add(ValueOf(arguments[0], numbers.kind, numbers.scale));
}

void End(sqlite3_context* context) {
  plan::Tally** begun = TallyOf(context, 0);
  std::unique_ptr<plan::Tally> tally(begun == nullptr ? nullptr : *begun);
  if (tally == nullptr) return sqlite3_result_null(context);  // no row at all
  auto value = tally->Finish();
  if (!value) return sqlite3_result_zeroblob(context, 0);
  if (const double* real = value->get<double>()) return sqlite3_result_double(context, *real);
  if (const int64_t* whole = value->get<int64_t>()) return sqlite3_result_int64(context, *whole);
  if (const auto* duration = value->get<types::Duration>()) return sqlite3_result_int64(context, duration->micros);
  const auto* decimal = value->get<types::Decimal>();
  ResultDecimal(context, decimal == nullptr ? std::nullopt : std::optional(*decimal));
}

// An unscaled decimal as bytes that sort like it.
void WideOrder(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (sqlite3_value_type(arguments[0]) == SQLITE_BLOB) return sqlite3_result_value(context, arguments[0]);
  auto decimal = DecimalOf(arguments[0], 0);
  if (!decimal) return sqlite3_result_null(context);
  auto bits = static_cast<unsigned __int128>(decimal->unscaled) ^ (static_cast<unsigned __int128>(1) << 127);
  char bytes[16];
  for (int i = 15; i >= 0; --i, bits >>= 8) bytes[i] = static_cast<char>(bits & 0xFF);
  sqlite3_result_blob(context, bytes, sizeof bytes, SQLITE_TRANSIENT);
}

}  // namespace

bool AddMeasures(sqlite3* connection) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  auto scalar = [connection](const char* name, int arguments,
                             void (*function)(sqlite3_context*, int, sqlite3_value**)) {
    return sqlite3_create_function_v2(connection, name, arguments, kFlags, nullptr, function, nullptr, nullptr,
                                      nullptr) == SQLITE_OK;
  };
  auto tally = [connection](const char* name, void (*step)(sqlite3_context*, int, sqlite3_value**)) {
    return sqlite3_create_function_v2(connection, name, 5, kFlags, nullptr, nullptr, step, End, nullptr) == SQLITE_OK;
  };
  return scalar("ashlar_first_day", 2, FirstDay) && scalar("ashlar_period", 3, PeriodOf) &&
         scalar("ashlar_wide_order", 1, WideOrder) && tally("ashlar_sum", Step<false>) &&
         tally("ashlar_mean", Step<true>);
}

}  // namespace ashlar::store::sqlite
