// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "types/value.h"

namespace ashlar::types {

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
// 0001-01-01 and 9999-12-31, and the first and last microsecond of these days.
inline constexpr Date kFirstDate{-719'162};
inline constexpr Date kLastDate{2'932'896};
inline constexpr Timestamp kFirstTimestamp{kFirstDate.days * kMicrosPerDay};
inline constexpr Timestamp kLastTimestamp{(kLastDate.days + 1) * kMicrosPerDay - 1};
// About 10,000 years, as CEL has it; negative ones likewise.
inline constexpr Duration kLongestDuration{315'576'000'000 * kMicrosPerSecond};

enum class TimeFault : uint8_t {
  kForm,       // not of that form, or no such day or time
  kPrecision,  // finer than microseconds
  kRange,      // too far away (durations), or its UTC is beyond the years 0001 to 9999
};

// YYYY-MM-DD.
std::optional<Date> ParseDate(std::string_view text);
// RFC 3339: date, T, time with at most six decimals, Z or an offset. No leap seconds.
std::expected<Timestamp, TimeFault> ParseTimestamp(std::string_view text);
// ISO 8601 without years and months: [-]P[nW][nD][T[nH][nM][n[.nnnnnn]S]], at least one part.
std::expected<Duration, TimeFault> ParseDuration(std::string_view text);

// "2024-02-29", "2024-02-29T12:00:00.000000Z". REQUIRES: within the years 0001 to 9999.
std::string FormatDate(Date date);
std::string FormatTimestamp(Timestamp timestamp);
// Writes exactly kTimestampLength characters.
inline constexpr size_t kTimestampLength = 27;
void FormatTimestamp(Timestamp timestamp, char* out);
// Days, hours, minutes and seconds, each where it is not zero, decimals as needed: "P1DT1H30M", "-PT0.5S", "PT0S".
// Midnight UTC as HTTP writes it (RFC 9110, 5.6.7): "Sun, 06 Nov 1994 00:00:00 GMT".
std::string FormatHttpDate(Date date);
std::string FormatDuration(Duration duration);

// A day of the calendar. Months and days count from 1.
struct CivilDay {
  int year = 1970, month = 1, day = 1;
  bool operator==(const CivilDay&) const = default;
};
CivilDay ToCivil(Date date);
// REQUIRES: a day that exists.
Date FromCivil(CivilDay day);

}  // namespace ashlar::types
