// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/pool.h"

#include <gtest/gtest.h>

#include "store/postgres/postgres_world_test.h"

namespace ashlar::store::postgres {
namespace {

class PostgresPoolTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = TestServer();
    if (!server) GTEST_SKIP() << "no TEST_POSTGRES_URL";
    server_ = *server;
    watcher_ = std::move(*Blocking::Open(server_, {}));
    ASSERT_TRUE(watcher_->Execute("DROP TABLE IF EXISTS pool_rows; CREATE TABLE pool_rows (id bigint)"));
    Begin({.shared = 2, .most_held = 2});
  }
  void TearDown() override {
    pool_.reset();
    turning_.For(std::chrono::milliseconds(10));
    if (watcher_ != nullptr) EXPECT_TRUE(watcher_->Execute("DROP TABLE IF EXISTS pool_rows"));
  }
  void Begin(const PoolOptions& options) {
    pool_.reset();
    pool_ = std::make_unique<Pool>(turning_.loop(), server_, options, health_, SystemClock());
    ASSERT_TRUE(turning_.Until([&] { return pool_->load().shared == options.shared; }));
    EXPECT_TRUE(health_.up());
  }
  Context Until(int64_t wait_us) {
    return {.deadline = Deadline::After(SystemClock(), wait_us), .clock = SystemClock(), .observer = noted_};
  }
  Result<Replies> Run(Lease& lease, std::string_view sql, Effect effect = Effect::kWrites) {
    std::vector<Ask> asks{{.sql = sql}};
    return turning_.Do(lease->Run(std::move(asks), effect, SystemClock().SteadyMicros() + 20'000'000));
  }
  std::string Rows() { return *(*watcher_->QueryText("SELECT count(*) FROM pool_rows")); }

  Turning turning_;
  Noted noted_;
  Health health_{noted_, SystemClock()};
  Server server_;
  std::unique_ptr<Blocking> watcher_;
  std::unique_ptr<Pool> pool_;
};

TEST_F(PostgresPoolTest, ReadsShareItsConnections) {
  EXPECT_EQ(noted_.Count("store.up"), 1U);
  std::vector<Context> contexts(100, Until(20'000'000));
  std::vector<std::shared_ptr<std::optional<Result<Replies>>>> answers;
  for (Context& context : contexts) {
    std::vector<Ask> asks{{.sql = "SELECT pg_backend_pid()", .columns = 1}};
    answers.push_back(turning_.Begin(pool_->Read(context, std::move(asks))));
  }
  std::vector<int64_t> pids;
  for (auto& answer : answers) {
    ASSERT_TRUE(turning_.Until([&] { return answer->has_value(); }));
    ASSERT_TRUE(**answer) << (**answer).error().message;
    pids.push_back(std::get<types::Rows>((**answer)->front()).at(0, 0).integer);
  }
  std::ranges::sort(pids);
  EXPECT_EQ(std::ranges::distance(pids.begin(), std::ranges::unique(pids).begin()), 2);
  EXPECT_EQ(pool_->load().shared, 2U);
  EXPECT_EQ(pool_->load().reads, 0U);
}

TEST_F(PostgresPoolTest, WhoAsksBeforeTheFirstConnectionWaitsForIt) {
  pool_ = std::make_unique<Pool>(turning_.loop(), server_, PoolOptions{}, health_, SystemClock());
  Context context = Until(20'000'000);
  std::vector<Ask> asks{{.sql = "SELECT 1", .columns = 1}};
  auto answer = turning_.Do(pool_->Read(context, std::move(asks)));
  ASSERT_TRUE(answer) << answer.error().message;
}

TEST_F(PostgresPoolTest, ATransactionGoesBackAndForth) {
  Context context = Until(20'000'000);
  {
    auto lease = turning_.Do(pool_->Hold(context));
    ASSERT_TRUE(lease) << lease.error().message;
    ASSERT_TRUE(Run(*lease, "BEGIN"));
    ASSERT_TRUE(Run(*lease, "INSERT INTO pool_rows VALUES (1)"));
    EXPECT_EQ(Rows(), "0");
    auto end = Run(*lease, "COMMIT", Effect::kCommits);
    ASSERT_TRUE(end);
    EXPECT_EQ(TroubleIn(*end), nullptr);
    EXPECT_EQ(Rows(), "1");
  }
  EXPECT_EQ(pool_->load().free, 1U);
}

TEST_F(PostgresPoolTest, ALeaseThatIsGivenUpIsRolledBack) {
  Context context = Until(20'000'000);
  int64_t pid = 0;
  {
    auto lease = turning_.Do(pool_->Hold(context));
    ASSERT_TRUE(lease);
    pid = (*lease)->backend().pid;
    ASSERT_TRUE(Run(*lease, "BEGIN"));
    ASSERT_TRUE(Run(*lease, "INSERT INTO pool_rows VALUES (1)"));
  }
  EXPECT_EQ(pool_->load().free, 0U);
  ASSERT_TRUE(turning_.Until([this] { return pool_->load().free == 1; }));
  EXPECT_EQ(Rows(), "0");
  auto again = turning_.Do(pool_->Hold(context));
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->backend().pid, pid);
  EXPECT_TRUE((*again)->clean());
}

TEST_F(PostgresPoolTest, WhatIsStillUnderWayIsEndedWithItsConnection) {
  Context context = Until(20'000'000);
  const types::Values name = {types::Value(std::string("SELECT pg_sleep(30), 'pool'"))};
  auto running = [&] {
    return *(*watcher_->QueryText("SELECT count(*) FROM pg_stat_activity WHERE query = $1 AND state = 'active'", name));
  };
  {
    auto lease = turning_.Do(pool_->Hold(context));
    ASSERT_TRUE(lease);
    std::vector<Ask> asks{{.sql = "SELECT pg_sleep(30), 'pool'", .columns = 2}};
    auto late = turning_.Begin((*lease)->Run(std::move(asks), Effect::kWrites, SystemClock().SteadyMicros() + 50'000));
    ASSERT_TRUE(turning_.Until([&] { return late->has_value(); }));
    EXPECT_EQ((**late).error().kind, ErrorKind::kTimeout);
  }
  EXPECT_TRUE(turning_.Until([&] { return running() == "0"; }));
  EXPECT_EQ(pool_->load().held, 0U);
}

TEST_F(PostgresPoolTest, WhoWaitsIsServedInOrderAndNobodyBeyondItsDeadline) {
  std::vector<Context> contexts(5, Until(20'000'000));
  auto first = std::make_unique<Result<Lease>>(turning_.Do(pool_->Hold(contexts[0])));
  auto second = std::make_unique<Result<Lease>>(turning_.Do(pool_->Hold(contexts[1])));
  ASSERT_TRUE(*first);
  ASSERT_TRUE(*second);
  auto third = turning_.Begin(pool_->Hold(contexts[2]));
  Context soon = Until(50'000);
  auto late = turning_.Begin(pool_->Hold(soon));
  auto fourth = turning_.Begin(pool_->Hold(contexts[3]));
  ASSERT_TRUE(turning_.Until([&] { return late->has_value(); }));
  EXPECT_EQ((**late).error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(pool_->load().holds_waiting, 2U);
  first.reset();
  ASSERT_TRUE(turning_.Until([&] { return third->has_value(); }));
  EXPECT_TRUE(**third);
  EXPECT_FALSE(fourth->has_value());
  second.reset();
  ASSERT_TRUE(turning_.Until([&] { return fourth->has_value(); }));
  EXPECT_TRUE(**fourth);
  EXPECT_EQ(pool_->load().held, 2U);
}

TEST_F(PostgresPoolTest, ALineIsBounded) {
  Begin({.shared = 1, .most_held = 1, .most_waiting = 2});
  std::vector<Context> contexts(4, Until(20'000'000));
  auto held = turning_.Do(pool_->Hold(contexts[0]));
  ASSERT_TRUE(held);
  auto one = turning_.Begin(pool_->Hold(contexts[1]));
  auto two = turning_.Begin(pool_->Hold(contexts[2]));
  auto full = turning_.Do(pool_->Hold(contexts[3]));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().kind, ErrorKind::kUnavailable);
  pool_->Close();
  ASSERT_TRUE(turning_.Until([&] { return one->has_value() && two->has_value(); }));
  EXPECT_EQ((**one).error().kind, ErrorKind::kUnavailable);
}

TEST_F(PostgresPoolTest, NothingIsBegunForAClientThatIsGone) {
  std::atomic<bool> gone = true;
  Context context = Until(20'000'000);
  context.client_gone = &gone;
  auto lease = turning_.Do(pool_->Hold(context));
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().kind, ErrorKind::kUnavailable);
}

TEST_F(PostgresPoolTest, AfterItIsClosedNothingIsTaken) {
  Context context = Until(20'000'000);
  std::vector<Ask> slow{{.sql = "SELECT pg_sleep(5)", .columns = 1}};
  auto under_way = turning_.Begin(pool_->Read(context, std::move(slow)));
  turning_.For(std::chrono::milliseconds(20));
  pool_->Close();
  ASSERT_TRUE(turning_.Until([&] { return under_way->has_value(); }));
  EXPECT_EQ((**under_way).error().kind, ErrorKind::kUnavailable);
  std::vector<Ask> asks{{.sql = "SELECT 1", .columns = 1}};
  EXPECT_EQ(turning_.Do(pool_->Read(context, std::move(asks))).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(turning_.Do(pool_->Hold(context)).error().kind, ErrorKind::kUnavailable);
}

TEST_F(PostgresPoolTest, ALoopThatIsGoneLeavesNothingBehind) {
  auto loop = std::make_unique<Turning>();
  auto pool = std::make_unique<Pool>(loop->loop(), server_, PoolOptions{}, health_, SystemClock());
  Context context = Until(60'000'000);
  std::vector<Ask> asks{{.sql = "SELECT pg_sleep(60)", .columns = 1}};
  auto under_way = loop->Begin(pool->Read(context, std::move(asks)));
  auto lease = loop->Begin(pool->Hold(context));
  ASSERT_TRUE(loop->Until([&] { return lease->has_value(); }));
  lease->reset();
  pool.reset();
  loop.reset();
  EXPECT_FALSE(under_way->has_value());
}

}  // namespace
}  // namespace ashlar::store::postgres
