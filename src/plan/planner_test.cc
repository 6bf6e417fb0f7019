// SPDX-License-Identifier: Apache-2.0
// Who is refused, as what, and in which order (contract.md, Access).
#include "plan/planner.h"

#include <gtest/gtest.h>

#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

using model::OperationKind;

constexpr OperationKind kById[] = {OperationKind::kGet,    OperationKind::kUpdate,  OperationKind::kReplace,
                                   OperationKind::kDelete, OperationKind::kRestore, OperationKind::kHistory};

class PlannerTest : public testing::Test {
 protected:
  // The refusal that needs no row, told; "" if a plan is made.
  std::string Refusal(const call::Call& call, const call::Caller& caller) const {
    auto plan = world_.MakePlan(call, caller);
    return plan ? "" : Told(plan.error());
  }
  std::string CodeOf(const call::Call& call, const call::Caller& caller) const {
    auto plan = world_.MakePlan(call, caller);
    return plan ? "" : std::string(call::RowOf(plan.error().code).name);
  }
  World world_;
};

TEST_F(PlannerTest, WhoMayNeverIsRefusedBeforeAnyStatement) {
  for (const char* id : {"1", "no id at all"}) {
    for (OperationKind kind : kById) {
      EXPECT_EQ(CodeOf(world_.Make(kind, "Note", id, "{}"), world_.nobody), "UNAUTHENTICATED") << model::NameOf(kind);
    }
    EXPECT_EQ(Refusal(world_.Make(OperationKind::kDelete, "Box", id), world_.ann),
              "FORBIDDEN: deleteBox is not allowed");
  }
  EXPECT_EQ(Refusal(world_.Make(OperationKind::kList, "Note"), world_.nobody),
            "UNAUTHENTICATED: listNotes needs a credential");
  EXPECT_EQ(CodeOf(world_.Make(OperationKind::kCreate, "Note", "", "{}"), world_.nobody), "UNAUTHENTICATED");
}

TEST_F(PlannerTest, WhatHasNoRuleIsNobodys) {
  for (const call::Caller* caller : {&world_.ann, &world_.staff}) {
    EXPECT_EQ(CodeOf(world_.Make(OperationKind::kList, "Closed"), *caller), "FORBIDDEN");
    EXPECT_EQ(CodeOf(world_.Make(OperationKind::kCreate, "Closed", "", "{}"), *caller), "FORBIDDEN");
    EXPECT_EQ(CodeOf(world_.Make(OperationKind::kList, "User"), *caller), "FORBIDDEN");
  }
  EXPECT_EQ(CodeOf(world_.Make(OperationKind::kList, "Closed"), world_.boss), "");
}

TEST_F(PlannerTest, AReplacementIsRefusedOnlyToWhoMayNeitherUpdateNorCreate) {
  EXPECT_EQ(CodeOf(world_.Make(OperationKind::kReplace, "Box", "a", "{}"), world_.ann), "FORBIDDEN");
  EXPECT_EQ(CodeOf(world_.Make(OperationKind::kReplace, "Box", "a", "{}"), world_.staff), "");
  EXPECT_EQ(CodeOf(world_.Make(OperationKind::kReplace, "Note", "1", "{}"), world_.staff), "");
}

TEST_F(PlannerTest, TheOperatorsOwnOperationsAreNotThereForOthers) {
  call::Call create = world_.Make(OperationKind::kCreate, "User", "", R"({"email": "a@example.org"})");
  EXPECT_EQ(CodeOf(create, world_.staff), "ROUTE_NOT_FOUND");
  EXPECT_EQ(CodeOf(create, world_.nobody), "ROUTE_NOT_FOUND");
  EXPECT_EQ(CodeOf(create, world_.boss), "");
}

TEST_F(PlannerTest, TheFormIsJudgedBehindTheRuleAndBeforeTheRow) {
  for (OperationKind kind : {OperationKind::kGet, OperationKind::kUpdate, OperationKind::kDelete}) {
    call::Call call = world_.Make(kind, "Note", "no id", "{}");
    EXPECT_EQ(CodeOf(call, world_.ann), "NOT_FOUND");
    call.malformed = call::ApiError{call::Code::kUnsupportedMediaType, "x", {}};
    EXPECT_EQ(CodeOf(call, world_.ann), "UNSUPPORTED_MEDIA_TYPE");
    EXPECT_EQ(CodeOf(call, world_.nobody), "UNAUTHENTICATED");
  }
  call::Call create = world_.Make(OperationKind::kCreate, "Shelf");
  create.malformed = call::ApiError{call::Code::kMalformedJson, "x", {}};
  EXPECT_EQ(CodeOf(create, world_.ann), "FORBIDDEN");
  EXPECT_EQ(CodeOf(create, world_.staff), "MALFORMED_JSON");
}

TEST_F(PlannerTest, AWrongQueryIsToldBeforeAnAbsentRow) {
  call::Call get = world_.Make(OperationKind::kGet, "Note", "no id");
  get.selection.fields = {"titel"};
  EXPECT_EQ(CodeOf(get, world_.ann), "INVALID_QUERY");
  for (OperationKind kind : {OperationKind::kGet, OperationKind::kUpdate, OperationKind::kDelete}) {
    call::Call call = world_.Make(kind, "Note", "no id");
    call.malformed = call::ApiError{call::Code::kInvalidQuery, "'foo' is not a parameter of this operation", {}};
    EXPECT_EQ(Refusal(call, world_.ann), "INVALID_QUERY: 'foo' is not a parameter of this operation");
  }
  call::Call history = world_.Make(OperationKind::kHistory, "Note", "no id");
  history.paging.per_page = 51;
  EXPECT_EQ(Refusal(history, world_.ann), "INVALID_QUERY: 'perPage' must be from 1 to 50");
}

TEST_F(PlannerTest, EverythingThatIsWrongWithAQueryIsToldAtOnceAndBeforeWhatIsForbidden) {
  call::Call list = world_.Make(OperationKind::kList, "Note");
  list.selection.fields = {"titel"};
  list.sort = {{"secret"}, {"rnak"}};
  list.where = {{"colour[eq]", {"colour"}, call::Operator::kEq, {"red"}},
                {"limit", {"limit"}, call::Operator::kEq, {"3"}}};
  list.malformed = call::ApiError{call::Code::kInvalidQuery, "'total' must be true or false", {}};
  list.filter = "titl == 'x'";
  list.paging.page = 0;
  EXPECT_EQ(Refusal(list, world_.ann),
            "INVALID_QUERY: 'total' must be true or false; "
            "'fields': Note has no field 'titel' (did you mean 'title'?); "
            "'sort': Note has no field 'rnak' (did you mean 'rank'?); "
            "'filter' at 1: there is no name 'titl' (did you mean 'title'?); "
            "'colour[eq]': Note has no field 'colour'; "
            "'limit': Note has no field 'limit' (did you mean the parameter 'perPage'?); "
            "'page' must be from 1 to 1000000");
  list = world_.Make(OperationKind::kList, "Note");
  list.sort = {{"secret"}};
  EXPECT_EQ(Refusal(list, world_.ann), "FORBIDDEN: field 'secret' is not allowed here");
}

TEST_F(PlannerTest, PagesHaveBounds) {
  call::Call list = world_.Make(OperationKind::kList, "Note");
  for (int64_t per_page : {0, -1, 51}) {
    list.paging.per_page = per_page;
    EXPECT_EQ(Refusal(list, world_.ann), "INVALID_QUERY: 'perPage' must be from 1 to 50");
  }
  list.paging.per_page = 50;
  list.paging.page = 1'000'000;
  EXPECT_EQ(Refusal(list, world_.ann), "");
  list.paging.page = 1'000'001;
  EXPECT_EQ(CodeOf(list, world_.ann), "INVALID_QUERY");
}

TEST_F(PlannerTest, DeletedRowsAreForWhoMayRestoreThem) {
  call::Call list = world_.Make(OperationKind::kList, "Note");
  list.deleted = call::Deleted::kWith;
  EXPECT_EQ(Refusal(list, world_.ann), "");
  list = world_.Make(OperationKind::kList, "Page");
  list.deleted = call::Deleted::kWith;
  EXPECT_EQ(Refusal(list, world_.ann), "FORBIDDEN: listing deleted rows is not allowed");
  EXPECT_EQ(Refusal(list, world_.staff), "");
  list = world_.Make(OperationKind::kList, "Shelf");
  list.deleted = call::Deleted::kOnly;
  EXPECT_EQ(Refusal(list, world_.staff), "INVALID_QUERY: 'deleted': Shelf has no soft delete");
}

TEST_F(PlannerTest, AnIdHasOneSpelling) {
  for (const char* id : {"01", "+1", "1.0", "", "x", "history"}) {
    EXPECT_EQ(CodeOf(world_.Make(OperationKind::kGet, "Note", id), world_.ann), "NOT_FOUND") << id;
  }
  EXPECT_EQ(CodeOf(world_.Make(OperationKind::kGet, "Note", "1"), world_.ann), "");
  EXPECT_EQ(CodeOf(world_.Make(OperationKind::kGet, "Stamp", "a"), world_.ann), "NOT_FOUND");
  EXPECT_EQ(CodeOf(world_.Make(OperationKind::kGet, "Stamp", "a,1"), world_.ann), "");
}

TEST_F(PlannerTest, OnlyWhatChangesWrites) {
  for (OperationKind kind : kById) {
    Steps steps(world_, world_.Make(kind, "Note", "1", "{}"), world_.ann);
    ASSERT_TRUE(steps.planned());
    EXPECT_EQ(steps.writes(), kind != OperationKind::kGet && kind != OperationKind::kHistory);
  }
  EXPECT_FALSE(Steps(world_, world_.Make(OperationKind::kList, "Note"), world_.ann).writes());
  EXPECT_TRUE(Steps(world_, world_.Make(OperationKind::kCreate, "Note", "", "{}"), world_.ann).writes());
}

}  // namespace
}  // namespace ashlar::plan
