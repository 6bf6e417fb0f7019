// SPDX-License-Identifier: Apache-2.0
// The past of a row: for whom it opens, and what it shows. And what is written into it.
#include "plan/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/audit.h"
#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HistoryTest : public testing::Test {
 protected:
  Steps History(const call::Caller& caller, int64_t page = 1) const {
    call::Call call = world_.Make(model::OperationKind::kHistory, "Note", "7");
    call.paging.page = page;
    call.paging.per_page = 2;
    return Steps(world_, call, caller);
  }
  World world_;
};

TEST_F(HistoryTest, TheRowIsAskedForUnderItsRuleAndTheHistorysIsAFlag) {
  EXPECT_THAT(History(world_.ann).Next(), ElementsAre("Note {id} flags ((ownerId == ann) && (rank < 9)) "
                                                      "where ((id == 7) && (ownerId == ann)) limit 1"));
  EXPECT_THAT(History(world_.staff).Next(), ElementsAre("Note {id} flags true where (id == 7) limit 1"));
}

TEST_F(HistoryTest, ARowThatIsNotThereIsNotFoundAndOneThatIsClosedIsForbidden) {
  Steps absent = History(world_.ann);
  absent.Next();
  EXPECT_THAT(absent.Next(absent.Rows({})), IsEmpty());
  EXPECT_EQ(absent.End(), "NOT_FOUND: there is no such row");
  Steps closed = History(world_.ann);
  closed.Next();
  EXPECT_THAT(closed.Next(closed.Rows({R"({"id": 7, "flags": [false]})"})), IsEmpty());
  EXPECT_EQ(closed.End(), "FORBIDDEN: the history of this row is not allowed");
}

TEST_F(HistoryTest, EntriesComeNewestFirstByPages) {
  Steps steps = History(world_.ann, 2);
  steps.Next();
  EXPECT_THAT(steps.Next(steps.Rows({R"({"id": 7, "flags": [true]})"})),
              ElementsAre("AuditEntry {id} where (((resource == 'Note') && (rowId == '7')) && (action == 'create')) "
                          "by -id limit 1"));
  EXPECT_THAT(steps.Next(steps.Rows({})),
              ElementsAre("AuditEntry {id action rowVersion before after callerId requestId createdAt} "
                          "where ((resource == 'Note') && (rowId == '7')) by -id from 2 limit 3",
                          "count AuditEntry where ((resource == 'Note') && (rowId == '7'))"));
  constexpr std::string_view kEntry = R"({
      "id": "0190a000-0000-7000-8000-000000000001", "action": "update", "rowVersion": 2,
      "createdAt": "2020-01-01T00:00:00Z", "requestId": "r", "callerId": "c", "after": {"id": 7}})";
  Answer entries = steps.Rows({kEntry, kEntry, kEntry});
  EXPECT_THAT(steps.Next(std::move(entries), Numbers({5})), IsEmpty());
  auto outcome = steps.Take().value();
  ASSERT_EQ(outcome.history.size(), 2u);
  EXPECT_EQ(outcome.history[0].id, "0190a000-0000-7000-8000-000000000001");
  EXPECT_EQ(outcome.history[0].action, "update");
  EXPECT_EQ(outcome.history[0].version, 2);
  EXPECT_EQ(outcome.history[0].caller_id, "c");
  EXPECT_EQ(outcome.history[0].request_id, "r");
  EXPECT_EQ(outcome.history[0].before, "");
  EXPECT_TRUE(outcome.page->has_next);
  EXPECT_EQ(outcome.page->total, 5);
  EXPECT_EQ(outcome.page->page, 2);
}

TEST_F(HistoryTest, WhatWasBeforeTheRowsCreationIsAnothersPast) {
  Steps steps = History(world_.ann);
  steps.Next();
  steps.Next(steps.Rows({R"({"id": 7, "flags": [true]})"}));
  std::vector<std::string> told = steps.Next(steps.Rows({R"({"id": "0190a000-0000-7000-8000-000000000005"})"}));
  for (const std::string& statement : told) {
    EXPECT_THAT(statement, HasSubstr("(id >= 0190a000-0000-7000-8000-000000000005)"));
  }
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(HistoryTest, ImagesShowWhatTheCallerMayReadOfEveryRow) {
  auto images = [&](const call::Caller& caller) {
    Steps steps = History(caller);
    steps.Next();
    steps.Next(steps.Rows({R"({"id": 7, "flags": [true]})"}));
    steps.Next(steps.Rows({}));
    Answer entries = steps.Rows({R"({
        "id": "0190a000-0000-7000-8000-000000000001", "action": "update", "rowVersion": 2, "requestId": "r",
        "createdAt": "2020-01-01T00:00:00Z", "before": {"title": "a", "mood": "m", "secret": "s", "code": "c",
                   "gone": 1},
        "after": {"secret": "t", "title": "b"}})"});
    steps.Next(std::move(entries), Numbers({1}));
    call::HistoryEntry entry = steps.Take()->history.at(0);
    return entry.before + " " + entry.after;
  };
  EXPECT_EQ(images(world_.ann), R"({"title":"a"} {"title":"b"})");
  EXPECT_EQ(images(world_.staff), R"({"title":"a","secret":"s","code":"c"} {"secret":"t","title":"b"})");
  EXPECT_EQ(images(world_.boss), R"({"title":"a","mood":"m","secret":"s","code":"c"} {"secret":"t","title":"b"})");
}

TEST_F(HistoryTest, AChangeIsWrittenWithItsActor) {
  auto actor = [&](const call::Caller& caller) {
    Actor made = ActorOf(Rules(world_.service(), caller, World::kNow), "r");
    return made.kind + " " + made.id;
  };
  EXPECT_EQ(actor(world_.nobody), "anonymous ");
  EXPECT_EQ(actor(world_.ann), "user " + std::string(World::kAnn));
  EXPECT_EQ(actor(world_.staff), "service robot");
  EXPECT_EQ(actor(world_.boss), "operator operator");
}

TEST_F(HistoryTest, OnlyAuditedResourcesHaveAPast) {
  const model::Resource& shelf = world_.resource("Shelf");
  const model::Resource& stamp = world_.resource("Stamp");
  Values row(shelf.fields.size());
  EXPECT_FALSE(MakeAudit(world_.service(), shelf, {}, "create", nullptr, &row).has_value());
  row = {int64_t{2}, {}, {}, std::string("b"), int64_t{3}};
  auto audit = MakeAudit(world_.service(), stamp, {"user", "", "r", World::kNow}, "delete", &row, nullptr);
  ASSERT_TRUE(audit.has_value());
  EXPECT_EQ(world_.Tell(*audit),
            "audit 'delete' 'Stamp' 'b,3' v2 by 'user' null, 'r': "
            "{\"version\":2,\"createdAt\":null,\"updatedAt\":null,\"boxId\":\"b\",\"number\":3} -> null");
  EXPECT_FALSE(world_.service().FindOperation(shelf.id, model::OperationKind::kHistory).valid());
}

}  // namespace
}  // namespace ashlar::plan
