// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "types/datetime.h"
#include "types/uuid.h"

namespace ashlar::types {
namespace {

TEST(DatetimeTest, EveryDayGoesBothWays) {
  CivilDay expected{1, 1, 1};
  constexpr int kDaysIn[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (int32_t days = kFirstDate.days; days <= kLastDate.days; ++days) {
    CivilDay day = ToCivil({days});
    ASSERT_EQ(day, expected) << days;
    ASSERT_EQ(FromCivil(day).days, days);
    bool leap = day.year % 4 == 0 && (day.year % 100 != 0 || day.year % 400 == 0);
    if (day.day < kDaysIn[day.month - 1] + (leap && day.month == 2)) {
      ++expected.day;
    } else {
      expected = day.month < 12 ? CivilDay{day.year, day.month + 1, 1} : CivilDay{day.year + 1, 1, 1};
    }
  }
  EXPECT_EQ(expected, (CivilDay{10000, 1, 1}));
}

TEST(DatetimeTest, KnowsTheEdgesOfTime) {
  EXPECT_EQ(FormatDate(kFirstDate), "0001-01-01");
  EXPECT_EQ(FormatDate(kLastDate), "9999-12-31");
  EXPECT_EQ(FormatTimestamp(kFirstTimestamp), "0001-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatTimestamp(kLastTimestamp), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(FormatTimestamp({-1}), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00.000001Z"), Timestamp{1});
  EXPECT_EQ(ParseTimestamp("0001-01-01T00:00:00+00:01").error(), TimeFault::kRange);
  EXPECT_EQ(FormatDuration({INT64_MIN}), "-P106751991DT4H54.775808S");
}

TEST(DatetimeTest, DurationsGoBothWays) {
  for (int64_t micros : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{999'999}, int64_t{59'999'999},
                         int64_t{60'000'000}, int64_t{3'600'000'000}, int64_t{86'400'000'000}, int64_t{86'399'999'999},
                         kLongestDuration.micros, -kLongestDuration.micros}) {
    EXPECT_EQ(ParseDuration(FormatDuration({micros})), Duration{micros}) << FormatDuration({micros});
  }
}

TEST(UuidTest, ReadsEitherCaseAndWritesLower) {
  auto uuid = ParseUuid("0192F000-0000-7000-8000-00000000AbCd");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->bytes[0], 0x01);
  EXPECT_EQ(uuid->bytes[15], 0xCD);
  EXPECT_EQ(FormatUuid(*uuid), "0192f000-0000-7000-8000-00000000abcd");
}

TEST(UuidTest, NewOnesAreOfVersion7AndRise) {
  UuidGenerator generator;
  Uuid last{};
  constexpr int64_t kNow = 1'700'000'000'123'456;
  for (int i = 0; i < 10'000; ++i) {
    // Within a millisecond, then on, then a little back.
    Uuid uuid = generator.Next(kNow + (i > 5'000 ? 2'000 : 0) - (i > 8'000 ? 500'000 : 0));
    ASSERT_LT(last, uuid);
    ASSERT_EQ(uuid.bytes[6] >> 4, 7);
    ASSERT_EQ(uuid.bytes[8] >> 6, 2);
    last = uuid;
  }
  int64_t millis = 0;
  for (size_t i = 0; i < 6; ++i) millis = millis << 8 | last.bytes[i];
  EXPECT_EQ(millis, kNow / 1000 + 2);
  // A clock that was set right is followed.
  Uuid early = generator.Next(kNow - 60'000'000);
  EXPECT_LT(early, last);
}

TEST(UuidTest, GeneratorsDoNotRepeatEachOther) {
  std::set<Uuid> seen;
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(seen.insert(UuidGenerator().Next(1'000'000)).second);
  EXPECT_NE(NewUuidV7(1), NewUuidV7(1));
}

}  // namespace
}  // namespace ashlar::types
