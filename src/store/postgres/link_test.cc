// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/postgres/postgres_world_test.h"
#include "types/datetime.h"

namespace ashlar::store::postgres {
namespace {

using testing::StartsWith;
using types::Value;

class PostgresLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = TestServer();
    if (!server) GTEST_SKIP() << "no TEST_POSTGRES_URL";
    server_ = BySocket(*server);
    link_ = Linked(turning_, server_);
  }
  void TearDown() override {
    if (link_ != nullptr) link_->Close("the test has ended");
    turning_.For(std::chrono::milliseconds(1));
  }
  Result<Replies> Run(std::vector<Ask> asks, Effect effect = Effect::kCommits) {
    return RunAll(turning_, *link_, std::move(asks), effect);
  }
  Trouble TroubleFrom(std::vector<Ask> asks) {
    auto replies = Run(std::move(asks));
    if (!replies) return {.message = replies.error().message};
    const Trouble* trouble = TroubleIn(*replies);
    return trouble == nullptr ? Trouble{.message = "none"} : *trouble;
  }
  int64_t Number(std::string_view sql) { return NumberOf(turning_, *link_, sql); }

  Turning turning_;
  Server server_;
  std::shared_ptr<Link> link_;
};

TEST_F(PostgresLinkTest, EveryKindComesBackAsTheCellOfItsKind) {
  types::List list{{Value(int64_t{1}), Value(int64_t{2})}};
  const std::vector<std::pair<std::string, Value>> cases = {
      {"boolean", Value(true)},
      {"bigint", Value(int64_t{INT64_MIN})},
      {"double precision", Value(-0.1)},
      {"numeric(18,2)", Value(types::Decimal{-123456789012345678, 2})},
      {"numeric(18,4)", Value(types::Decimal{5, 4})},
      {"text", Value(std::string("h\xc3\xa9llo, \"w\""))},
      {"text", Value(std::string())},
      {"bytea", Value(types::Bytes{std::string("\0\xff", 2)})},
      {"bytea", Value(types::Bytes{})},
      {"uuid", Value(types::Uuid{{1, 2, 3, 255}})},
      {"date", Value(types::kFirstDate)},
      {"date", Value(types::kLastDate)},
      {"timestamptz", Value(types::kFirstTimestamp)},
      {"timestamptz", Value(types::kLastTimestamp)},
      {"bigint", Value(types::Duration{-90'000'000})},
      {"json", Value(types::JsonText{R"({"b":1,"a":[1.50,"\u0000"]})"})},
      {"json", Value(std::move(list))},
      {"uuid", Value()},
  };
  for (const auto& [type, value] : cases) {
    const std::string sql = "SELECT $1::" + type;
    const types::Values parameters = {value};
    auto replies = Run({{.sql = sql, .parameters = parameters, .columns = 1}});
    ASSERT_TRUE(replies) << type << ": " << replies.error().message;
    ASSERT_TRUE(std::holds_alternative<types::Rows>(replies->front())) << type << ": " << TroubleIn(*replies)->message;
    const types::Cell& cell = std::get<types::Rows>(replies->front()).at(0, 0);
    types::Rows expected(1);
    ASSERT_TRUE(expected.Append(value));
    const types::Cell& other = expected.at(0, 0);
    ASSERT_EQ(cell.tag, other.tag) << type;
    if (cell.tag == types::Cell::Tag::kText) EXPECT_EQ(cell.text(), other.text()) << type;
    if (cell.tag == types::Cell::Tag::kInteger) EXPECT_EQ(cell.integer, other.integer) << type;
    if (cell.tag == types::Cell::Tag::kReal) EXPECT_EQ(cell.real, other.real) << type;
  }
}

TEST_F(PostgresLinkTest, NumbersOfExpressionsComeAtTheScaleThatTheyShow) {
  EXPECT_EQ(Number("SELECT sum(x)::numeric FROM (VALUES (1.25::numeric(9,2)), (2.5)) AS t(x)"), 375);
  EXPECT_EQ(Number("SELECT round(10 / 4.0, 2)"), 250);
  EXPECT_EQ(Number("SELECT (10 / 4.0)::numeric(18,1)"), 25);
  auto replies = Run({{.sql = "SELECT 'NaN'::numeric", .columns = 1}});
  ASSERT_FALSE(replies);
  EXPECT_EQ(replies.error().kind, ErrorKind::kInternal);
  EXPECT_FALSE(Run({{.sql = "SELECT 'infinity'::timestamptz", .columns = 1}}));
  EXPECT_FALSE(Run({{.sql = "SELECT point(1,2)", .columns = 1}})) << "a type that is not known";
  EXPECT_FALSE(Run({{.sql = "SELECT 1, 2", .columns = 1}})) << "another number of columns";
  EXPECT_EQ(Number("SELECT 1"), 1) << "it goes on";
}

TEST_F(PostgresLinkTest, ABatchIsOneTransactionAndEndsWithTheFirstTrouble) {
  const types::Values one = {Value(int64_t{1})};
  ASSERT_TRUE(Run({{.sql = "CREATE TEMP TABLE t (id bigint CONSTRAINT t_key PRIMARY KEY)"}}));
  auto replies = Run({{.sql = "INSERT INTO t VALUES ($1)", .parameters = one},
                      {.sql = "SELECT id FROM t", .columns = 1},
                      {.sql = "INSERT INTO t VALUES ($1)", .parameters = one},
                      {.sql = "SELECT 1", .columns = 1}});
  ASSERT_TRUE(replies) << replies.error().message;
  ASSERT_EQ(replies->size(), 3U);
  EXPECT_EQ(std::get<int64_t>((*replies)[0]), 1);
  EXPECT_EQ(std::get<types::Rows>((*replies)[1]).size(), 1U);
  const Trouble& trouble = *TroubleIn(*replies);
  EXPECT_EQ(trouble.state, "23505");
  EXPECT_EQ(trouble.constraint, "t_key");
  EXPECT_EQ(trouble.table, "t");
  EXPECT_EQ(Number("SELECT count(*) FROM t"), 0);
  EXPECT_TRUE(link_->clean());
}

TEST_F(PostgresLinkTest, AMessageQuotesNoValues) {
  const types::Values secret = {Value(std::string("secret"))};
  EXPECT_EQ(TroubleFrom({{.sql = "SELECT $1::text::bigint", .parameters = secret, .columns = 1}}).state, "22P02");
  const Trouble trouble = TroubleFrom({{.sql = "SELECT $1::text::bigint", .parameters = secret, .columns = 1}});
  EXPECT_FALSE(trouble.message.contains("secret")) << trouble.message;
  EXPECT_THAT(trouble.message, StartsWith("invalid input syntax"));
}

TEST_F(PostgresLinkTest, WhatOnlyTheEndShowsComesBehindTheReplies) {
  ASSERT_TRUE(Run({{.sql = "CREATE TEMP TABLE p (id bigint PRIMARY KEY)"},
                   {.sql = "CREATE TEMP TABLE c (p bigint REFERENCES p DEFERRABLE INITIALLY DEFERRED)"}}));
  auto replies = Run({{.sql = "INSERT INTO c VALUES (7)"}});
  ASSERT_TRUE(replies) << replies.error().message;
  ASSERT_EQ(replies->size(), 2U);
  ASSERT_NE(TroubleIn(*replies), nullptr);
  EXPECT_EQ(TroubleIn(*replies)->state, "23503");
  EXPECT_EQ(Number("SELECT count(*) FROM c"), 0);
}

TEST_F(PostgresLinkTest, ACommitOfWhatHadFailedIsTrouble) {
  ASSERT_TRUE(Run({{.sql = "BEGIN"}}, Effect::kWrites));
  EXPECT_EQ(TroubleFrom({{.sql = "SELECT 1/0", .columns = 1}}).state, "22012");
  EXPECT_FALSE(link_->clean());
  EXPECT_EQ(TroubleFrom({{.sql = "COMMIT"}}).state, "25P02");
  EXPECT_TRUE(link_->clean());
  ASSERT_TRUE(Run({{.sql = "BEGIN"}}, Effect::kWrites));
  EXPECT_EQ(TroubleFrom({{.sql = "COMMIT"}}).message, "none");
}

TEST_F(PostgresLinkTest, AStatementIsPreparedOnceAndATroubleOfItIsForgotten) {
  const types::Values one = {Value(int64_t{1})};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Run({{.sql = "SELECT $1 + 1", .parameters = one, .columns = 1}}));
  EXPECT_EQ(Number("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT $1 + 1'"), 1);
  const size_t before = link_->prepared();
  EXPECT_EQ(TroubleFrom({{.sql = "SELECT nothing", .columns = 1}}).state, "42703");
  EXPECT_EQ(TroubleFrom({{.sql = "SELECT nothing", .columns = 1}, {.sql = "SELECT 2", .columns = 1}}).state, "42703");
  EXPECT_EQ(link_->prepared(), before);
}

TEST_F(PostgresLinkTest, WhatFallsOutIsForgottenByTheServer) {
  auto link = Linked(turning_, server_, {.prepared = 4, .shared = true});
  for (int i = 0; i < 20; ++i) {
    const std::string sql = "SELECT " + std::to_string(i);
    EXPECT_EQ(NumberOf(turning_, *link, sql), i);
  }
  EXPECT_EQ(link->prepared(), 4U);
  EXPECT_LE(NumberOf(turning_, *link, "SELECT count(*) FROM pg_prepared_statements"), 5);
  link->Close("the test has ended");
}

TEST_F(PostgresLinkTest, ManyBatchesAreUnderWayAndOneTroubleIsOneBatchs) {
  std::vector<std::shared_ptr<std::optional<Result<Replies>>>> answers;
  const int64_t until_us = SystemClock().SteadyMicros() + 10'000'000;
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) texts.push_back(i % 7 == 3 ? "SELECT 1/0" : "SELECT " + std::to_string(i % 20));
  for (const std::string& text : texts) {
    answers.push_back(turning_.Begin(link_->Run({{.sql = text, .columns = 1}}, Effect::kReads, until_us)));
  }
  ASSERT_TRUE(turning_.Until([&] { return answers.back()->has_value(); }));
  for (size_t i = 0; i < answers.size(); ++i) {
    ASSERT_TRUE(answers[i]->has_value());
    ASSERT_TRUE(**answers[i]);
    const Replies& replies = ***answers[i];
    if (i % 7 == 3) {
      EXPECT_EQ(TroubleIn(replies)->state, "22012");
    } else {
      EXPECT_EQ(std::get<types::Rows>(replies[0]).at(0, 0).integer, static_cast<int64_t>(i % 20));
    }
  }
}

TEST_F(PostgresLinkTest, ATableThatHasChangedIsReadAgain) {
  ASSERT_TRUE(Run({{.sql = "CREATE TEMP TABLE s (a bigint)"}, {.sql = "INSERT INTO s VALUES (5)"}}));
  EXPECT_EQ(Number("SELECT * FROM s"), 5);
  ASSERT_TRUE(Run({{.sql = "ALTER TABLE s ALTER a TYPE numeric(9,1)"}}));
  auto replies = Run({{.sql = "SELECT * FROM s", .columns = 1}}, Effect::kReads);
  ASSERT_TRUE(replies);
  ASSERT_EQ(TroubleIn(*replies), nullptr) << TroubleIn(*replies)->message;
  EXPECT_EQ(std::get<types::Rows>((*replies)[0]).at(0, 0).integer, 50);
}

TEST_F(PostgresLinkTest, RowsThatAreTooLargeAreRefusedAndTheLinkGoesOn) {
  auto large = Run({{.sql = "SELECT repeat('x', 1000000) FROM generate_series(1, 40)", .columns = 1}}, Effect::kReads);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, ErrorKind::kTooLarge);
  EXPECT_EQ(Number("SELECT 1"), 1);
  auto row = Run({{.sql = "SELECT repeat('x', 20000000)", .columns = 1}}, Effect::kReads);
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ(std::get<types::Rows>((*row)[0]).at(0, 0).size, 20'000'000U);
}

TEST_F(PostgresLinkTest, AResultWithoutEndIsEnded) {
  std::vector<Backend> ended;
  auto link = Linked(turning_, server_, {.cancel = [&ended](const Backend& backend) { ended.push_back(backend); }});
  auto answer =
      turning_.Begin(link->Run({{.sql = "SELECT repeat('x', 1000000) FROM generate_series(1, 1000)", .columns = 1}},
                               Effect::kReads, SystemClock().SteadyMicros() + 20'000'000));
  ASSERT_TRUE(turning_.Until([&ended] { return !ended.empty(); }));
  EXPECT_EQ(ended[0], link->backend());
  link->Close("the test has ended");
  ASSERT_TRUE(turning_.Until([&answer] { return answer->has_value(); }));
  EXPECT_FALSE(**answer);
}

TEST_F(PostgresLinkTest, AStatementThatCopiesClosesTheLink) {
  auto replies = Run({{.sql = "COPY (SELECT 1) TO STDOUT"}});
  ASSERT_FALSE(replies);
  EXPECT_TRUE(link_->closed());
}

TEST_F(PostgresLinkTest, TheSessionIsAsTheStoreNeedsIt) {
  auto shown = [&](const char* name) {
    const std::string sql = std::string("SELECT current_setting('") + name + "')";
    auto replies = Run({{.sql = sql, .columns = 1}}, Effect::kReads);
    return std::string(std::get<types::Rows>(replies->front()).at(0, 0).text());
  };
  EXPECT_EQ(shown("client_encoding"), "UTF8");
  EXPECT_EQ(shown("TimeZone"), "UTC");
  EXPECT_EQ(shown("standard_conforming_strings"), "on");
  EXPECT_EQ(shown("statement_timeout"), "30s");
  EXPECT_EQ(shown("idle_in_transaction_session_timeout"), "10s");
  EXPECT_EQ(shown("client_connection_check_interval"), "2s");
  EXPECT_EQ(shown("application_name"), "ashlar");
  EXPECT_GT(link_->backend().since_us, 0);
  EXPECT_EQ(link_->backend().pid, Number("SELECT pg_backend_pid()"));
  EXPECT_THAT(VersionFault(140'009), StartsWith("it is PostgreSQL 14.9"));
  EXPECT_EQ(VersionFault(150'000), "");
}

TEST_F(PostgresLinkTest, ALargeBatchGoesOutWhileAnswersComeIn) {
  const types::Values large = {Value(std::string(1'000'000, 'y'))};
  std::vector<Ask> asks;
  for (int i = 0; i < 20; ++i) asks.push_back({.sql = "SELECT $1", .parameters = large, .columns = 1});
  auto replies = Run(std::move(asks), Effect::kReads);
  ASSERT_TRUE(replies) << replies.error().message;
  EXPECT_EQ(replies->size(), 20U);
}

TEST_F(PostgresLinkTest, TlsHidesWhatIsSaid) {
  Server server = *TestServer();
  server.parameters.emplace_back("sslmode", "verify-full");
  auto link = Linked(turning_, server);
  EXPECT_EQ(NumberOf(turning_, *link, "SELECT ssl::int FROM pg_stat_ssl WHERE pid = pg_backend_pid()"), 1);
  for (int size : {1, 8'000, 16'383, 16'384, 16'385, 40'000, 3'000'000}) {
    const std::string sql = "SELECT length(x) FROM (SELECT repeat('x', " + std::to_string(size) + ") AS x) AS t";
    EXPECT_EQ(NumberOf(turning_, *link, sql), size);
    const std::string whole = "SELECT repeat('x', " + std::to_string(size) + ")";
    auto replies = RunAll(turning_, *link, {{.sql = whole, .columns = 1}}, Effect::kReads);
    ASSERT_TRUE(replies) << size << ": " << replies.error().message;
  }
  link->Close("the test has ended");
}

}  // namespace
}  // namespace ashlar::store::postgres
