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

// A kept record's program behind its questions: there are `own` bytes of its owner and `all` in all.
struct Keeping {
  Keeping(const OnceTest& in_test, const OnceLimits& limits, std::optional<int64_t> own, std::optional<int64_t> all,
          std::optional<int64_t> expired = std::nullopt)
      : test(in_test),
        program(MakeKeepProgram(test.world.service(), test.once, test.world.ann, limits, World::kNow, "outcomes")) {
    program->Start();
    auto asked = program->Advance({});
    EXPECT_EQ(asked.size(), 2u);
    owner = OwnerIn(std::get<Query>(asked[0]));
    types::Rows spaces(2), old(1);
    auto add = [&](const std::string& of, int64_t bytes) {
      EXPECT_TRUE(spaces.AppendText(of));
      spaces.AppendInteger(bytes);
    };
    if (own) add(owner, *own);
    if (all) add("all", *all);
    if (expired) old.AppendInteger(*expired);
    std::vector<Answer> answers;
    answers.emplace_back(std::move(spaces));
    answers.emplace_back(std::move(old));
    writes = program->Advance(std::move(answers));
  }
  // The id of an owner, as a condition that names it behind "all" has it.
  static std::string OwnerIn(const Query& query) {
    std::string told = World().Tell(query.where);
    size_t end = told.rfind('\'');
    size_t begin = told.rfind('\'', end - 1) + 1;
    return told.substr(begin, end - begin);
  }
  // The bytes that are written for an owner; -1: none.
  int64_t Written(const std::string& of) const {
    const auto& service = test.world.service();
    const model::Resource& spaces = service.resource(service.idempotency_space);
    for (const Statement& write : writes) {
      const auto* update = std::get_if<Update>(&write);
      if (update != nullptr && update->key == Values{of}) return *update->set[0].second.get<int64_t>();
      const auto* insert = std::get_if<Insert>(&write);
      bool its = insert != nullptr && insert->resource == spaces.id && insert->row[spaces.key[0].index()] == Value{of};
      if (its) return *insert->row[spaces.FindField("bytes").index()].get<int64_t>();
    }
    return -1;
  }
  call::Answer<call::Outcome> End(std::vector<Answer> written) {
    EXPECT_TRUE(program->Advance(std::move(written)).empty());
    return program->Take();
  }
  const OnceTest& test;
  std::unique_ptr<Program> program;
  std::string owner;
  std::vector<Statement> writes;
};

constexpr int64_t kOne = 8 + kRecordBytes;  // of "outcomes"

TEST_F(OnceTest, KeepingCountsWhatItTakes) {
  Keeping keeping(*this, {}, std::nullopt, 100);
  ASSERT_EQ(keeping.writes.size(), 3u);
  EXPECT_EQ(keeping.Written("all"), 100 + kOne);
  EXPECT_EQ(keeping.Written(keeping.owner), kOne);
  const Values& row = std::get<Insert>(keeping.writes[2]).row;
  auto field = [&](std::string_view name) { return row[records().FindField(name).index()]; };
  EXPECT_EQ(field("id"), Value{OnceIdOf(once, world.ann)});
  EXPECT_EQ(field("fingerprint"), Value{fingerprint});
  EXPECT_EQ(field("outcomes"), Value{types::Bytes{"outcomes"}});
  EXPECT_EQ(field("expiresAt"), Value{types::Timestamp{World::kNow + int64_t{86'400} * 1'000'000}});
  EXPECT_EQ(field("bytes"), Value{kOne});
  std::vector<Answer> written;
  for (int i = 0; i < 3; ++i) written.emplace_back(plan::Written{1, {}});
  EXPECT_TRUE(keeping.End(std::move(written)));
}

TEST_F(OnceTest, OneThatHasExpiredAndIsInTheWayIsReplaced) {
  Keeping keeping(*this, {}, 1000, 1000, 300);
  ASSERT_EQ(keeping.writes.size(), 4u);
  EXPECT_EQ(std::get<Delete>(keeping.writes[0]).key, Values{OnceIdOf(once, world.ann)});
  EXPECT_EQ(keeping.Written("all"), 700 + kOne);
  EXPECT_EQ(keeping.Written(keeping.owner), 700 + kOne);
  std::vector<Answer> refused;
  for (int i = 0; i < 3; ++i) refused.emplace_back(plan::Written{1, {}});
  refused.emplace_back(UniqueViolation{records().id, records().key});
  EXPECT_EQ(keeping.End(std::move(refused)).error().code, call::Code::kInternal);
}

TEST_F(OnceTest, NothingIsKeptBeyondTheRoomOfACallerAndOfAll) {
  const OnceLimits limits{.all = 40'000};
  EXPECT_FALSE(Keeping(*this, limits, 10'000 - kOne, 40'000 - kOne).writes.empty()) << "to the last byte";
  Keeping own(*this, limits, 10'000 - kOne + 1, 20'000);
  EXPECT_TRUE(own.writes.empty());
  EXPECT_EQ(own.program->Take().error().code, call::Code::kUnavailable);
  Keeping all(*this, limits, std::nullopt, 40'000 - kOne + 1);
  EXPECT_TRUE(all.writes.empty());
  EXPECT_EQ(all.program->Take().error().code, call::Code::kUnavailable);
  EXPECT_FALSE(Keeping(*this, limits, 10'000, 10'000, 600).writes.empty()) << "what has expired makes room";
}

TEST_F(OnceTest, SweepingRemovesTheOldestAndTheirBytes) {
  auto program = MakeSweepProgram(world.service(), World::kNow);
  program->Start();
  auto asked = program->Advance({});
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(std::get<Query>(asked[0]).limit, static_cast<int64_t>(kSweptAtOnce));
  types::Rows expired(3);
  auto add = [&](std::string_view id, std::string_view owner, int64_t bytes) {
    EXPECT_TRUE(expired.AppendText(id));
    owner.empty() ? expired.AppendNull() : static_cast<void>(expired.AppendText(owner));
    owner.empty() ? expired.AppendNull() : expired.AppendInteger(bytes);
  };
  add("1", "x", 600);
  add("2", "y", 700);
  add("3", "", 0);  // of a build that did not count them
  std::vector<Answer> answers;
  answers.emplace_back(std::move(expired));
  ASSERT_EQ(program->Advance(std::move(answers)).size(), 1u);
  types::Rows spaces(2);
  for (const auto& [owner, bytes] : {std::pair("x", 600), std::pair("y", 1000), std::pair("all", 1600)}) {
    EXPECT_TRUE(spaces.AppendText(owner));
    spaces.AppendInteger(bytes);
  }
  answers.clear();
  answers.emplace_back(std::move(spaces));
  auto writes = program->Advance(std::move(answers));
  ASSERT_EQ(writes.size(), 6u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(std::get<Delete>(writes[i]).key, Values{std::to_string(i + 1)});
  EXPECT_EQ(std::get<Update>(writes[3]).set[0].second, Value{int64_t{300}}) << "of all";
  EXPECT_EQ(std::get<Delete>(writes[4]).key, Values{std::string("x")}) << "who has none left";
  EXPECT_EQ(std::get<Update>(writes[5]).set[0].second, Value{int64_t{300}});
  std::vector<Answer> written;
  for (int i = 0; i < 6; ++i) written.emplace_back(plan::Written{1, {}});
  EXPECT_TRUE(program->Advance(std::move(written)).empty());
  EXPECT_EQ(program->Take()->rows.rows.size(), 3u);

  program->Start();
  program->Advance({});
  answers.clear();
  answers.emplace_back(types::Rows(3));
  EXPECT_TRUE(program->Advance(std::move(answers)).empty()) << "nothing has expired";
}

}  // namespace
}  // namespace ashlar::plan
