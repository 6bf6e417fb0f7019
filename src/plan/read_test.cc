// SPDX-License-Identifier: Apache-2.0
// Lists and gets: what is asked of the store, and what becomes of its answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

using model::OperationKind;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ReadTest : public testing::Test {
 protected:
  std::vector<std::string> First(const call::Call& call, const call::Caller& caller) const {
    return Steps(world_, call, caller).Next();
  }
  call::Call List(std::string_view resource) const { return world_.Make(OperationKind::kList, resource); }
  call::Call Get(std::string_view resource, std::string_view id) const {
    return world_.Make(OperationKind::kGet, resource, id);
  }
  static call::Condition Where(std::vector<std::string> path, call::Operator op, std::vector<std::string> values) {
    return {fmt::format("{}", fmt::join(path, ".")), std::move(path), op, std::move(values)};
  }
  World world_;
};

TEST_F(ReadTest, AListAsksForTheCallersRowsAndFields) {
  EXPECT_THAT(
      First(List("Note"), world_.ann),
      ElementsAre("Note {id version createdAt updatedAt deletedAt ownerId title rank size mood tags data shelfId} "
                  "flags (ownerId == ann) where (ownerId == ann) by id limit 6",
                  "count Note where (ownerId == ann)"));
  EXPECT_THAT(First(List("Note"), world_.staff)[0], "Note {*} flags (ownerId == null) where true by id limit 6");
  EXPECT_THAT(First(List("Note"), world_.boss)[0], "Note {*} where true by id limit 6");
}

TEST_F(ReadTest, AGetAsksForTheRowUnderItsRule) {
  EXPECT_THAT(First(Get("Note", "7"), world_.bob),
              ElementsAre("Note {id version createdAt updatedAt deletedAt ownerId title rank size mood tags data "
                          "shelfId} flags (ownerId == bob) where ((id == 7) && (ownerId == bob)) limit 1"));
  EXPECT_THAT(First(Get("Stamp", "a,2"), world_.nobody),
              ElementsAre("Stamp {*} where ((boxId == 'a') && (number == 2)) limit 1"));
}

TEST_F(ReadTest, ARowThatIsNotThereIsNotFound) {
  Steps steps(world_, Get("Note", "7"), world_.ann);
  steps.Next();
  EXPECT_THAT(steps.Next(steps.Rows({})), IsEmpty());
  EXPECT_EQ(steps.End(), "NOT_FOUND: there is no such row");
}

TEST_F(ReadTest, MasksStandBehindTheFieldsAndShapeTheAnswer) {
  Steps steps(world_, Get("Note", "7"), world_.ann);
  steps.Next();
  steps.Next(steps.Rows({R"({"id": 7, "version": 4, "flags": [true]})"}));
  auto outcome = steps.Take().value();
  EXPECT_EQ(outcome.id, "7");
  EXPECT_EQ(outcome.version, 4);
  EXPECT_TRUE(outcome.shaped);
  EXPECT_THAT(Shown(world_, outcome.rows), Not(Contains("secret")));
  EXPECT_THAT(Shown(world_, outcome.rows), Not(Contains("code")));
  for (const call::RowSet::Column& column : outcome.rows.columns) {
    bool guarded = world_.resource("Note").field(column.field).name == "mood";
    EXPECT_EQ(column.mask, guarded ? 13 : -1);
  }
}

TEST_F(ReadTest, AFullRowIsNotShaped) {
  Steps steps(world_, Get("Shelf", "1"), world_.ann);
  steps.Next();
  steps.Next(steps.Rows({R"({"id": 1, "version": 2})"}));
  EXPECT_FALSE(steps.Take()->shaped);
}

TEST_F(ReadTest, NamedFieldsAreAskedForWithTheKeyAndTheVersion) {
  call::Call get = Get("Note", "7");
  get.selection.fields = {"title", "mood"};
  Steps steps(world_, get, world_.ann);
  EXPECT_THAT(steps.Next(), ElementsAre("Note {title mood id version} flags (ownerId == ann) "
                                        "where ((id == 7) && (ownerId == ann)) limit 1"));
  steps.Next(steps.Rows({R"({"id": 7, "version": 1, "title": "a", "flags": [true]})"}));
  EXPECT_THAT(Shown(world_, steps.Take()->rows), ElementsAre("title", "mood"));
  get.selection.fields = {"title", "secret"};
  EXPECT_THAT(First(get, world_.ann), ElementsAre("FORBIDDEN: field 'secret' is not allowed here"));
  get.selection.fields = {"title", "title"};
  EXPECT_THAT(First(get, world_.ann), ElementsAre("INVALID_QUERY: 'fields' names 'title' twice"));
}

TEST_F(ReadTest, ACompositeIdIsShownWhereItIsAskedFor) {
  call::Call get = Get("Stamp", "a,2");
  for (bool asked : {true, false}) {
    get.selection.fields = {asked ? "id" : "number"};
    Steps steps(world_, get, world_.ann);
    steps.Next();
    steps.Next(steps.Rows({R"({"boxId": "a", "number": 2, "version": 1})"}));
    EXPECT_EQ(steps.Take()->rows.shows_key, asked);
  }
}

TEST_F(ReadTest, GuardedFieldsAreUntouchableInEveryClause) {
  for (const char* name : {"mood", "secret", "code"}) {
    std::string refused = fmt::format("FORBIDDEN: field '{}' is not allowed here", name);
    call::Call list = List("Note");
    list.sort = {{name, true}};
    EXPECT_THAT(First(list, world_.ann), ElementsAre(refused));
    list = List("Note");
    list.filter = fmt::format("true || {} == 'x'", name);
    EXPECT_THAT(First(list, world_.ann), ElementsAre(refused));
    list = List("Note");
    list.where = {Where({name}, call::Operator::kEq, {"x"})};
    EXPECT_THAT(First(list, world_.ann), ElementsAre(refused));
    list = List("Shelf");
    list.where = {Where({"notes", name}, call::Operator::kIsNull, {"true"})};
    EXPECT_THAT(First(list, world_.ann), ElementsAre(refused));
    list.where = {};
    list.filter = fmt::format("notes.exists(n, has(n.{}))", name);
    EXPECT_THAT(First(list, world_.ann), ElementsAre(refused));
  }
}

TEST_F(ReadTest, ARelationIsCrossedOnlyByWhoReadsTheKeyThatMakesIt) {
  const std::vector<std::string> refused = {"FORBIDDEN: field 'shelfId' is not allowed here"};
  call::Call loans = List("Loan");
  call::Call shelves = List("Shelf");
  loans.where = {Where({"shelf", "name"}, call::Operator::kEq, {"a"})};
  shelves.where = {Where({"loans", "until"}, call::Operator::kEq, {"a"})};
  EXPECT_EQ(First(loans, world_.ann), refused);
  EXPECT_EQ(First(shelves, world_.ann), refused);
  EXPECT_THAT(First(shelves, world_.staff)[0], HasSubstr("loans.exists("));
  loans = List("Loan");
  shelves = List("Shelf");
  loans.filter = "shelf.name == 'a'";
  shelves.filter = "loans.size() > 0";
  EXPECT_EQ(First(loans, world_.ann), refused);
  EXPECT_EQ(First(shelves, world_.ann), refused);
  EXPECT_THAT(First(loans, world_.staff)[0], HasSubstr("(shelf.name == 'a')"));
  loans = List("Loan");
  shelves = List("Shelf");
  loans.selection.includes = {{"shelf", "shelf", {}}};
  shelves.selection.includes = {{"loans", "loans", {}}};
  EXPECT_EQ(First(loans, world_.ann), refused);
  EXPECT_EQ(First(shelves, world_.ann), refused);
  EXPECT_THAT(First(shelves, world_.staff)[0], HasSubstr("Shelf {*}"));
}

TEST_F(ReadTest, FiltersStandBesideTheRuleAndSeeOnlyWhatTheCallerMayList) {
  call::Call list = List("Note");
  list.paging.total = false;
  list.filter = "shelf.name == 'a' || rank > size";
  list.where = {Where({"shelf", "notes", "title"}, call::Operator::kStartsWith, {"b"}),
                Where({"rank"}, call::Operator::kNin, {"1", "2"})};
  EXPECT_THAT(First(list, world_.ann)[0],
              HasSubstr(" where ((ownerId == ann) && "
                        "((shelf[$2 if !($2.hidden)].notes[$3 if ($3.ownerId == ann)]"
                        ".exists($1, startsWith($1.title, 'b')) && !((rank in [1, 2]))) && "
                        "((shelf[$4 if !($4.hidden)].name == 'a') || (rank > size)))) by id"));
  EXPECT_THAT(First(list, world_.staff)[0],
              HasSubstr(" where ((shelf.notes.exists($1, startsWith($1.title, 'b')) && !((rank in [1, 2]))) && "
                        "((shelf.name == 'a') || (rank > size))) by id"));
}

TEST_F(ReadTest, IncludesAreOneStatementEachUnderTheTargetsRule) {
  call::Call list = List("Shelf");
  list.paging.total = false;
  list.selection.includes = {{"boxes", "boxes", {}},
                             {"notes", "notes", {{"title"}, {{"shelf", "shelf", {{"name"}, {}}}}}}};
  Steps steps(world_, list, world_.ann);
  EXPECT_THAT(steps.Next(), ElementsAre("Shelf {*} where !(hidden) by id limit 21"));
  EXPECT_THAT(steps.Next(steps.Rows({R"({"id": 1, "version": 1})", R"({"id": 2, "version": 1})"})),
              ElementsAre("Box {*} where true among 1, 2 of shelfId 101 each by id limit 10003",
                          "Note {title shelfId id version} where (ownerId == ann) among 1, 2 of shelfId 101 each by id "
                          "limit 10003"));
  Answer boxes = world_.RowsFor(steps.at(0), {R"({"id": "x", "version": 1, "shelfId": 2})"});
  Answer notes = world_.RowsFor(steps.at(1), {R"({"id": 5, "version": 1, "shelfId": 2})"});
  // A to-one include is a read by id.
  EXPECT_THAT(steps.Next(std::move(boxes), std::move(notes)),
              ElementsAre("Shelf {name id version} where true among 2 of id by id limit 10002"));
  EXPECT_THAT(steps.Next(steps.Rows({R"({"id": 2, "version": 1})"})), IsEmpty());
  auto outcome = steps.Take().value();
  ASSERT_EQ(outcome.rows.included.size(), 2u);
  EXPECT_THAT(outcome.rows.included[0].of_parent, ElementsAre(IsEmpty(), ElementsAre(0u)));
  EXPECT_THAT(outcome.rows.included[1].of_parent, ElementsAre(IsEmpty(), ElementsAre(0u)));
  EXPECT_EQ(outcome.rows.included[1].set.included[0].of_parent[0].size(), 1u);
}

TEST_F(ReadTest, AnIncludeThatTheCallerMayNeverSeeIsNotAskedFor) {
  call::Call note = Get("Note", "1");
  note.selection.includes = {{"owner", "owner", {}}};
  Steps steps(world_, note, world_.ann);
  steps.Next();
  Answer row = steps.Rows({fmt::format(R"({{"id": 1, "version": 1, "ownerId": "{}"}})", World::kAnn)});
  EXPECT_THAT(steps.Next(std::move(row)), IsEmpty());
  auto outcome = steps.Take().value();
  ASSERT_EQ(outcome.rows.included.size(), 1u);
  EXPECT_EQ(outcome.rows.included[0].key, "owner");
  EXPECT_TRUE(outcome.rows.included[0].of_parent[0].empty());
}

TEST_F(ReadTest, IncludesHaveADepthAndNames) {
  call::Selection deepest;
  call::Selection third{{}, {{"notes", "notes", deepest}}};
  call::Selection second{{}, {{"shelf", "shelf", third}}};
  call::Call list = List("Shelf");
  list.selection.includes = {{"notes", "notes", second}};
  EXPECT_THAT(First(list, world_.ann), Contains(HasSubstr("Shelf {*}")));
  list.selection.includes[0].selection.includes[0].selection.includes[0].selection.includes = {{"shelf", "shelf", {}}};
  EXPECT_THAT(First(list, world_.ann), ElementsAre("INVALID_QUERY: 'include': 'notes.shelf.notes.shelf' is more than 3 "
                                                   "relations deep"));
  list.selection.includes = {{"nots", "nots", {}}};
  EXPECT_THAT(First(list, world_.ann),
              ElementsAre("INVALID_QUERY: 'include': 'nots': Shelf has no relation 'nots' (did you mean 'notes'?)"));
}

TEST_F(ReadTest, AToManyIncludeStopsAtAHundredAndSaysSo) {
  call::Call get = Get("Shelf", "1");
  get.selection.includes = {{"boxes", "boxes", {{"label"}, {}}}};
  Steps steps(world_, get, world_.ann);
  steps.Next();
  steps.Next(steps.Rows({R"({"id": 1, "version": 1})"}));
  const Query& query = std::get<Query>(steps.at(0));
  types::Rows rows(query.fields.size());
  for (int i = 0; i < 101; ++i) {
    for (FieldId field : query.fields) {
      const std::string& name = world_.resource("Box").field(field).name;
      if (name == "id") {
        ASSERT_TRUE(rows.AppendText(std::to_string(i)));
      } else {
        rows.AppendInteger(1);
      }
    }
  }
  steps.Next(std::move(rows));
  auto outcome = steps.Take().value();
  EXPECT_EQ(outcome.rows.included[0].of_parent[0].size(), 100u);
  EXPECT_THAT(outcome.rows.included[0].more, ElementsAre(0u));
}

TEST_F(ReadTest, PagesAreCountedUnlessThatIsSwitchedOff) {
  call::Call list = List("Note");
  list.paging.page = 3;
  list.paging.per_page = 2;
  Steps steps(world_, list, world_.staff);
  EXPECT_THAT(steps.Next(), ElementsAre(HasSubstr(" by id from 4 limit 3"), "count Note where true"));
  Answer page = steps.Rows({R"({"id": 1, "version": 1})", R"({"id": 2, "version": 1})", R"({"id": 3, "version": 1})"});
  steps.Next(std::move(page), Numbers({9}));
  auto outcome = steps.Take().value();
  EXPECT_EQ(outcome.rows.rows.size(), 2u);
  EXPECT_EQ(outcome.page->total, 9);
  EXPECT_EQ(outcome.page->page, 3);
  EXPECT_EQ(outcome.page->per_page, 2);
  EXPECT_TRUE(outcome.page->has_next);
  EXPECT_FALSE(outcome.page->next.has_value());
  list.paging.total = false;
  EXPECT_EQ(First(list, world_.staff).size(), 1u);
}

TEST_F(ReadTest, DeletedRowsAreShownUnderTheRuleOfRestore) {
  call::Call list = List("Note");
  list.deleted = call::Deleted::kOnly;
  EXPECT_THAT(
      First(list, world_.ann),
      ElementsAre(HasSubstr("where ((ownerId == ann) && ((deletedAt == null) || (ownerId == ann))) deleted only"),
                  "count Note where ((ownerId == ann) && ((deletedAt == null) || (ownerId == ann))) "
                  "deleted too"));
}

TEST_F(ReadTest, AnOrderEndsWithTheKey) {
  call::Call list = List("Note");
  list.sort = {{"rank", true}, {"title", false}};
  EXPECT_THAT(First(list, world_.staff)[0], HasSubstr(" by -rank title id limit"));
  list.sort = {{"id", true}};
  EXPECT_THAT(First(list, world_.staff)[0], HasSubstr(" by -id limit"));
  list.sort = {{"rank"}, {"rank", true}};
  EXPECT_THAT(First(list, world_.staff), ElementsAre("INVALID_QUERY: 'sort' names 'rank' twice"));
  list.sort = {{"tags"}};
  EXPECT_THAT(First(list, world_.staff),
              ElementsAre("INVALID_QUERY: 'sort': 'tags' is [string] and cannot be sorted by"));
}

TEST_F(ReadTest, ACompositeIdIsSortedByWhereItIsNamed) {
  call::Call list = List("Stamp");
  EXPECT_THAT(First(list, world_.ann)[0], HasSubstr(" by boxId number limit"));
  list.sort = {{"id", true}, {"createdAt", false}};
  EXPECT_THAT(First(list, world_.ann)[0], HasSubstr(" by -boxId -number createdAt limit"));
  list.sort = {{"createdAt", false}, {"id", true}};
  EXPECT_THAT(First(list, world_.ann)[0], HasSubstr(" by createdAt -boxId -number limit"));
  list.sort = {{"number", true}, {"id", false}};
  EXPECT_THAT(First(list, world_.ann)[0], HasSubstr(" by -number boxId limit"));
  list.sort = {{"id", true}, {"id", false}};
  EXPECT_THAT(First(list, world_.ann), ElementsAre("INVALID_QUERY: 'sort' names 'id' twice"));
}

}  // namespace
}  // namespace ashlar::plan
