// SPDX-License-Identifier: Apache-2.0
#include "types/period.h"

#include <gtest/gtest.h>

#include "types/datetime.h"
#include "types/time_zone.h"

namespace ashlar::types {
namespace {

std::string Day(Period period, std::string_view day) { return FormatDate(FirstDayOf(period, *ParseDate(day))); }

std::string At(Period period, std::string_view moment, std::string_view zone) {
  Value begun = PeriodOf(period, *ParseTimestamp(moment), *TimeZone::Find(zone));
  const auto* day = begun.get<Date>();
  return day != nullptr ? FormatDate(*day) : FormatTimestamp(*begun.get<Timestamp>());
}

TEST(PeriodTest, BeginsWithItsFirstDay) {
  EXPECT_EQ(Day(Period::kYear, "2024-12-31"), "2024-01-01");
  EXPECT_EQ(Day(Period::kQuarter, "2024-03-31"), "2024-01-01");
  EXPECT_EQ(Day(Period::kQuarter, "2024-12-31"), "2024-10-01");
  EXPECT_EQ(Day(Period::kMonth, "2024-02-29"), "2024-02-01");
  EXPECT_EQ(Day(Period::kWeek, "2024-12-31"), "2024-12-30");
  EXPECT_EQ(Day(Period::kWeek, "2024-12-30"), "2024-12-30");
  EXPECT_EQ(Day(Period::kWeek, "2024-12-29"), "2024-12-23");
  EXPECT_EQ(Day(Period::kWeek, "1969-12-31"), "1969-12-29");
  EXPECT_EQ(Day(Period::kWeek, "0001-01-01"), "0001-01-01");
  EXPECT_EQ(Day(Period::kDay, "2024-02-29"), "2024-02-29");
}

TEST(PeriodTest, IsToldByTheClocksOfAZone) {
  EXPECT_EQ(At(Period::kDay, "2024-06-30T22:30:00Z", "UTC"), "2024-06-30");
  EXPECT_EQ(At(Period::kDay, "2024-06-30T22:30:00Z", "Europe/Berlin"), "2024-07-01");
  EXPECT_EQ(At(Period::kDay, "2024-12-31T22:30:00Z", "Europe/Berlin"), "2024-12-31");
  EXPECT_EQ(At(Period::kYear, "2024-01-01T03:00:00Z", "America/New_York"), "2023-01-01");
  EXPECT_EQ(At(Period::kDay, "1969-12-31T23:59:59.999999Z", "UTC"), "1969-12-31");
}

TEST(PeriodTest, AnHourThatTheClocksShowTwiceIsTwoHours) {
  EXPECT_EQ(At(Period::kHour, "2024-10-27T00:59:59Z", "Europe/Berlin"), "2024-10-27T00:00:00.000000Z");
  EXPECT_EQ(At(Period::kHour, "2024-10-27T01:00:00Z", "Europe/Berlin"), "2024-10-27T01:00:00.000000Z");
  EXPECT_EQ(At(Period::kHour, "2024-10-27T01:10:00Z", "Asia/Kolkata"), "2024-10-27T00:30:00.000000Z");
}

TEST(PeriodTest, GoesOnByTheZonesRuleBehindTheLastListedChange) {
  EXPECT_EQ(At(Period::kDay, "2037-07-01T22:30:00Z", "Europe/Berlin"), "2037-07-02");
  EXPECT_EQ(At(Period::kDay, "2038-07-01T22:30:00Z", "Europe/Berlin"), "2038-07-02");
  EXPECT_EQ(At(Period::kDay, "2038-12-01T22:30:00Z", "Europe/Berlin"), "2038-12-01");
  EXPECT_EQ(At(Period::kDay, "9999-07-01T22:30:00Z", "Europe/Berlin"), "9999-07-02");
  EXPECT_EQ(At(Period::kDay, "2100-01-01T13:30:00Z", "Australia/Sydney"), "2100-01-02");
  EXPECT_EQ(At(Period::kDay, "2100-07-01T13:30:00Z", "Australia/Sydney"), "2100-07-01");
}

TEST(PeriodTest, StaysWithinTheYears) {
  EXPECT_EQ(At(Period::kDay, "0001-01-01T00:00:00Z", "America/New_York"), "0001-01-01");
  EXPECT_EQ(At(Period::kDay, "9999-12-31T23:59:59Z", "Asia/Tokyo"), "9999-12-31");
  EXPECT_EQ(At(Period::kHour, "0001-01-01T00:10:00Z", "America/New_York"), "0001-01-01T00:00:00.000000Z");
}

TEST(PeriodTest, ZonesAreKnownByTheirNamesAlone) {
  for (const char* name :
       {"", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe/Berlin/", "utc\n", "localtime", "posixrules",
        "Factory", "posix/Europe/Berlin", "right/Europe/Berlin", "leapseconds"}) {
    EXPECT_FALSE(TimeZone::Find(name)) << name;
  }
  EXPECT_FALSE(TimeZone::Find(std::string(65, 'a')));
  EXPECT_FALSE(TimeZone::Find(std::string_view("UTC\0", 4)));
}

}  // namespace
}  // namespace ashlar::types
