// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/postgres/pool.h"
#include "store/postgres/postgres_world_test.h"

namespace ashlar::store::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

class PostgresConnectTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = TestServer();
    if (!server) GTEST_SKIP() << "no TEST_POSTGRES_URL";
    server_ = *server;
  }
  // Why there is none, by either way; "" where there is one.
  std::vector<std::string> Faults(const Server& server) {
    auto link = turning_.Do(Connect(turning_.loop(), server, Settings{}, SystemClock(), {}));
    if (link) (*link)->Close("the test has ended");
    auto blocking = Blocking::Open(server, {});
    return {link ? "" : link.error().message, blocking ? "" : blocking.error().message};
  }
  Server With(std::string_view name, std::string value) const {
    Server server = server_;
    server.parameters.emplace_back(name, std::move(value));
    return server;
  }

  Turning turning_;
  Server server_;
};

TEST_F(PostgresConnectTest, APasswordIsNeeded) {
  EXPECT_THAT(Faults(server_), testing::Each(""));
  for (const std::string& fault : Faults(With("password", "wr0ng-secret"))) {
    EXPECT_THAT(fault, HasSubstr("password authentication failed"));
    EXPECT_THAT(fault, Not(HasSubstr("wr0ng-secret")));
    EXPECT_THAT(fault, Not(HasSubstr("\n")));
  }
}

TEST_F(PostgresConnectTest, AServerIsVerifiedByItsName) {
  EXPECT_THAT(Faults(With("sslmode", "verify-full")), testing::Each(""));
  Server other = With("sslmode", "verify-full");
  other.places[0].host = "other.example";
  other.places[0].address = "127.0.0.1";
  for (const std::string& fault : Faults(other)) EXPECT_THAT(fault, HasSubstr("does not match host name"));
  Server unknown = With("sslmode", "verify-full");
  unknown.parameters.emplace_back("sslrootcert", "/nowhere/root.crt");
  for (const std::string& fault : Faults(unknown)) EXPECT_THAT(fault, HasSubstr("does not exist"));
}

TEST_F(PostgresConnectTest, ThePlacesAreTriedInTheirOrder) {
  Server two = server_;
  two.places.insert(two.places.begin(), {.host = "127.0.0.1", .address = "", .port = "1"});
  EXPECT_THAT(Faults(two), testing::Each(""));
  Server named = server_;
  named.places[0].host = "localhost";
  EXPECT_THAT(Faults(named), testing::Each(""));
  Server none = AtPort(server_, 1);
  for (const std::string& fault : Faults(none)) EXPECT_THAT(fault, HasSubstr("127.0.0.1:1"));
  Server nowhere = server_;
  nowhere.places[0].host = "no-such-host.invalid";
  for (const std::string& fault : Faults(nowhere)) EXPECT_THAT(fault, HasSubstr("no-such-host.invalid"));
  EXPECT_THAT(Faults(BySocket(server_)), testing::Each(""));
}

TEST_F(PostgresConnectTest, ADatabaseInAnotherEncodingIsRefused) {
  auto operator_ = std::move(*Blocking::Open(server_, {}));
  ASSERT_TRUE(operator_->Execute("DROP DATABASE IF EXISTS latin"));
  ASSERT_TRUE(operator_->Execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"));
  for (const std::string& fault : Faults(With("dbname", "latin"))) EXPECT_THAT(fault, HasSubstr("LATIN1"));
  EXPECT_TRUE(operator_->Execute("DROP DATABASE latin WITH (FORCE)"));
}

TEST_F(PostgresConnectTest, ABlockingOneSaysWhatTheServerSays) {
  auto blocking = std::move(*Blocking::Open(server_, {.statement_timeout_ms = 0}));
  EXPECT_EQ(*blocking->Execute("CREATE TEMP TABLE b (id bigint PRIMARY KEY, t text); INSERT INTO b VALUES (1), (2)"),
            2);
  const types::Values three = {types::Value(int64_t{3}), types::Value(std::string("it's"))};
  EXPECT_EQ(*blocking->Execute("INSERT INTO b VALUES ($1, $2)", three), 1);
  EXPECT_EQ(*blocking->QueryText("SELECT t FROM b WHERE id = 3"), "it's");
  EXPECT_FALSE(blocking->QueryText("SELECT t FROM b WHERE id = 1")->has_value());
  EXPECT_FALSE(blocking->QueryText("SELECT t FROM b WHERE id = 9")->has_value());
  auto twice = blocking->Execute("INSERT INTO b VALUES (1)");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().state, "23505");
  EXPECT_EQ(twice.error().constraint, "b_pkey");
  EXPECT_FALSE(twice.error().message.contains("(1)"));
  EXPECT_FALSE(blocking->Execute("INSERT INTO b VALUES (4); SELECT 1/0"));
  EXPECT_EQ(*blocking->QueryText("SELECT count(*) FROM b"), "3") << "several are one transaction";
  EXPECT_EQ(*blocking->QueryText("SHOW statement_timeout"), "0");
  EXPECT_FALSE(blocking->QueryText("SELECT pg_terminate_backend(pg_backend_pid())"));
  auto lost = blocking->QueryText("SELECT 1");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().state, kLostState);
}

TEST_F(PostgresConnectTest, PgBouncerMayStandBetween) {
  auto bouncer = TestBouncer();
  if (!bouncer) GTEST_SKIP() << "no TEST_PGBOUNCER_URL";
  Noted noted;
  Health health(noted, SystemClock());
  auto pool = std::make_unique<Pool>(turning_.loop(), *bouncer, PoolOptions{}, health, SystemClock());
  ASSERT_TRUE(turning_.Until([&] { return health.up(); })) << health.status().why;
  Context context{.deadline = Deadline::After(SystemClock(), 10'000'000), .clock = SystemClock(), .observer = noted};
  for (int i = 0; i < 20; ++i) {
    std::vector<Ask> asks{
        {.sql = "SELECT current_setting('TimeZone') || current_setting('statement_timeout')", .columns = 1}};
    auto answer = turning_.Do(pool->Read(context, std::move(asks)));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(std::get<types::Rows>(answer->front()).at(0, 0).text(), "UTC30s");
  }
  Context soon{.deadline = Deadline::After(SystemClock(), 200'000), .clock = SystemClock(), .observer = noted};
  std::vector<Ask> slow{{.sql = "SELECT pg_sleep(30), 'through'", .columns = 2}};
  auto late = turning_.Do(pool->Read(soon, std::move(slow)));
  EXPECT_EQ(late.error().kind, ErrorKind::kTimeout);
  auto watcher = std::move(*Blocking::Open(server_, {}));
  EXPECT_TRUE(turning_.Until([&] {
    const types::Values text = {types::Value(std::string("SELECT pg_sleep(30), 'through'"))};
    return *(*watcher->QueryText("SELECT count(*) FROM pg_stat_activity WHERE query = $1 AND state = 'active'",
                                 text)) == "0";
  })) << "what it was late with is ended";
  pool.reset();
  turning_.For(std::chrono::milliseconds(10));
  auto blocking = Blocking::Open(*bouncer, {});
  ASSERT_TRUE(blocking) << blocking.error().message;
  EXPECT_EQ(*(*blocking)->QueryText("SHOW TimeZone"), "UTC");
}

}  // namespace
}  // namespace ashlar::store::postgres
