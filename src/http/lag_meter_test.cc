// SPDX-License-Identifier: Apache-2.0
#include "http/lag_meter.h"

#include <gtest/gtest.h>

namespace ashlar::http {
namespace {

constexpr int64_t kSecond = 1'000'000;

// A probe that leaves at `now` and takes so long.
void Probe(LagMeter& meter, int64_t now, int64_t took) {
  meter.Depart(now);
  meter.Arrive(now + took);
}

TEST(LagMeterTest, ProbesNowAndThenAndOneAtATime) {
  LagMeter meter;
  EXPECT_TRUE(meter.WantsProbe(0, 0));
  meter.Depart(0);
  EXPECT_FALSE(meter.WantsProbe(kSecond, 0));
  meter.Arrive(kSecond);
  EXPECT_TRUE(meter.WantsProbe(kSecond, 0));
  meter.Depart(kSecond);
  meter.Arrive(kSecond + 1);
  EXPECT_FALSE(meter.WantsProbe(kSecond + LagMeter::kEveryMicros - 1, 0));
  EXPECT_TRUE(meter.WantsProbe(kSecond + LagMeter::kEveryMicros, 0));
}

TEST(LagMeterTest, OneProbeFollowsTheOtherWhileALoopIsBusy) {
  LagMeter meter;
  Probe(meter, 0, LagMeter::kBusyMicros);
  EXPECT_TRUE(meter.WantsProbe(LagMeter::kBusyMicros, 0));
  Probe(meter, LagMeter::kBusyMicros, LagMeter::kBusyMicros - 1);
  EXPECT_FALSE(meter.WantsProbe(2 * LagMeter::kBusyMicros, 0));
  EXPECT_EQ(meter.passes(), 2u);
}

TEST(LagMeterTest, ALongTurnIsFollowedByAProbeHoweverIdleTheLoopWas) {
  LagMeter meter;
  Probe(meter, 0, 10);
  EXPECT_FALSE(meter.WantsProbe(LagMeter::kBusyMicros, LagMeter::kBusyMicros - 1));
  EXPECT_TRUE(meter.WantsProbe(LagMeter::kBusyMicros, LagMeter::kBusyMicros));
  meter.Depart(LagMeter::kBusyMicros);
  EXPECT_FALSE(meter.WantsProbe(2 * LagMeter::kBusyMicros, LagMeter::kBusyMicros));
}

TEST(LagMeterTest, TellsHowLongTheProbeUnderWayHasTaken) {
  LagMeter meter;
  EXPECT_EQ(meter.Waited(kSecond), 0);
  meter.Depart(kSecond);
  EXPECT_EQ(meter.Waited(kSecond + 7), 7);
  meter.Arrive(kSecond + 9);
  EXPECT_EQ(meter.Waited(2 * kSecond), 0);
}

TEST(LagMeterTest, AStallIsNoLagAndTwoInARowAre) {
  LagMeter meter;
  EXPECT_EQ(meter.Standing(0), 0);
  Probe(meter, 0, kSecond);
  EXPECT_EQ(meter.Standing(kSecond), 0);
  Probe(meter, kSecond, 10);
  EXPECT_EQ(meter.Standing(2 * kSecond), 10);
  Probe(meter, 2 * kSecond, kSecond);
  Probe(meter, 3 * kSecond, 2 * kSecond);
  EXPECT_EQ(meter.Standing(5 * kSecond), kSecond);
  EXPECT_EQ(meter.last(), 2 * kSecond);
  Probe(meter, 5 * kSecond, 10);
  EXPECT_EQ(meter.Standing(5 * kSecond), 10) << "the loop has caught up";
}

TEST(LagMeterTest, AProbeUnderWayCountsForAsLongAsItTakes) {
  LagMeter meter;
  Probe(meter, 0, kSecond);
  meter.Depart(kSecond);
  EXPECT_EQ(meter.Standing(kSecond + 500), 500);
  EXPECT_EQ(meter.Standing(9 * kSecond), kSecond) << "no more than the one before tells";
}

}  // namespace
}  // namespace ashlar::http
