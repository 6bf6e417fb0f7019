// SPDX-License-Identifier: Apache-2.0
// Deletions and restorations: what goes along, what is cleared, what stands in the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

using model::OperationKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class RemoveTest : public testing::Test {
 protected:
  Steps Remove(std::string_view resource, std::string_view id, const call::Caller& caller) const {
    return Steps(world_, world_.Make(OperationKind::kDelete, resource, id), caller);
  }
  Answer Of(const Steps& steps, size_t which, std::initializer_list<std::string_view> rows) const {
    return world_.RowsFor(steps.at(which), rows);
  }

  // The deletion of plot 1, up to the rows that go or change with it.
  using Texts = std::initializer_list<std::string_view>;
  std::vector<std::string> Plot(Steps& steps, Texts plants, Texts beds, Texts old = {}, Texts from = {},
                                Texts to = {}) const {
    steps.Next();
    EXPECT_THAT(steps.Next(steps.Rows({R"({"id": 1, "version": 1, "flags": [true]})"})),
                ElementsAre(HasSubstr("Plant {*} deleted with among 1 of plotId"),
                            HasSubstr("Bed {id} deleted with among 1 of plotId"), HasSubstr("of oldId"),
                            HasSubstr("of fromId"), HasSubstr("of toId")));
    return steps.Next(Of(steps, 0, plants), Of(steps, 1, beds), Of(steps, 2, old), Of(steps, 3, from),
                      Of(steps, 4, to));
  }

  static constexpr const char* kGates = "Gate {id} deleted with among 1 of plotId by id limit 1";
  static constexpr std::string_view kNote = R"({
      "id": 7, "version": 4, "ownerId": "0190a000-0000-7000-8000-00000000000a", "title": "a", "rank": 5, "tags": [],
      "flags": [true]})";
  static constexpr std::string_view kDeleted = R"({
      "id": 7, "version": 5, "ownerId": "0190a000-0000-7000-8000-00000000000a", "title": "a", "rank": 5, "tags": [],
      "deletedAt": "2020-01-01T00:00:00Z", "flags": [true]})";
  World world_;
};

TEST_F(RemoveTest, ASoftDeletionMarksTheRow) {
  Steps steps = Remove("Note", "7", world_.ann);
  EXPECT_THAT(steps.Next(),
              ElementsAre("Note {*} flags (ownerId == ann) where ((id == 7) && (ownerId == ann)) limit 1"));
  EXPECT_THAT(steps.Next(steps.Rows({kNote})), ElementsAre("update Note 7: deletedAt now, version 5, updatedAt now",
                                                           StartsWith("audit 'delete' 'Note' '7' v5 by 'user' ")));
  EXPECT_THAT(steps.Next(Written{1, {}}, Written{1, {}}), IsEmpty());
  auto outcome = steps.Take().value();
  EXPECT_EQ(outcome.id, "7");
  EXPECT_TRUE(outcome.rows.rows.empty());
}

TEST_F(RemoveTest, ARowThatIsNotThereIsNotFound) {
  Steps steps = Remove("Note", "7", world_.ann);
  steps.Next();
  EXPECT_THAT(steps.Next(steps.Rows({})), IsEmpty());
  EXPECT_EQ(steps.End(), "NOT_FOUND: there is no such row");
}

TEST_F(RemoveTest, ARowThatMayBeReadButNotRemovedIsForbidden) {
  Steps steps = Remove("Note", "7", world_.staff);
  EXPECT_THAT(steps.Next(), ElementsAre("Note {*} flags (ownerId == null) where (id == 7) limit 1"));
  EXPECT_THAT(steps.Next(steps.Rows({R"({"id": 7, "version": 4, "flags": [false]})"})), IsEmpty());
  EXPECT_EQ(steps.End(), "FORBIDDEN: deleteNote of this row is not allowed");
}

TEST_F(RemoveTest, PreconditionsAreJudgedBehindTheRule) {
  call::Call call = world_.Make(OperationKind::kDelete, "Note", "7");
  call.preconditions.if_match = true;
  call.preconditions.if_match_versions = {3};
  for (const char* row :
       {R"({"id": 7, "version": 4, "flags": [true]})", R"({"id": 7, "version": 4, "flags": [false]})"}) {
    Steps steps(world_, call, world_.ann);
    steps.Next();
    EXPECT_THAT(steps.Next(steps.Rows({row})), IsEmpty());
    bool allowed = std::string_view(row).contains("true");
    EXPECT_THAT(steps.End(), StartsWith(allowed ? "PRECONDITION_FAILED: " : "FORBIDDEN: "));
  }
}

TEST_F(RemoveTest, ARestorationClearsTheMarkAndAnswersTheRow) {
  Steps steps(world_, world_.Make(OperationKind::kRestore, "Note", "7"), world_.ann);
  EXPECT_THAT(steps.Next(), ElementsAre("Note {*} flags (ownerId == ann) where ((id == 7) && (ownerId == ann)) "
                                        "deleted with limit 1"));
  EXPECT_THAT(steps.Next(steps.Rows({kDeleted})),
              ElementsAre("update Note 7: deletedAt null, version 6, updatedAt now",
                          StartsWith("audit 'restore' 'Note' '7' v6 "), StartsWith("Note {id version ")));
  Answer answer = Of(steps, 2, {R"({"id": 7, "version": 6, "flags": [true]})"});
  EXPECT_THAT(steps.Next(Written{1, {}}, Written{1, {}}, std::move(answer)), IsEmpty());
  EXPECT_EQ(steps.Take()->version, 6);
}

TEST_F(RemoveTest, ARestorationOfALiveRowChangesNothing) {
  Steps steps(world_, world_.Make(OperationKind::kRestore, "Note", "7"), world_.ann);
  steps.Next();
  EXPECT_THAT(steps.Next(steps.Rows({kNote})), ElementsAre(StartsWith("Note {id version ")));
  steps.Next(steps.Rows({R"({"id": 7, "version": 4, "flags": [true]})"}));
  EXPECT_EQ(steps.Take()->version, 4);
}

TEST_F(RemoveTest, WhatWasTakenInTheMeantimeStandsInTheWayOfARestoration) {
  Steps steps(world_, world_.Make(OperationKind::kRestore, "Note", "7"), world_.ann);
  steps.Next();
  steps.Next(steps.Rows({kDeleted}));
  const model::Resource& note = world_.resource("Note");
  UniqueViolation taken{note.id, {note.FindField("ownerId"), note.FindField("title")}};
  steps.Next(taken, Written{1, {}}, Of(steps, 2, {}));
  EXPECT_EQ(steps.End(), "CONFLICT ownerId UNIQUE, title UNIQUE");
}

TEST_F(RemoveTest, ADeletionTakesCascadesAlongClearsAndAsksWhoRestricts) {
  Steps steps = Remove("Shelf", "1", world_.staff);
  EXPECT_THAT(steps.Next(), ElementsAre("Shelf {*} flags true where (id == 1) limit 1"));
  EXPECT_THAT(steps.Next(steps.Rows({R"({"id": 1, "version": 1, "name": "a", "hidden": false, "flags": [true]})"})),
              ElementsAre("Box {id} deleted with among 1 of shelfId by id limit 10001",
                          "Tag {*} deleted with among 1 of shelfId by id limit 10001"));
  Answer boxes =
      Of(steps, 0, {R"({"id": "x", "version": 1, "shelfId": 1})", R"({"id": "y", "version": 1, "shelfId": 1})"});
  Answer tags = Of(steps, 1, {R"({"id": 3, "version": 8, "shelfId": 1, "word": "w"})"});
  EXPECT_THAT(steps.Next(std::move(boxes), std::move(tags)),
              ElementsAre("Stamp {*} deleted with among 'x', 'y' of boxId by boxId number limit 10001"));
  EXPECT_THAT(
      steps.Next(steps.Rows({R"({"boxId": "x", "number": 2, "version": 1})"})),
      ElementsAre("update Tag 3: shelfId null, version 9, updatedAt now", StartsWith("audit 'update' 'Tag' '3' v9 "),
                  "delete Stamp 'x', 2",
                  StartsWith("audit 'delete' 'Stamp' 'x,2' v1 by 'service' 'robot', 'request-1': {\"version\":1,"),
                  "delete Box 'x'", "delete Box 'y'", "Note {id} deleted with among 1 of shelfId by id limit 1",
                  "Loan {id} deleted with among 1 of shelfId by id limit 1", "delete Shelf 1"));
  Written done{1, {}};
  steps.Next(done, done, done, done, done, done, Of(steps, 6, {}), Of(steps, 7, {}), done);
  EXPECT_EQ(steps.End(), "");
}

TEST_F(RemoveTest, WhatRefersAndRestrictsStandsInTheWay) {
  auto end = [&](const call::Caller& caller, bool by_note) {
    Steps steps = Remove("Shelf", "1", caller);
    steps.Next();
    steps.Next(steps.Rows({R"({"id": 1, "version": 1, "name": "a", "hidden": false, "flags": [true]})"}));
    steps.Next(Of(steps, 0, {}), Of(steps, 1, {}));
    Answer notes = by_note ? Of(steps, 0, {R"({"id": 7})"}) : Of(steps, 0, {});
    Answer loans = Of(steps, 1, {R"({"id": 7})"});
    steps.Next(std::move(notes), std::move(loans), Written{1, {}});
    return steps.End();
  };
  EXPECT_EQ(end(world_.staff, true), "REFERENCED: rows of Note refer to this one");
  EXPECT_EQ(end(world_.staff, false), "REFERENCED: rows of Loan refer to this one");
}

TEST_F(RemoveTest, OnlyWhatTheCallerMayListIsNamed) {
  Steps steps = Remove("Plot", "1", world_.staff);
  EXPECT_THAT(Plot(steps, {}, {}), ElementsAre(kGates, "delete Plot 1"));
  steps.Next(steps.Rows({R"({"id": 3})"}), Written{1, {}});
  EXPECT_EQ(steps.End(), "REFERENCED: other rows refer to this one");
}

TEST_F(RemoveTest, RowsThatGoTooDoNotRestrict) {
  Steps steps = Remove("Plot", "1", world_.staff);
  // One row more than go is asked for, so that one that stays is found.
  EXPECT_THAT(Plot(steps,
                   {R"({"id": 5, "version": 1, "plotId": 1, "guardId": 6})",
                    R"({"id": 6, "version": 1, "plotId": 1, "guardId": 5})"},
                   {}),
              testing::Contains("Plant {id} deleted with among 5, 6 of guardId by id limit 3"));
}

TEST_F(RemoveTest, ARowThatLosesTwoReferencesChangesOnce) {
  Steps steps = Remove("Plot", "1", world_.staff);
  constexpr std::string_view kPath = R"({"id": 9, "version": 3, "fromId": 1, "toId": 1})";
  EXPECT_THAT(Plot(steps, {}, {}, {}, {kPath}, {kPath}),
              ElementsAre("update Path 9: fromId null, toId null, version 4, updatedAt now",
                          StartsWith("audit 'update' 'Path' '9' v4"), kGates, "delete Plot 1"));
}

TEST_F(RemoveTest, WhatGoesItselfIsNotCleared) {
  Steps steps = Remove("Plot", "1", world_.staff);
  constexpr std::string_view kBed = R"({"id": 2, "version": 1, "plotId": 1, "oldId": 1})";
  constexpr std::string_view kOther = R"({"id": 3, "version": 1, "oldId": 1})";
  Plot(steps, {}, {kBed}, {kBed, kOther});
  EXPECT_THAT(steps.Next(steps.Rows({})), ElementsAre("update Bed 3: oldId null, version 2, updatedAt now",
                                                      "delete Bed 2", kGates, "delete Plot 1"));
}

TEST_F(RemoveTest, TooManyRowsStandInTheWay) {
  for (int rows : {9'999, 10'000}) {
    Steps steps = Remove("Plot", "1", world_.staff);
    steps.Next();
    steps.Next(steps.Rows({R"({"id": 1, "version": 1, "flags": [true]})"}));
    const Query& query = std::get<Query>(steps.at(1));
    types::Rows beds(query.fields.size());
    for (int row = 0; row < rows; ++row) {
      for (FieldId field : query.fields) beds.AppendInteger(field == query.fields[0] ? row : 1);
    }
    std::vector<std::string> next =
        steps.Next(Of(steps, 0, {}), std::move(beds), Of(steps, 2, {}), Of(steps, 3, {}), Of(steps, 4, {}));
    EXPECT_EQ(next.empty(), rows == 10'000);
    if (next.empty()) {
      EXPECT_EQ(steps.End(), "REFERENCED: more than 10000 rows would have to change with this one");
    }
  }
}

TEST_F(RemoveTest, WhatTheStoreHoldsOnToStandsInTheWay) {
  Steps steps = Remove("Plot", "1", world_.staff);
  Plot(steps, {}, {});
  steps.Next(steps.Rows({}), CheckViolation{world_.resource("Plot").id, -1});
  EXPECT_EQ(steps.End(), "REFERENCED: other rows refer to this one");
}

TEST_F(RemoveTest, ARunMayStartAgain) {
  Steps steps = Remove("Shelf", "1", world_.staff);
  std::vector<std::string> first = steps.Next();
  constexpr std::string_view kShelf = R"({"id": 1, "version": 1, "name": "a", "hidden": false, "flags": [true]})";
  std::vector<std::string> second = steps.Next(steps.Rows({kShelf}));
  Answer boxes = Of(steps, 0, {R"({"id": "x", "version": 1, "shelfId": 1})"});
  Answer tags = Of(steps, 1, {R"({"id": 3, "version": 8, "shelfId": 1, "word": "w"})"});
  steps.Next(std::move(boxes), std::move(tags));
  steps.Restart();
  EXPECT_EQ(steps.Next(), first);
  EXPECT_EQ(steps.Next(steps.Rows({kShelf})), second);
  EXPECT_THAT(steps.Next(Of(steps, 0, {}), Of(steps, 1, {})),
              ElementsAre(StartsWith("Note {id}"), StartsWith("Loan {id}"), "delete Shelf 1"));
}

}  // namespace
}  // namespace ashlar::plan
