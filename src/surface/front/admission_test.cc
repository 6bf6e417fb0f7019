// SPDX-License-Identifier: Apache-2.0
#include "surface/front/admission.h"

#include <gtest/gtest.h>

namespace ashlar::surface {
namespace {

struct Hand final : Clock {
  int64_t NowMicros() const override { return at; }
  int64_t SteadyMicros() const override { return at; }
  int64_t at = 1'000'000;
};

class AdmissionTest : public testing::Test {
 protected:
  static constexpr int64_t kLimit = 500'000;
  static constexpr int64_t kCrowdWait = kLimit / Admission::kLoopCrowdPart;
  static constexpr int64_t kShortWait = kLimit / Admission::kLoopTakenPart;

  Admission Make(const AdmissionLimits& limits) { return {limits, waiting_, clock_, shed_}; }
  // A pass of the loop that serves these many once so much of it is over; how many of them were taken. `refusing`: what
  // comes behind the last one.
  int Pass(Admission& admission, int64_t waited, int requests, int64_t refusing = 0, bool writes = false) {
    lag_.Depart(clock_.at);
    clock_.at += waited;
    int taken = 0;
    for (int i = 0; i < requests; ++i) taken += admission.Refuse(writes, lag_) ? 0 : 1;
    clock_.at += refusing;
    lag_.Arrive(clock_.at);
    return taken;
  }

  Hand clock_;
  http::LagMeter lag_;
  Shed shed_;
  WritesWaiting queue_;
  int looks_ = 0;
  const std::function<WritesWaiting()> waiting_ = [this] {
    ++looks_;
    return queue_;
  };
};

TEST_F(AdmissionTest, ALoopThatStandsBehindRefusesAndAStallDoesNot) {
  Admission admission = Make({.loop_lag_us = kLimit});
  EXPECT_EQ(Pass(admission, 2 * kLimit, 1), 1) << "once is a stall";
  EXPECT_EQ(Pass(admission, 2 * kLimit, 1), 0);
  EXPECT_EQ(shed_.loop, 1);
  EXPECT_EQ(shed_.writer, 0);
  EXPECT_EQ(looks_, 0);
}

TEST_F(AdmissionTest, ACrowdIsRefusedSoonerThanAFewThatAreSlow) {
  constexpr int kCrowd = Admission::kCrowdOfPass;
  Admission admission = Make({.loop_lag_us = kLimit});
  EXPECT_EQ(Pass(admission, kCrowdWait, 2 * kCrowd), 2 * kCrowd);
  EXPECT_EQ(Pass(admission, kCrowdWait + 1, 3), 3);
  EXPECT_EQ(Pass(admission, kCrowdWait + 1, 2 * kCrowd), kCrowd);
}

TEST_F(AdmissionTest, WhileItShedsEachPassTakesSomeUntilNobodyIsRefused) {
  constexpr int kLeast = Admission::kLeastOfPass, kMany = 3 * Admission::kCrowdOfPass;
  Admission admission = Make({.loop_lag_us = kLimit});
  Pass(admission, kCrowdWait + 1, kMany);
  Pass(admission, kCrowdWait + 1, kMany);
  EXPECT_EQ(Pass(admission, kShortWait, kMany), kMany);
  EXPECT_EQ(Pass(admission, kShortWait + 1, kMany), kLeast) << "its time is over";
  EXPECT_EQ(Pass(admission, kLimit + 1, 1), 0) << "nothing that is older than the limit";
  for (int64_t calm = 0; calm <= Admission::kCalmMicros; calm += kShortWait) Pass(admission, kShortWait, 1);
  EXPECT_EQ(Pass(admission, kCrowdWait, kMany), kMany) << "it does not shed any more";
}

TEST_F(AdmissionTest, WhereRefusingTakesLongHalfOfThatIsSpentOnWhatIsTaken) {
  constexpr int kMany = 3 * Admission::kCrowdOfPass;
  Admission admission = Make({.loop_lag_us = kLimit});
  Pass(admission, kCrowdWait + 1, kMany);
  Pass(admission, kCrowdWait + 1, kMany, 6 * kShortWait);
  EXPECT_EQ(Pass(admission, 3 * kShortWait, kMany), kMany);
  EXPECT_EQ(Pass(admission, 3 * kShortWait, kMany), Admission::kLeastOfPass) << "nobody was refused in the last one";
}

TEST_F(AdmissionTest, AWriterThatIsBehindTakesNoWrites) {
  Admission admission = Make({.write_wait_us = 1000});
  queue_ = {1, 1001};
  EXPECT_FALSE(admission.Refuse(false, lag_));
  EXPECT_TRUE(admission.Refuse(true, lag_));
  EXPECT_EQ(shed_.writer, 1);
  queue_ = {1, 1000 / Admission::kWriteTakenPart + 1};
  clock_.at += Admission::kLookOftenMicros;
  EXPECT_TRUE(admission.Refuse(true, lag_)) << "it sheds";
  queue_ = {1, 1000 / Admission::kWriteTakenPart};
  clock_.at += Admission::kLookOftenMicros;
  EXPECT_FALSE(admission.Refuse(true, lag_));
  clock_.at += Admission::kCalmMicros;
  EXPECT_FALSE(admission.Refuse(true, lag_));
  queue_ = {1, 1000};
  clock_.at += Admission::kLookEveryMicros;
  EXPECT_FALSE(admission.Refuse(true, lag_)) << "it does not shed any more";
}

TEST_F(AdmissionTest, WhileOneGroupIsWrittenTheNextOneGathers) {
  Admission admission = Make({.write_wait_us = 1000});
  auto refuses = [&](int64_t oldest, int64_t group) {
    queue_ = {1, oldest, group};
    clock_.at += Admission::kLookEveryMicros;
    return admission.Refuse(true, lag_).has_value();
  };
  EXPECT_FALSE(refuses(1000, 0));
  EXPECT_TRUE(refuses(1001, 0));
  EXPECT_FALSE(refuses(30, 30));
  EXPECT_TRUE(refuses(31, 30));
  EXPECT_FALSE(refuses(1000 / Admission::kWriteCrowdPart, 900));
  EXPECT_TRUE(refuses(1000 / Admission::kWriteCrowdPart + 1, 900)) << "nobody waits for as long as a crowd may";
}

TEST_F(AdmissionTest, ACrowdOfWritesIsRefusedSooner) {
  Admission admission = Make({.write_wait_us = 1000});
  queue_ = {Admission::kCrowdOfWrites - 1, 1000};
  EXPECT_FALSE(admission.Refuse(true, lag_));
  queue_ = {Admission::kCrowdOfWrites, 1000 / Admission::kWriteCrowdPart};
  clock_.at += Admission::kLookEveryMicros;
  EXPECT_FALSE(admission.Refuse(true, lag_));
  queue_.oldest_us += 1;
  clock_.at += Admission::kLookEveryMicros;
  EXPECT_TRUE(admission.Refuse(true, lag_));
}

TEST_F(AdmissionTest, WhileWritesAreRefusedAPassTakesFew) {
  constexpr int kMany = 3 * Admission::kCrowdOfPass;
  Admission admission = Make({.loop_lag_us = kLimit, .write_wait_us = kLimit});
  EXPECT_EQ(Pass(admission, kShortWait + 1, kMany, 0, true), kMany);
  queue_ = {1, kLimit + 1};
  clock_.at += Admission::kLookEveryMicros;
  EXPECT_EQ(Pass(admission, 1, kMany, 0, true), 0);
  queue_ = {};
  clock_.at += Admission::kLookOftenMicros;
  EXPECT_EQ(Pass(admission, kShortWait, kMany, 0, true), kMany);
  EXPECT_EQ(Pass(admission, kShortWait + 1, kMany, 0, true), Admission::kLeastOfPass);
  EXPECT_EQ(Pass(admission, kShortWait + 1, kMany), kMany) << "that is no reason to refuse reads";
  EXPECT_EQ(shed_.loop, 0);
}

TEST_F(AdmissionTest, LooksAtTheQueueNowAndThen) {
  Admission admission = Make({.write_wait_us = 100});
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(admission.Refuse(true, lag_));
  EXPECT_EQ(looks_, 1);
  clock_.at += Admission::kLookEveryMicros - 1;
  EXPECT_FALSE(admission.Refuse(true, lag_));
  EXPECT_EQ(looks_, 1);
  clock_.at += 1;
  queue_ = {1, 500};
  EXPECT_TRUE(admission.Refuse(true, lag_));
  EXPECT_EQ(looks_, 2);
}

TEST_F(AdmissionTest, ZeroIsNever) {
  Admission admission = Make({});
  queue_ = {INT64_MAX, INT64_MAX};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Pass(admission, 10 * kLimit, 100), 100);
  EXPECT_FALSE(admission.Refuse(true, lag_));
  EXPECT_EQ(shed_.loop + shed_.writer, 0);
}

TEST_F(AdmissionTest, TellsOnceASecond) {
  Admission admission = Make({});
  EXPECT_TRUE(admission.IsTimeToTell());
  EXPECT_FALSE(admission.IsTimeToTell());
  clock_.at += Admission::kTellEveryMicros;
  EXPECT_TRUE(admission.IsTimeToTell());
}

}  // namespace
}  // namespace ashlar::surface
