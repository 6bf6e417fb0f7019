// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "store/postgres/cancel.h"
#include "store/postgres/link.h"
#include "store/postgres/postgres_world_test.h"

namespace ashlar::store::postgres {
namespace {

constexpr int64_t kPatientUs = 20'000'000;  // the machine may be busy with other tests
constexpr int64_t kImpatientUs = 1'000'000;

class PostgresDeadlineTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = TestServer();
    if (!server) GTEST_SKIP() << "no TEST_POSTGRES_URL";
    server_ = std::make_shared<const Server>(*server);
    canceller_ = std::make_shared<Canceller>(turning_.loop(), server_, Settings{}, SystemClock());
    Link::Means means{.shared = true, .stuck_us = kPatientUs};
    means.cancel = [this](const Backend& backend) {
      ++ended_;
      canceller_->Cancel(backend);
    };
    link_ = Linked(turning_, *server_, std::move(means));
    watcher_ = std::move(*Blocking::Open(*server_, {}));
  }
  void TearDown() override {
    if (link_ == nullptr) return;
    link_->Close("the test has ended");
    canceller_->Close();
    turning_.For(std::chrono::milliseconds(1));
  }
  auto Begin(std::string_view sql, Effect effect, int64_t wait_us) {
    std::vector<Ask> asks{{.sql = sql, .columns = 1}};
    return turning_.Begin(link_->Run(std::move(asks), effect, SystemClock().SteadyMicros() + wait_us));
  }
  // What the link's process does.
  std::string Doing() {
    const types::Values pid = {types::Value(link_->backend().pid)};
    return (*watcher_->QueryText("SELECT state FROM pg_stat_activity WHERE pid = $1::int4", pid)).value_or("gone");
  }

  Turning turning_;
  std::shared_ptr<const Server> server_;
  std::shared_ptr<Canceller> canceller_;
  std::shared_ptr<Link> link_;
  std::unique_ptr<Blocking> watcher_;
  int ended_ = 0;
};

TEST_F(PostgresDeadlineTest, WhoIsLateIsToldAndTheServerEndsItsWork) {
  const int64_t begun_us = SystemClock().SteadyMicros();
  auto late = Begin("SELECT pg_sleep(30)", Effect::kReads, 100'000);
  ASSERT_TRUE(turning_.Until([&] { return late->has_value(); }));
  EXPECT_EQ((**late).error().kind, ErrorKind::kTimeout);
  EXPECT_LT(SystemClock().SteadyMicros() - begun_us, 2'000'000);
  EXPECT_TRUE(turning_.Until([&] { return Doing() == "idle"; }));
  EXPECT_TRUE(turning_.Until([&] { return link_->waiting() == 0; }));
  EXPECT_FALSE(link_->closed());
  EXPECT_EQ(NumberOf(turning_, *link_, "SELECT 3"), 3);
}

TEST_F(PostgresDeadlineTest, NeighboursWaitAndAreAnswered) {
  auto slow = Begin("SELECT pg_sleep(30)", Effect::kReads, 200'000);
  auto next = Begin("SELECT 4", Effect::kReads, 10'000'000);
  auto sooner = Begin("SELECT 5", Effect::kReads, 100'000);  // late before it is its turn
  ASSERT_TRUE(turning_.Until([&] { return next->has_value(); }));
  EXPECT_EQ((**slow).error().kind, ErrorKind::kTimeout);
  EXPECT_EQ((**sooner).error().kind, ErrorKind::kTimeout);
  ASSERT_TRUE(**next) << (**next).error().message;
  EXPECT_EQ(std::get<types::Rows>((**next)->front()).at(0, 0).integer, 4);
  EXPECT_EQ(NumberOf(turning_, *link_, "SELECT 6"), 6);
}

TEST_F(PostgresDeadlineTest, WhomTheEndOfAnotherHitsIsRunAgain) {
  auto slow = Begin("SELECT pg_sleep(30)", Effect::kReads, 100'000);
  ASSERT_TRUE(turning_.Until([&] { return slow->has_value() && link_->waiting() == 0; }));
  auto hit = Begin("SELECT count(*) FROM pg_sleep(1)", Effect::kReads, 10'000'000);
  ASSERT_TRUE(turning_.Until([&] { return Doing() == "active"; }));
  const types::Values pid = {types::Value(link_->backend().pid)};
  ASSERT_TRUE(watcher_->QueryText("SELECT pg_cancel_backend($1::int4)", pid));
  ASSERT_TRUE(turning_.Until([&] { return hit->has_value(); }));
  ASSERT_TRUE(**hit) << (**hit).error().message;
  ASSERT_EQ(TroubleIn(***hit), nullptr);
  auto written = Begin("SELECT count(*) FROM pg_sleep(1)", Effect::kWrites, 10'000'000);
  ASSERT_TRUE(turning_.Until([&] { return Doing() == "active"; }));
  ASSERT_TRUE(watcher_->QueryText("SELECT pg_cancel_backend($1::int4)", pid));
  ASSERT_TRUE(turning_.Until([&] { return written->has_value(); }));
  EXPECT_EQ(TroubleIn(***written)->state, "57014") << "one that writes is not";
}

TEST_F(PostgresDeadlineTest, OneThatCommitsIsToldWhatCameOfIt) {
  auto ended = Begin("SELECT pg_sleep(30)", Effect::kCommits, 100'000);
  ASSERT_TRUE(turning_.Until([&] { return ended->has_value(); }));
  EXPECT_EQ((**ended).error().kind, ErrorKind::kTimeout) << "the server has ended it";
  EXPECT_EQ(ended_, 1);
  // Its end cannot be asked for: what the server does goes on.
  auto link = Linked(turning_, *server_, {.stuck_us = 2 * kImpatientUs});
  std::vector<Ask> asks{{.sql = "SELECT count(*) FROM pg_sleep(0.5)", .columns = 1}};
  const int64_t now_us = SystemClock().SteadyMicros();
  auto kept = turning_.Begin(link->Run(std::move(asks), Effect::kCommits, now_us + 100'000));
  ASSERT_TRUE(turning_.Until([&] { return kept->has_value(); }));
  ASSERT_TRUE(**kept) << (**kept).error().message;
  EXPECT_EQ(TroubleIn(***kept), nullptr) << "late, and kept";
  std::vector<Ask> longer{{.sql = "SELECT pg_sleep(30)", .columns = 1}};
  auto lost = turning_.Begin(link->Run(std::move(longer), Effect::kCommits, SystemClock().SteadyMicros() + 100'000));
  ASSERT_TRUE(turning_.Until([&] { return lost->has_value(); }));
  EXPECT_EQ((**lost).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ((**lost).error().message, kOutcomeUnknown);
  EXPECT_TRUE(link->closed());
}

TEST_F(PostgresDeadlineTest, AServerThatEndsNothingLosesTheLink) {
  auto link = Linked(turning_, *server_, {.stuck_us = kImpatientUs});
  std::vector<Ask> asks{{.sql = "SELECT pg_sleep(30)", .columns = 1}};
  const int64_t now_us = SystemClock().SteadyMicros();
  auto late = turning_.Begin(link->Run(std::move(asks), Effect::kReads, now_us + 100'000));
  std::vector<Ask> more{{.sql = "SELECT 1", .columns = 1}};
  auto behind = turning_.Begin(link->Run(std::move(more), Effect::kReads, now_us + 10'000'000));
  ASSERT_TRUE(turning_.Until([&] { return behind->has_value(); }));
  EXPECT_EQ((**late).error().kind, ErrorKind::kTimeout);
  EXPECT_EQ((**behind).error().kind, ErrorKind::kUnavailable);
  EXPECT_NE((**behind).error().message, kOutcomeUnknown);
  EXPECT_LT(SystemClock().SteadyMicros() - now_us, 5'000'000);
  EXPECT_TRUE(link->closed());
}

TEST_F(PostgresDeadlineTest, NobodyIsSentWithADeadlineThatHasPassed) {
  Noted noted;
  Context context{.deadline = {0}, .clock = SystemClock(), .observer = noted};
  std::vector<Ask> asks{{.sql = "SELECT 1", .columns = 1}};
  auto late = turning_.Do(link_->Run(context, std::move(asks), Effect::kReads));
  EXPECT_EQ(late.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(link_->waiting(), 0U);
}

TEST_F(PostgresDeadlineTest, AnotherProcessUnderTheSameNumberIsNotMet) {
  auto slow = Begin("SELECT count(*) FROM pg_sleep(1)", Effect::kReads, 10'000'000);
  ASSERT_TRUE(turning_.Until([&] { return Doing() == "active"; }));
  Backend other = link_->backend();
  ++other.since_us;
  canceller_->Cancel(other);
  ASSERT_TRUE(turning_.Until([&] { return slow->has_value(); }));
  ASSERT_TRUE(**slow);
  EXPECT_EQ(TroubleIn(***slow), nullptr);
}

}  // namespace
}  // namespace ashlar::store::postgres
