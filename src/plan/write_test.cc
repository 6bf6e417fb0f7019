// SPDX-License-Identifier: Apache-2.0
// Creations and changes, step by step, with answers given by hand.
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

class WriteTest : public testing::Test {
 protected:
  Steps Create(std::string_view resource, const call::Caller& caller, std::string_view body) const {
    return Steps(world_, world_.Make(OperationKind::kCreate, resource, "", body), caller);
  }
  call::Call Patch(std::string_view body) const { return world_.Make(OperationKind::kUpdate, "Note", "7", body); }
  call::Call Put(std::string_view resource, std::string_view id, std::string_view body) const {
    return world_.Make(OperationKind::kReplace, resource, id, body);
  }
  UniqueViolation Taken(std::string_view resource, std::initializer_list<std::string_view> names) const {
    UniqueViolation violation{world_.resource(resource).id, {}};
    for (std::string_view name : names) violation.fields.push_back(world_.resource(resource).FindField(name));
    return violation;
  }
  CheckViolation Checked() const { return {world_.resource("Note").id, -1}; }

  // Note 7 of ann; the flags say: update allowed, mood may be written.
  static constexpr std::string_view kRow = R"({
      "id": 7, "version": 4, "ownerId": "0190a000-0000-7000-8000-00000000000a", "title": "old", "rank": 5, "code": "c",
      "tags": [], "flags": [true, true, true]})";
  static constexpr const char* kAnswer =
      "Note {id version createdAt updatedAt deletedAt ownerId title rank size mood tags data shelfId} "
      "flags (ownerId == ann) where ((id == 7) && (ownerId == ann)) limit 1";
  World world_;
};

TEST_F(WriteTest, ACreationInsertsAuditsAndAnswers) {
  Steps steps = Create("Note", world_.ann, R"({"title": "a", "shelfId": 4})");
  // What the caller refers to, it must be able to get.
  EXPECT_THAT(steps.Next(), ElementsAre("probe Note: owner.exists($1, true); shelf.exists($1, true)"));
  EXPECT_THAT(steps.Next(Numbers({1, 1})),
              ElementsAre("insert Note: version 1, createdAt now, updatedAt now, ownerId ann, title 'a', rank 3, "
                          "tags [], shelfId 4"));
  EXPECT_THAT(steps.Next(Written{1, int64_t{7}}),
              ElementsAre(StartsWith("audit 'create' 'Note' '7' v1 by 'user' '0190a000-0000-7000-8000-"
                                     "00000000000a', 'request-1': null -> {\"id\":7,\"version\":1,")));
  EXPECT_THAT(steps.Next(Written{1, {}}), IsEmpty());
  auto outcome = steps.Take().value();
  EXPECT_TRUE(outcome.created);
  EXPECT_EQ(outcome.id, "7");
  EXPECT_EQ(outcome.version, 1);
  EXPECT_THAT(Shown(world_, outcome.rows), testing::Not(testing::Contains("secret")));
  ASSERT_EQ(outcome.rows.rows.size(), 1u);
  EXPECT_EQ(outcome.rows.rows.at(0, 6).text(), "a");
}

TEST_F(WriteTest, WhatARuleThatCrossesARelationShowsOfARowIsAskedOfTheStore) {
  constexpr const char* kSlip = "Slip {*} where ((id == 7) && kind.flag) limit 1";
  Steps made = Create("Slip", world_.ann, R"({"word": "a"})");
  made.Next();
  EXPECT_THAT(made.Next(Written{1, int64_t{7}}), ElementsAre(kSlip, StartsWith("audit 'create' 'Slip' '7' v1")));
  made.Next(made.Rows({R"({"id": 7, "version": 1, "word": "a"})"}), Written{1, {}});
  EXPECT_EQ(made.Take()->rows.rows.size(), 1u);
  Steps changed(world_, world_.Make(OperationKind::kUpdate, "Slip", "7", R"({"word": "b"})"), world_.ann);
  changed.Next();
  EXPECT_THAT(changed.Next(changed.Rows({R"({"id": 7, "version": 4, "word": "a", "flags": [true]})"})),
              ElementsAre("update Slip 7: word 'b', version 5, updatedAt now", kSlip, StartsWith("audit 'update'")));
  EXPECT_THAT(changed.Next(Written{1, {}}, world_.RowsFor(changed.at(1), {}), Written{1, {}}), IsEmpty());
  auto outcome = changed.Take().value();
  EXPECT_TRUE(outcome.shaped && outcome.rows.rows.empty());
  EXPECT_EQ(outcome.version, 5);
}

TEST_F(WriteTest, WhatTheCallerMayNotReadIsNotAnswered) {
  Steps steps = Create("Branch", world_.ann, R"({"id": "a", "open": false})");
  steps.Next();
  EXPECT_THAT(steps.Next(Written{1, {}}), IsEmpty());
  auto outcome = steps.Take().value();
  EXPECT_TRUE(outcome.created && outcome.shaped && outcome.rows.rows.empty());
  EXPECT_EQ(outcome.id, "a");
}

TEST_F(WriteTest, AReferenceIsGuardedByItsTargetsRule) {
  Steps steps = Create("Page", world_.ann, R"({"open": true, "noteId": 4})");
  EXPECT_THAT(steps.Next(), ElementsAre("probe Page: note[$1 if ($1.ownerId == ann)].exists($2, true)"));
  steps.Next(Numbers({0}));
  EXPECT_EQ(steps.End(), "VALIDATION_ERROR noteId REFERENCE_NOT_FOUND");
  // Who may get none of them is not asked for.
  Steps nobodys = Create("Page", world_.nobody, R"({"open": true, "noteId": 4})");
  EXPECT_THAT(nobodys.Next(), IsEmpty());
  EXPECT_EQ(nobodys.End(), "VALIDATION_ERROR noteId REFERENCE_NOT_FOUND");
  Steps all =
      Create("Note", world_.boss, R"({"title": "a", "shelfId": 4, "ownerId": "0190a000-0000-7000-8000-00000000000b"})");
  EXPECT_THAT(all.Next(), ElementsAre("probe Note: owner.exists($1, true); shelf.exists($1, true)"));
  all.Next(Numbers({0, std::nullopt}));
  EXPECT_EQ(all.End(), "VALIDATION_ERROR ownerId REFERENCE_NOT_FOUND, shelfId REFERENCE_NOT_FOUND");
}

TEST_F(WriteTest, ARowThatIsMadeMayReferToItselfIfItsMakerMayGetIt) {
  Steps open = Create("Branch", world_.ann, R"({"id": "a", "parentId": "a", "open": true})");
  EXPECT_THAT(open.Next(), ElementsAre("insert Branch: id 'a', version 1, createdAt now, updatedAt now, parentId 'a', "
                                       "open true"));
  Steps staff = Create("Branch", world_.staff, R"({"id": "a", "parentId": "a"})");
  EXPECT_THAT(staff.Next(), ElementsAre(StartsWith("insert Branch: id 'a'")));
  Steps hidden = Create("Branch", world_.ann, R"({"id": "a", "parentId": "a"})");
  EXPECT_THAT(hidden.Next(), IsEmpty());
  EXPECT_EQ(hidden.End(), "VALIDATION_ERROR parentId REFERENCE_NOT_FOUND");
  Steps other = Create("Branch", world_.staff, R"({"id": "a", "parentId": "A"})");
  EXPECT_THAT(other.Next(), ElementsAre("probe Branch: parent.exists($1, true)"));
}

TEST_F(WriteTest, WrongFieldsAreToldWithoutAskingForWhatDependsOnThem) {
  Steps steps = Create("Note", world_.ann, R"({"title": 1, "rank": 0, "shelfId": 4})");
  EXPECT_THAT(steps.Next(), ElementsAre(HasSubstr("probe Note")));
  EXPECT_THAT(steps.Next(Numbers({1, 0})), IsEmpty());
  EXPECT_EQ(steps.End(), "VALIDATION_ERROR title WRONG_TYPE, rank TOO_SMALL, shelfId REFERENCE_NOT_FOUND");
  Steps wrong = Create("Shelf", world_.staff, R"({"name": 1})");
  EXPECT_THAT(wrong.Next(), IsEmpty());
  EXPECT_EQ(wrong.End(), "VALIDATION_ERROR name WRONG_TYPE");
}

TEST_F(WriteTest, ATakenValueIsAConflictThatNamesWhatTheCallerReads) {
  Steps steps = Create("Shelf", world_.staff, R"({"name": "a"})");
  EXPECT_THAT(steps.Next(),
              ElementsAre("insert Shelf: version 1, createdAt now, updatedAt now, name 'a', hidden false"));
  EXPECT_THAT(steps.Next(Taken("Shelf", {"name"})), IsEmpty());
  EXPECT_EQ(steps.End(), "CONFLICT name UNIQUE");
  Steps guarded = Create("Note", world_.ann, R"({"title": "a"})");
  guarded.Next();
  guarded.Next(Numbers({1}));
  guarded.Next(Taken("Note", {"code"}));
  EXPECT_EQ(guarded.End(), "CONFLICT: a value is taken");
  Steps both = Create("Note", world_.ann, R"({"title": "a"})");
  both.Next();
  both.Next(Numbers({1}));
  both.Next(Taken("Note", {"ownerId", "title", "mood"}));
  EXPECT_EQ(both.Take().error().message, "the value of 'ownerId', 'title' is taken");
}

TEST_F(WriteTest, TheDatabasesOwnChecksAreValidation) {
  Steps steps = Create("Shelf", world_.staff, R"({"name": "a"})");
  steps.Next();
  EXPECT_THAT(steps.Next(Checked()), IsEmpty());
  EXPECT_THAT(steps.End(), StartsWith("VALIDATION_ERROR"));
}

TEST_F(WriteTest, ADefaultThatCrossesARelationComesFirst) {
  Steps steps = Create("Tag", world_.staff, R"({"word": "a", "cost": "1", "shelfId": 4})");
  EXPECT_THAT(steps.Next(), ElementsAre("probe Tag: shelf.exists($1, true); shelf.name"));
  types::Rows named(2);
  named.AppendInteger(1);
  ASSERT_TRUE(named.AppendText("hall"));
  EXPECT_THAT(steps.Next(std::move(named)), ElementsAre(HasSubstr("place 'hall', cost 1000e-3, price 50e-2")));
}

TEST_F(WriteTest, AChangeReadsTheRowWithWhatTheCallerMayDoToIt) {
  Steps steps(world_, Patch(R"({"rank": 6})"), world_.ann);
  EXPECT_THAT(
      steps.Next(),
      ElementsAre("Note {*} flags ((ownerId == ann) && (rank < 9)); "
                  "((ownerId == ann) && (rank < 8)); (ownerId == ann) where ((id == 7) && (ownerId == ann)) limit 1"));
  EXPECT_THAT(steps.Next(steps.Rows({kRow})), ElementsAre("update Note 7: rank 6, version 5, updatedAt now",
                                                          StartsWith("audit 'update' 'Note' '7' v5 by 'user' ")));
  EXPECT_THAT(steps.Next(Written{1, {}}, Written{1, {}}), IsEmpty());
  auto outcome = steps.Take().value();
  EXPECT_FALSE(outcome.created);
  EXPECT_EQ(outcome.version, 5);
}

TEST_F(WriteTest, AChangeThatChangesNothingWritesNothing) {
  Steps steps(world_, Patch(R"({"rank": 5, "title": "old"})"), world_.ann);
  steps.Next();
  EXPECT_THAT(steps.Next(steps.Rows({kRow})), ElementsAre(kAnswer));
  steps.Next(steps.Rows({R"({"id": 7, "version": 4, "flags": [true]})"}));
  EXPECT_EQ(steps.Take()->version, 4);
}

TEST_F(WriteTest, ARowThatIsGoneOrUnreadableIsNotFound) {
  for (const call::Call& call : {Patch("{}"), Put("Note", "7", R"({"title": "a"})"), Patch("[]")}) {
    Steps steps(world_, call, world_.ann);
    steps.Next();
    EXPECT_THAT(steps.Next(steps.Rows({})), IsEmpty());
    EXPECT_EQ(steps.End(), "NOT_FOUND: there is no such row");
  }
}

TEST_F(WriteTest, ARowThatMayBeReadButNotChangedIsForbidden) {
  Steps steps(world_, Patch(R"({"rank": "wrong"})"), world_.ann);
  steps.Next();
  steps.Next(steps.Rows({R"({"id": 7, "version": 4, "rank": 9, "flags": [false, false, true]})"}));
  EXPECT_EQ(steps.End(), "FORBIDDEN: updateNote of this row is not allowed");
}

TEST_F(WriteTest, AGuardedFieldIsJudgedOnTheRowAsItIsAndAsItWouldBecome) {
  Steps now(world_, Patch(R"({"mood": "x", "rank": 7})"), world_.ann);
  now.Next();
  now.Next(now.Rows({R"({"id": 7, "version": 4, "ownerId": "0190a000-0000-7000-8000-00000000000a", "title": "old",
                         "rank": 8, "tags": [], "flags": [true, false, true]})"}));
  EXPECT_EQ(now.End(), "FORBIDDEN: field 'mood' is not allowed here");
  Steps then(world_, Patch(R"({"mood": "x", "rank": 8})"), world_.ann);
  then.Next();
  EXPECT_THAT(then.Next(then.Rows({kRow})), IsEmpty());
  EXPECT_EQ(then.End(), "FORBIDDEN: field 'mood' is not allowed here");
  Steps fine(world_, Patch(R"({"mood": "x", "rank": 7})"), world_.ann);
  fine.Next();
  EXPECT_THAT(fine.Next(fine.Rows({kRow}))[0], "update Note 7: rank 7, mood 'x', version 5, updatedAt now");
}

TEST_F(WriteTest, TheRowAsItWouldBecomeMustPassTheRule) {
  Steps made = Create("Page", world_.ann, R"({"open": false})");
  EXPECT_THAT(made.Next(), IsEmpty());
  EXPECT_EQ(made.End(), "FORBIDDEN: createPage of such a row is not allowed");
  EXPECT_THAT(Create("Page", world_.ann, R"({"open": true})").Next(), ElementsAre(StartsWith("insert Page: ")));
  // A rule cannot judge a field that is wrong; that it is wrong is told.
  Steps wrong = Create("Page", world_.ann, R"({"open": "no"})");
  wrong.Next();
  EXPECT_EQ(wrong.End(), "VALIDATION_ERROR open WRONG_TYPE");
  // Nor is a row refused that the body does not make: of what is wrong with it, the shape alone is told.
  for (auto [body, told] :
       {std::pair(R"({"open": false, "colour": 1})", "VALIDATION_ERROR colour UNKNOWN_FIELD"),
        std::pair(R"({"open": false, "noteId": "x"})", "VALIDATION_ERROR noteId WRONG_TYPE"),
        std::pair(R"({"open": false, "note": 1})", "VALIDATION_ERROR note UNKNOWN_FIELD"),
        std::pair(R"({"open": false, "createdAt": null, "x": 1})", "VALIDATION_ERROR x UNKNOWN_FIELD"),
        std::pair(R"({"open": false, "version": 3})", "FORBIDDEN: createPage of such a row is not allowed")}) {
    Steps misshapen = Create("Page", world_.ann, body);
    misshapen.Next();
    EXPECT_EQ(misshapen.End(), told) << body;
  }
  Steps moved(world_, world_.Make(OperationKind::kUpdate, "Page", "1", R"({"open": false})"), world_.ann);
  EXPECT_THAT(moved.Next(), ElementsAre("Page {*} flags true where (id == 1) limit 1"));
  EXPECT_THAT(moved.Next(moved.Rows({R"({"id": 1, "version": 1, "open": true, "flags": [true]})"})), IsEmpty());
  EXPECT_EQ(moved.End(), "FORBIDDEN: updatePage of such a row is not allowed");
}

TEST_F(WriteTest, RefusalsComeInOrder) {
  // 403 of a field, then 412, then 422, then what the store says.
  call::Call call = Patch(R"({"secret": "x", "rank": 0})");
  call.preconditions.if_match = true;
  call.preconditions.if_match_versions = {3};
  Steps denied(world_, call, world_.ann);
  denied.Next();
  denied.Next(denied.Rows({kRow}));
  EXPECT_EQ(denied.End(), "FORBIDDEN: field 'secret' is not allowed here");
  call.body = json::Parse(R"({"rank": 0})").value();
  Steps stale(world_, call, world_.ann);
  stale.Next();
  stale.Next(stale.Rows({kRow}));
  EXPECT_EQ(stale.End(), "PRECONDITION_FAILED: the row has changed since");
  call.preconditions.if_match_versions = {3, 4};
  Steps wrong(world_, call, world_.ann);
  wrong.Next();
  wrong.Next(wrong.Rows({kRow}));
  EXPECT_EQ(wrong.End(), "VALIDATION_ERROR rank TOO_SMALL");
  call.body = json::Parse(R"({"title": "new"})").value();
  Steps taken(world_, call, world_.ann);
  taken.Next();
  taken.Next(taken.Rows({kRow}));
  EXPECT_THAT(taken.Next(Taken("Note", {"ownerId", "title"}), Written{1, {}}), IsEmpty());
  EXPECT_EQ(taken.End(), "CONFLICT ownerId UNIQUE, title UNIQUE");
}

TEST_F(WriteTest, PreconditionsAreOfTheVersion) {
  auto end = [&](auto change) {
    call::Call call = Patch(R"({"rank": 5})");
    change(call.preconditions);
    Steps steps(world_, call, world_.ann);
    steps.Next();
    return steps.Next(steps.Rows({kRow})).empty() ? steps.End() : "goes on";
  };
  EXPECT_EQ(end([](call::Preconditions&) {}), "goes on");
  EXPECT_EQ(end([](call::Preconditions& wanted) { wanted.if_match = wanted.if_match_any = true; }), "goes on");
  EXPECT_EQ(end([](call::Preconditions& wanted) { wanted.if_match = true; }),
            "PRECONDITION_FAILED: the row has changed since");
  EXPECT_EQ(end([](call::Preconditions& wanted) { wanted.if_none_match_any = true; }),
            "PRECONDITION_FAILED: the row is there already");
}

TEST_F(WriteTest, IfMatchMayBeRequired) {
  call::Call call = world_.Make(OperationKind::kUpdate, "Tag", "1", R"({"word": "b"})");
  for (const call::Caller* caller : {&world_.staff, &world_.boss}) {
    Steps steps(world_, call, *caller);
    steps.Next();
    steps.Next(steps.Rows({R"({"id": 1, "version": 4, "word": "a", "flags": [true]})"}));
    if (caller->is_operator()) {
      EXPECT_THAT(world_.Tell(steps.at(0)), StartsWith("update Tag 1: word 'b'"));
    } else {
      EXPECT_EQ(steps.End(), "PRECONDITION_REQUIRED: a change of this row needs If-Match");
    }
  }
}

TEST_F(WriteTest, AChangeThatTheStoreRefusesIsRefused) {
  Steps steps(world_, Patch(R"({"rank": 6})"), world_.ann);
  steps.Next();
  steps.Next(steps.Rows({kRow}));
  steps.Next(Checked(), Written{1, {}});
  EXPECT_THAT(steps.End(), StartsWith("VALIDATION_ERROR"));
}

TEST_F(WriteTest, AReplacementCreatesWhatIsNotThereUnderTheIdOfTheAddress) {
  Steps steps(world_, Put("Box", "a", R"({"label": "x"})"), world_.staff);
  EXPECT_THAT(steps.Next(), ElementsAre("Box {*} flags true where (id == 'a') limit 1"));
  EXPECT_THAT(steps.Next(steps.Rows({})),
              ElementsAre("insert Box: id 'a', version 1, createdAt now, updatedAt now, label 'x'"));
  EXPECT_THAT(steps.Next(Written{1, {}}), IsEmpty());
  EXPECT_TRUE(steps.Take()->created);
  Steps other(world_, Put("Box", "a", R"({"id": "b"})"), world_.staff);
  other.Next();
  other.Next(other.Rows({}));
  EXPECT_EQ(other.End(), "VALIDATION_ERROR id READ_ONLY");
}

TEST_F(WriteTest, AReplacementCreatesNothingForWhoMayNotCreateNorUnderAnIdThatIsCountedUp) {
  Steps kinds(world_, Put("Kinds", World::kAnn, "{}"), world_.staff);
  kinds.Next();
  EXPECT_THAT(kinds.Next(kinds.Rows({})), IsEmpty());
  EXPECT_EQ(kinds.End(), "NOT_FOUND: there is no such row");
  Steps shelf(world_, Put("Shelf", "1", R"({"name": "a"})"), world_.staff);
  shelf.Next();
  EXPECT_THAT(shelf.Next(shelf.Rows({})), IsEmpty());
  EXPECT_EQ(shelf.End(), "NOT_FOUND: there is no such row");
}

TEST_F(WriteTest, AReplacementOfARowThatTheCallerMayNotReadIsNotFound) {
  Steps steps(world_, Put("Box", "a", "{}"), world_.staff);
  steps.Next();
  steps.Next(steps.Rows({}));
  steps.Next(Taken("Box", {"id"}));
  EXPECT_EQ(steps.End(), "NOT_FOUND: there is no such row");
}

TEST_F(WriteTest, AReplacementThatExpectsARowCreatesNone) {
  call::Call call = Put("Box", "a", "{}");
  call.preconditions.if_match = true;
  call.preconditions.if_match_any = true;
  Steps steps(world_, call, world_.staff);
  steps.Next();
  EXPECT_THAT(steps.Next(steps.Rows({})), IsEmpty());
  EXPECT_EQ(steps.End(), "PRECONDITION_FAILED: there is no such row");
}

TEST_F(WriteTest, ARunMayStartAgain) {
  Steps steps(world_, Patch(R"({"rank": 0})"), world_.ann);
  std::vector<std::string> first = steps.Next();
  steps.Next(steps.Rows({kRow}));
  steps.Restart();
  EXPECT_EQ(steps.Next(), first);
  EXPECT_THAT(steps.Next(steps.Rows({})), IsEmpty());
  EXPECT_EQ(steps.End(), "NOT_FOUND: there is no such row");
  Steps made = Create("Shelf", world_.staff, R"({"name": "a"})");
  first = made.Next();
  made.Next(Taken("Shelf", {"name"}));
  made.Restart();
  EXPECT_EQ(made.Next(), first);
  EXPECT_THAT(made.Next(Written{1, int64_t{3}}), IsEmpty());
  EXPECT_EQ(made.End(), "");
}

}  // namespace
}  // namespace ashlar::plan
