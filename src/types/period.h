// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "types/value.h"

namespace ashlar::types {

class TimeZone;

// Stretches of the calendar by which days and times are grouped. One row each in period.cc.
enum class Period : uint8_t { kNone, kYear, kQuarter, kMonth, kWeek, kDay, kHour };
struct PeriodRow {
  Period period;
  std::string_view name;   // "month"
  std::string_view gives;  // what stands for it
};
std::span<const PeriodRow> Periods();
const PeriodRow* FindPeriod(std::string_view name);

// The first day of the period that the day lies in. REQUIRES: not kNone, not kHour.
Date FirstDayOf(Period period, Date day);
// The period of that moment as clocks of the zone show it: its first day, of kHour the moment at which it began there.
// Beyond the years 0001 to 9999 it is the first or last day of them. REQUIRES: not kNone.
Value PeriodOf(Period period, Timestamp moment, const TimeZone& zone);

}  // namespace ashlar::types
