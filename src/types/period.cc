// SPDX-License-Identifier: Apache-2.0
#include "types/period.h"

#include <algorithm>

#include "types/datetime.h"
#include "types/time_zone.h"

namespace ashlar::types {
namespace {

constexpr int64_t kMicrosPerHour = 3'600 * kMicrosPerSecond;

constexpr PeriodRow kPeriods[] = {
    {Period::kYear, "year", "its first day, as date"},
    {Period::kQuarter, "quarter", "its first day, as date"},
    {Period::kMonth, "month", "its first day, as date"},
    {Period::kWeek, "week", "its Monday, as date (ISO 8601)"},
    {Period::kDay, "day", "the day, as date"},
    {Period::kHour, "hour", "when it began, as datetime; not of dates"},
};

int64_t Floor(int64_t micros, int64_t unit) {
  int64_t rest = micros % unit;
  return micros - (rest < 0 ? rest + unit : rest);
}

}  // namespace

std::span<const PeriodRow> Periods() { return kPeriods; }

const PeriodRow* FindPeriod(std::string_view name) {
  for (const PeriodRow& row : kPeriods) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

Date FirstDayOf(Period period, Date day) {
  CivilDay civil = ToCivil(day);
  switch (period) {
    case Period::kYear: return FromCivil({civil.year, 1, 1});
    case Period::kQuarter: return FromCivil({civil.year, (civil.month - 1) / 3 * 3 + 1, 1});
    case Period::kMonth: return FromCivil({civil.year, civil.month, 1});
    case Period::kWeek: return {day.days - (((day.days + 3) % 7) + 7) % 7};  // 1970-01-01 was a Thursday
    case Period::kDay:
    case Period::kHour:
    case Period::kNone: break;
  }
  return day;
}

Value PeriodOf(Period period, Timestamp moment, const TimeZone& zone) {
  int64_t offset = zone.OffsetMicros(moment);
  int64_t local = moment.micros + offset;
  if (period == Period::kHour) {
    int64_t begun = Floor(local, kMicrosPerHour) - offset;
    return Timestamp{std::clamp(begun, kFirstTimestamp.micros, kLastTimestamp.micros)};
  }
  int64_t days = Floor(local, kMicrosPerDay) / kMicrosPerDay;
  auto day = static_cast<int32_t>(std::clamp<int64_t>(days, kFirstDate.days, kLastDate.days));
  return FirstDayOf(period, Date{day});
}

}  // namespace ashlar::types
