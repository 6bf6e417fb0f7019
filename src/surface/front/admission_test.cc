// SPDX-License-Identifier: Apache-2.0
#include "surface/front/admission.h"

#include <gtest/gtest.h>

namespace ashlar::surface {
namespace {

struct Hand final : Clock {
  int64_t NowMicros() const override { return at; }
  int64_t SteadyMicros() const override { return at; }
  int64_t at = 0;
};

class AdmissionTest : public testing::Test {
 protected:
  Admission Make(const AdmissionLimits& limits) { return {limits, oldest_, clock_, shed_}; }

  Hand clock_;
  Shed shed_;
  int64_t waited_ = 0;
  int looks_ = 0;
  const std::function<int64_t()> oldest_ = [this] {
    ++looks_;
    return waited_;
  };
};

TEST_F(AdmissionTest, ALoopThatIsBehindTakesNothing) {
  Admission admission = Make({.loop_lag_us = 100});
  EXPECT_FALSE(admission.Refuse(false, 100));
  EXPECT_TRUE(admission.Refuse(false, 101));
  EXPECT_TRUE(admission.Refuse(true, 101));
  EXPECT_EQ(shed_.loop, 2);
  EXPECT_EQ(shed_.writer, 0);
  EXPECT_EQ(looks_, 0);
}

TEST_F(AdmissionTest, AWriterThatIsBehindTakesNoWrites) {
  Admission admission = Make({.write_wait_us = 100});
  waited_ = 101;
  EXPECT_FALSE(admission.Refuse(false, INT64_MAX));
  EXPECT_TRUE(admission.Refuse(true, 0));
  EXPECT_EQ(shed_.writer, 1);
  waited_ = 100;
  clock_.at += Admission::kLookEveryMicros;
  EXPECT_FALSE(admission.Refuse(true, 0));
}

TEST_F(AdmissionTest, LooksAtTheQueueNowAndThen) {
  Admission admission = Make({.write_wait_us = 100});
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(admission.Refuse(true, 0));
  EXPECT_EQ(looks_, 1);
  clock_.at += Admission::kLookEveryMicros - 1;
  EXPECT_FALSE(admission.Refuse(true, 0));
  EXPECT_EQ(looks_, 1);
  clock_.at += 1;
  waited_ = 500;
  EXPECT_TRUE(admission.Refuse(true, 0));
  EXPECT_EQ(looks_, 2);
}

TEST_F(AdmissionTest, ZeroIsNever) {
  Admission admission = Make({});
  waited_ = INT64_MAX;
  EXPECT_FALSE(admission.Refuse(true, INT64_MAX));
  EXPECT_EQ(shed_.loop + shed_.writer, 0);
}

}  // namespace
}  // namespace ashlar::surface
