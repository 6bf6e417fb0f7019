// SPDX-License-Identifier: Apache-2.0
#include "types/zone_rule.h"

#include <gtest/gtest.h>

#include "types/datetime.h"

namespace ashlar::types {
namespace {

// Minutes ahead of UTC at that moment; a text that is no rule fails the test.
int64_t At(std::string_view rule, std::string_view moment) {
  auto read = ZoneRule::Parse(rule);
  if (!read) ADD_FAILURE() << rule;
  return read ? read->OffsetSeconds(ParseTimestamp(moment)->micros / 1'000'000) / 60 : -1;
}

TEST(ZoneRuleTest, AZoneWithoutSummerTimeStays) {
  EXPECT_EQ(At("JST-9", "2050-07-01T00:00:00Z"), 540);
  EXPECT_EQ(At("<+0330>-3:30", "2050-01-01T00:00:00Z"), 210);
  EXPECT_EQ(At("HST10", "2050-01-01T00:00:00Z"), -600);
}

TEST(ZoneRuleTest, ChangesAtItsMoments) {
  const char* berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
  EXPECT_EQ(At(berlin, "2050-03-27T00:59:59Z"), 60);
  EXPECT_EQ(At(berlin, "2050-03-27T01:00:00Z"), 120);
  EXPECT_EQ(At(berlin, "2050-10-30T00:59:59Z"), 120);
  EXPECT_EQ(At(berlin, "2050-10-30T01:00:00Z"), 60);
  EXPECT_EQ(At("NST3:30NDT,M3.2.0,M11.1.0", "2050-07-01T00:00:00Z"), -150);
}

TEST(ZoneRuleTest, SummerMayLieAroundTheNewYear) {
  const char* howe = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
  EXPECT_EQ(At(howe, "2050-01-01T00:00:00Z"), 660);
  EXPECT_EQ(At(howe, "2049-12-31T23:00:00Z"), 660);
  EXPECT_EQ(At(howe, "2050-07-01T00:00:00Z"), 630);
  EXPECT_EQ(At("IST-1GMT0,M10.5.0,M3.5.0/1", "2050-01-01T00:00:00Z"), 0) << "its winter is what changes";
  EXPECT_EQ(At("IST-1GMT0,M10.5.0,M3.5.0/1", "2050-07-01T00:00:00Z"), 60);
}

TEST(ZoneRuleTest, DaysAreCountedInThreeWays) {
  EXPECT_EQ(At("AAA0BBB,J60/0,J365/0", "2052-02-29T23:00:00Z"), 0) << "J60 is always the first of March";
  EXPECT_EQ(At("AAA0BBB,J60/0,J365/0", "2052-03-01T00:00:00Z"), 60);
  EXPECT_EQ(At("AAA0BBB,59/0,364/0", "2052-02-29T00:00:00Z"), 60) << "59 is the sixtieth day";
  EXPECT_EQ(At("AAA0BBB,0/0,J365/25", "2051-12-31T23:30:00Z"), 60) << "all the year";
  EXPECT_EQ(At("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-03-27T01:00:00Z"), -60) << "an hour before that day";
  EXPECT_EQ(At("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-03-27T00:59:59Z"), -120);
  EXPECT_EQ(At("EET-2EEST,M3.4.4/50,M10.4.4/50", "2050-03-26T00:00:00Z"), 180) << "two days behind a Thursday";
}

TEST(ZoneRuleTest, WhatIsNoRuleIsNone) {
  for (const char* text :
       {"", "CE-1", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/168",
        "CET-1CEST,M3.5.0,M10.5.0,", "CET-1CEST,J0,J365", "<+01-1", "CET-1:60", "CET- 1", "CET--1"}) {
    EXPECT_FALSE(ZoneRule::Parse(text)) << text;
  }
}

}  // namespace
}  // namespace ashlar::types
