// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>

#include "store/postgres/pool.h"
#include "store/postgres/postgres_world_test.h"

namespace ashlar::store::postgres {
namespace {

class PostgresDisconnectTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = TestServer();
    if (!server) GTEST_SKIP() << "no TEST_POSTGRES_URL";
    direct_ = *server;
    uint16_t port = 0;
    const std::string& text = direct_.places[0].port;
    std::from_chars(text.data(), text.data() + text.size(), port);
    proxy_ = std::make_unique<Proxy>(port);
    proxied_ = AtPort(direct_, proxy_->port());
    watcher_ = std::move(*Blocking::Open(direct_, {}));
  }
  void TearDown() override {
    pool_.reset();
    turning_.For(std::chrono::milliseconds(10));
  }
  void BeginPool() {
    pool_ = std::make_unique<Pool>(turning_.loop(), proxied_, PoolOptions{}, health_, SystemClock());
    ASSERT_TRUE(turning_.Until([this] { return health_.up(); }));
    ASSERT_TRUE(turning_.Until([this] { return pool_->load().shared == 2; }));
  }
  void Terminate(const Link& link) {
    const types::Values pid = {types::Value(link.backend().pid)};
    ASSERT_TRUE(watcher_->QueryText("SELECT pg_terminate_backend($1::int4)", pid));
  }
  Context Until(int64_t wait_us) {
    return {.deadline = Deadline::After(SystemClock(), wait_us), .clock = SystemClock(), .observer = noted_};
  }
  auto Read(Context& context, std::string_view sql) {
    std::vector<Ask> asks{{.sql = sql, .columns = 1}};
    return turning_.Begin(pool_->Read(context, std::move(asks)));
  }
  auto Begin(Link& link, std::string_view sql, Effect effect) {
    std::vector<Ask> asks{{.sql = sql, .columns = 1}};
    return turning_.Begin(link.Run(std::move(asks), effect, SystemClock().SteadyMicros() + 10'000'000));
  }

  Turning turning_;
  Noted noted_;
  Health health_{noted_, SystemClock()};
  Server direct_, proxied_;
  std::unique_ptr<Proxy> proxy_;
  std::unique_ptr<Blocking> watcher_;
  std::unique_ptr<Pool> pool_;
};

TEST_F(PostgresDisconnectTest, OfWhatWasToCommitNobodyKnowsAndOfTheRestNothingRemains) {
  for (const bool terminated : {true, false}) {
    auto link = Linked(turning_, proxied_);
    auto read = Begin(*link, "SELECT pg_sleep(30)", Effect::kReads);
    auto written = Begin(*link, "SELECT 1", Effect::kWrites);
    auto committed = Begin(*link, "SELECT 1", Effect::kCommits);
    turning_.For(std::chrono::milliseconds(50));
    if (terminated) {
      Terminate(*link);
    } else {
      proxy_->EndAll(true);
    }
    ASSERT_TRUE(turning_.Until([&] { return committed->has_value(); }));
    EXPECT_EQ((**read).error().kind, ErrorKind::kUnavailable);
    EXPECT_EQ((**written).error().kind, ErrorKind::kUnavailable);
    EXPECT_NE((**written).error().message, kOutcomeUnknown);
    EXPECT_EQ((**committed).error().kind, ErrorKind::kUnavailable);
    EXPECT_EQ((**committed).error().message, kOutcomeUnknown);
    EXPECT_TRUE(link->closed());
    auto after = RunAll(turning_, *link, {{.sql = "SELECT 1", .columns = 1}});
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().kind, ErrorKind::kUnavailable);
    EXPECT_NE(after.error().message, kOutcomeUnknown) << "it was not begun";
  }
}

TEST_F(PostgresDisconnectTest, TwoHundredLeaveNoFileOpen) {
  Linked(turning_, proxied_)->Close("once");  // what is opened with the first
  turning_.For(std::chrono::milliseconds(50));
  const size_t before = OpenFiles();
  for (int i = 0; i < 200; ++i) {
    auto link = Linked(turning_, i % 2 == 0 ? direct_ : proxied_);
    ASSERT_EQ(NumberOf(turning_, *link, "SELECT 7"), 7);
    auto under_way = Begin(*link, "SELECT pg_sleep(30)", Effect::kReads);
    if (i % 2 == 0) {
      Terminate(*link);
    } else {
      turning_.For(std::chrono::milliseconds(1));
      proxy_->EndAll(i % 4 == 1);
    }
    ASSERT_TRUE(turning_.Until([&] { return under_way->has_value(); }));
    ASSERT_EQ((**under_way).error().kind, ErrorKind::kUnavailable);
    ASSERT_TRUE(link->closed());
  }
  EXPECT_TRUE(turning_.Until([before] { return OpenFiles() <= before; })) << OpenFiles() << " after " << before;
}

TEST_F(PostgresDisconnectTest, ThePoolComesBack) {
  BeginPool();
  for (int round = 0; round < 3; ++round) {
    Context context = Until(20'000'000);
    auto under_way = Read(context, "SELECT pg_sleep(30)");
    turning_.For(std::chrono::milliseconds(20));
    proxy_->EndAll(round % 2 == 0);
    ASSERT_TRUE(turning_.Until([&] { return under_way->has_value(); }));
    EXPECT_EQ((**under_way).error().kind, ErrorKind::kUnavailable);
    ASSERT_TRUE(turning_.Until([this] { return health_.up() && pool_->load().shared == 2; }));
    Context next = Until(20'000'000);
    auto answer = Read(next, "SELECT 1");
    ASSERT_TRUE(turning_.Until([&] { return answer->has_value(); }));
    EXPECT_TRUE(**answer);
  }
  EXPECT_GE(noted_.Count("store.down"), 1U);
}

TEST_F(PostgresDisconnectTest, AHeldConnectionThatIsLostIsReplaced) {
  BeginPool();
  for (int i = 0; i < 20; ++i) {
    Context context = Until(20'000'000);
    auto lease = turning_.Do(pool_->Hold(context));
    ASSERT_TRUE(lease) << lease.error().message;
    ASSERT_EQ(NumberOf(turning_, *lease->operator->(), "SELECT 8"), 8);
    Terminate(*lease->operator->());
    ASSERT_TRUE(turning_.Until([&] { return (*lease)->closed(); }));
  }
  EXPECT_EQ(pool_->load().held, 0U);
  EXPECT_TRUE(health_.up());
}

TEST_F(PostgresDisconnectTest, AServerThatSaysNothingIsDownWithinTwoSecondsAndNobodyHangs) {
  BeginPool();
  const int64_t begun_us = SystemClock().SteadyMicros();
  proxy_->Stall(true);
  ASSERT_TRUE(turning_.Until([this] { return !health_.up(); }));
  EXPECT_LT(SystemClock().SteadyMicros() - begun_us, 2'000'000);
  EXPECT_FALSE(health_.status().why.empty());
  Context context = Until(300'000);
  auto answer = Read(context, "SELECT 1");  // waits for the attempt that is being made, or is told at once
  ASSERT_TRUE(turning_.Until([&] { return answer->has_value(); }));
  EXPECT_FALSE(**answer);
  EXPECT_LT(SystemClock().SteadyMicros() - begun_us, 3'500'000);
  proxy_->Stall(false);
  ASSERT_TRUE(turning_.Until([this] { return health_.up(); }));
}

TEST_F(PostgresDisconnectTest, WhatIsUnderWayWhenTheServerFallsSilentEndsWithItsDeadline) {
  BeginPool();
  proxy_->Stall(true);
  const int64_t begun_us = SystemClock().SteadyMicros();
  std::vector<Context> contexts(50, Until(500'000));
  std::vector<std::shared_ptr<std::optional<Result<Replies>>>> answers;
  for (Context& context : contexts) answers.push_back(Read(context, "SELECT 1"));
  for (auto& answer : answers) {
    ASSERT_TRUE(turning_.Until([&] { return answer->has_value(); }));
    EXPECT_EQ((**answer).error().kind, ErrorKind::kTimeout);
  }
  EXPECT_LT(SystemClock().SteadyMicros() - begun_us, 2'000'000);
  ASSERT_TRUE(turning_.Until([this] { return !health_.up(); }));
  EXPECT_LT(SystemClock().SteadyMicros() - begun_us, 6'000'000);
}

TEST_F(PostgresDisconnectTest, AServerThatIsGoneIsAskedWithPauses) {
  BeginPool();
  proxy_->Refuse(true);
  proxy_->EndAll(false);
  ASSERT_TRUE(turning_.Until([this] { return !health_.up(); }));
  const size_t before = proxy_->taken();
  turning_.For(std::chrono::milliseconds(1500));
  EXPECT_GE(proxy_->taken(), before + 2);
  EXPECT_LE(proxy_->taken(), before + 40);
  Context context = Until(20'000'000);
  const int64_t begun_us = SystemClock().SteadyMicros();
  auto answer = Read(context, "SELECT 1");
  auto lease = turning_.Begin(pool_->Hold(context));
  ASSERT_TRUE(turning_.Until([&] { return answer->has_value() && lease->has_value(); }));
  EXPECT_EQ((**answer).error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ((**lease).error().kind, ErrorKind::kUnavailable);
  EXPECT_LT(SystemClock().SteadyMicros() - begun_us, 2'000'000);
  proxy_->Refuse(false);
  ASSERT_TRUE(turning_.Until([this] { return health_.up(); }));
}

}  // namespace
}  // namespace ashlar::store::postgres
