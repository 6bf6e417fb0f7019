// SPDX-License-Identifier: Apache-2.0
#include "plan/once.h"

#include <gtest/gtest.h>

#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

struct OnceTest : testing::Test {
  const model::Resource& records() const { return world.service().resource(world.service().idempotency); }
  static types::Rows Found(std::string_view fingerprint) {
    types::Rows rows(2);
    EXPECT_TRUE(rows.AppendText(fingerprint) && rows.AppendText("kept"));
    return rows;
  }
  std::unique_ptr<Program> Recall() const {
    auto program = MakeRecallProgram(world.service(), once, "id", World::kNow);
    program->Start();
    return program;
  }
  World world;
  call::Once once{"key", "POST /v1/things", Sha256("body")};
  const std::string fingerprint = "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5";  // of "body"
};

TEST_F(OnceTest, AnIdIsOfKeyAddressAndCaller) {
  std::set<std::string> ids = {OnceIdOf(once, world.ann), OnceIdOf(once, world.bob), OnceIdOf(once, world.nobody),
                               OnceIdOf(once, world.staff), OnceIdOf(once, world.boss)};
  call::Caller other = world.staff;
  other.principal.roles.emplace_back("more");
  ids.insert(OnceIdOf(once, other));
  call::Once moved = once;
  moved.address += "/1";
  ids.insert(OnceIdOf(moved, world.ann));
  call::Once renamed = once;
  renamed.key += "2";
  ids.insert(OnceIdOf(renamed, world.ann));
  EXPECT_EQ(ids.size(), 8u);
  for (const std::string& id : ids) EXPECT_EQ(id.size(), 64u);
  // A user stays itself whatever its roles; what is asked is no part of the name.
  call::Caller promoted = world.ann;
  promoted.principal.roles.emplace_back("staff");
  call::Once asked = once;
  asked.fingerprint = Sha256("other");
  EXPECT_EQ(OnceIdOf(asked, promoted), OnceIdOf(once, world.ann));
}

TEST_F(OnceTest, WhatIsKeptIsGivenBackToTheSameRequestAlone) {
  auto program = Recall();
  auto asked = program->Advance({});
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(std::get<Query>(asked[0]).limit, 1);
  std::vector<Answer> found;
  found.emplace_back(Found(fingerprint));
  EXPECT_TRUE(program->Advance(std::move(found)).empty());
  auto outcome = program->Take();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->rows.rows.at(0, 0).text(), "kept");

  program = Recall();
  program->Advance({});
  std::vector<Answer> other;
  other.emplace_back(Found("other"));
  program->Advance(std::move(other));
  EXPECT_EQ(program->Take().error().code, call::Code::kIdempotencyKeyReused);

  program->Start();
  program->Advance({});
  std::vector<Answer> none;
  none.emplace_back(types::Rows(2));
  program->Advance(std::move(none));
  outcome = program->Take();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->rows.rows.empty());
}

TEST_F(OnceTest, KeepingRemovesSomeOfWhatHasExpired) {
  auto program = MakeKeepProgram(world.service(), once, "id", World::kNow, "outcomes");
  program->Start();
  auto asked = program->Advance({});
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_GT(std::get<Query>(asked[0]).limit, 1) << "more than one for each that is kept";
  types::Rows expired(1);
  EXPECT_TRUE(expired.AppendText("old1") && expired.AppendText("old2"));
  std::vector<Answer> answers;
  answers.emplace_back(std::move(expired));
  auto writes = program->Advance(std::move(answers));
  ASSERT_EQ(writes.size(), 4u);
  EXPECT_EQ(std::get<Delete>(writes[0]).key, Values{std::string("old1")});
  EXPECT_EQ(std::get<Delete>(writes[2]).key, Values{std::string("id")}) << "one that has expired and is in the way";
  const Values& row = std::get<Insert>(writes[3]).row;
  auto field = [&](std::string_view name) { return row[records().FindField(name).index()]; };
  EXPECT_EQ(field("id"), Value{std::string("id")});
  EXPECT_EQ(field("fingerprint"), Value{fingerprint});
  EXPECT_EQ(field("outcomes"), Value{types::Bytes{"outcomes"}});
  EXPECT_EQ(field("expiresAt"), Value{types::Timestamp{World::kNow + int64_t{86'400} * 1'000'000}});
  std::vector<Answer> written;
  for (int i = 0; i < 4; ++i) written.emplace_back(Written{1, {}});
  EXPECT_TRUE(program->Advance(std::move(written)).empty());
  EXPECT_TRUE(program->Take());
  program->Start();
  program->Advance({});
  std::vector<Answer> none;
  none.emplace_back(types::Rows(1));
  program->Advance(std::move(none));
  std::vector<Answer> refused;
  refused.emplace_back(Written{0, {}});
  refused.emplace_back(UniqueViolation{records().id, records().key});
  program->Advance(std::move(refused));
  EXPECT_EQ(program->Take().error().code, call::Code::kInternal);
}

}  // namespace
}  // namespace ashlar::plan
