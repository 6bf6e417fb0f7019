// SPDX-License-Identifier: Apache-2.0
// What a body makes of a row, and all that is wrong with it.
#include "plan/draft.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A draft and what it keeps references to.
struct Written {
  Written(const World& world, std::string_view resource, Draft::Mode mode, const call::Caller& caller,
          std::string_view body, const Values* stored)
      : of(world.resource(resource)),
        rules(world.service(), caller, World::kNow),
        draft(of, rules, mode, stored),
        world_(world),
        body_(json::Parse(body).value()) {
    draft.ReadBody(body_);
    draft.Complete();
  }
  std::string Errors() {
    draft.Check();
    auto errors = draft.Errors();
    return errors ? Told(*errors) : "";
  }
  std::string operator[](std::string_view name) const { return world_.Tell(draft.row()[of.FindField(name).index()]); }

  const model::Resource& of;
  Rules rules;
  Draft draft;

 private:
  const World& world_;
  json::Json body_;
};

class DraftTest : public testing::Test {
 protected:
  Written Create(std::string_view body) const { return Create("Note", world_.ann, body); }
  Written Create(std::string_view resource, const call::Caller& caller, std::string_view body) const {
    return Written(world_, resource, Draft::Mode::kCreate, caller, body, nullptr);
  }
  Written Merge(std::string_view body) const { return Merge(world_.ann, body); }
  Written Merge(const call::Caller& caller, std::string_view body) const {
    return Written(world_, "Note", Draft::Mode::kMerge, caller, body, &stored_);
  }
  Written Replace(const call::Caller& caller, std::string_view body) const {
    return Written(world_, "Note", Draft::Mode::kReplace, caller, body, &stored_);
  }
  Values Stored(std::string_view resource, std::string_view text) const {
    const model::Resource& of = world_.resource(resource);
    Query query;
    query.resource = of.id;
    for (size_t i = 0; i < of.fields.size(); ++i) query.fields.push_back(FieldId{static_cast<uint32_t>(i)});
    auto rows = std::get<types::Rows>(world_.RowsFor(query, {text}));
    Values values;
    for (size_t i = 0; i < of.fields.size(); ++i) values.push_back(of.fields[i].type->ToValue(rows.at(0, i)));
    return values;
  }

  World world_;
  Values stored_ = Stored("Note", R"({
      "id": 7, "version": 4, "createdAt": "2020-01-01T00:00:00Z", "updatedAt": "2020-01-01T00:00:00Z",
      "ownerId": "0190a000-0000-7000-8000-00000000000a", "title": "old", "rank": 5, "size": 2, "code": "c",
      "secret": "s", "mood": "m", "tags": ["t"], "data": {"a": {"b": 1}, "c": 2}})");
};

TEST_F(DraftTest, ACreationTakesDefaults) {
  Written made = Create(R"({"title": "a"})");
  EXPECT_EQ(made.Errors(), "");
  EXPECT_EQ(made["title"], "'a'");
  EXPECT_EQ(made["ownerId"], "ann");
  EXPECT_EQ(made["rank"], "3");
  EXPECT_EQ(made["tags"], "[]");
  EXPECT_EQ(made["mood"], "null");
  Written other = Create(R"({"title": "a", "rank": 7, "tags": ["x"]})");
  EXPECT_EQ(other["rank"], "7");
  EXPECT_EQ(other["tags"], "['x']");
}

TEST_F(DraftTest, AllErrorsOfAllFieldsComeAtOnce) {
  EXPECT_EQ(
      Create(R"({"titel": 1, "rank": 0, "size": "1", "tags": ["a", 1, null], "shelfId": "x", "data": null})").Errors(),
      "VALIDATION_ERROR titel UNKNOWN_FIELD, rank TOO_SMALL, size WRONG_TYPE, tags[1] WRONG_TYPE, tags[2] NULL, "
      "shelfId WRONG_TYPE, title REQUIRED");
  EXPECT_EQ(Create(R"({"title": "longer than twenty letters", "rank": null})").Errors(),
            "VALIDATION_ERROR title TOO_LONG, rank NULL");
}

TEST_F(DraftTest, ABodyIsAnObject) {
  for (const char* body : {"[]", "1", "null", R"("x")"}) {
    EXPECT_EQ(Create(body).Errors(), "VALIDATION_ERROR  WRONG_TYPE") << body;
  }
}

TEST_F(DraftTest, UnknownNamesSayWhatIsMeant) {
  auto message = [&](std::string_view body) { return Create(body).draft.Errors()->details[0].message; };
  EXPECT_EQ(message(R"({"colour": 1, "title": "a"})"), "is not a field of Note");
  EXPECT_EQ(message(R"({"shelf": 1, "title": "a"})"), "is not a field of Note; give 'shelfId'");
  EXPECT_EQ(Create("Shelf", world_.staff, R"({"name": "a", "notes": []})").draft.Errors()->details[0].message,
            "is a to-many relation and is not written through its parent");
}

TEST_F(DraftTest, OfManyUnknownNamesAHundredAreTold) {
  std::string body = R"({"title": "a")";
  for (int i = 0; i < 1000; ++i) body += fmt::format(R"(, "titl{}": 1)", i);
  auto errors = Create(body + "}").draft.Errors();
  ASSERT_EQ(errors->details.size(), 101u);
  EXPECT_EQ(errors->details[99].message, "is not a field of Note (did you mean 'title'?)");
  EXPECT_EQ(errors->details[100].message, "is not a field of Note, and there are more");
}

TEST_F(DraftTest, WhatTheSystemKeepsIsNotSet) {
  for (const char* field : {"id", "version", "createdAt", "updatedAt", "deletedAt", "ownerId"}) {
    std::string_view value = world_.field("Note", field).type->kind() == types::Kind::kInt64 ? "9" : "\"x\"";
    Written made = Create(fmt::format(R"({{"title": "a", "{}": {}}})", field, value));
    EXPECT_EQ(made.Errors(), fmt::format("VALIDATION_ERROR {} READ_ONLY", field));
  }
}

TEST_F(DraftTest, TheOperatorGivesIdsTimesAndReadOnlyFields) {
  Written made = Create("Note", world_.boss,
                        R"({"id": 9, "createdAt": "2020-01-01T00:00:00Z", "title": "a", "secret": "s",
                            "ownerId": "0190a000-0000-7000-8000-00000000000b"})");
  EXPECT_EQ(made.Errors(), "");
  EXPECT_EQ(made["id"], "9");
  EXPECT_EQ(made["createdAt"], "then");
  EXPECT_EQ(made["ownerId"], "bob");
  EXPECT_EQ(Create("Note", world_.boss, R"({"title": "a", "version": 3})").Errors(),
            "VALIDATION_ERROR version READ_ONLY");
}

TEST_F(DraftTest, AStringIdIsTheClientsToGive) {
  EXPECT_EQ(Create("Box", world_.staff, "{}").Errors(), "VALIDATION_ERROR id REQUIRED");
  EXPECT_EQ(Create("Box", world_.staff, R"({"id": "no id"})").Errors(), "VALIDATION_ERROR id FORMAT");
  EXPECT_EQ(Create("Box", world_.staff, R"({"id": "history"})").Errors(), "VALIDATION_ERROR id FORMAT");
  EXPECT_EQ(Create("Box", world_.staff, R"({"id": "a.1"})").Errors(), "");
}

TEST_F(DraftTest, TheAddressGivesTheKey) {
  Written made = Create("Box", world_.staff, R"({"id": "a"})");
  made.draft.PutKey(made.of.key[0], std::string("a"));
  EXPECT_EQ(made.Errors(), "");
  made.draft.PutKey(made.of.key[0], std::string("b"));
  EXPECT_EQ(made.Errors(), "VALIDATION_ERROR id READ_ONLY");
}

TEST_F(DraftTest, ACompositeIdMayOnlyRepeatItsParts) {
  EXPECT_EQ(Create("Stamp", world_.staff, R"({"boxId": "a", "number": 1, "id": "a,1"})").Errors(), "");
  EXPECT_EQ(Create("Stamp", world_.staff, R"({"boxId": "a", "number": 1, "id": "a,2"})").Errors(),
            "VALIDATION_ERROR id READ_ONLY");
  EXPECT_EQ(Create("Stamp", world_.staff, R"({"boxId": "a", "number": 1, "id": 5})").Errors(),
            "VALIDATION_ERROR id READ_ONLY");
  EXPECT_EQ(Create("Stamp", world_.staff, R"({"number": 1, "id": "a,1"})").Errors(), "VALIDATION_ERROR boxId REQUIRED");
}

TEST_F(DraftTest, AFieldThatMayNotBeWrittenIsDeniedByName) {
  Written made = Create(R"({"title": "a", "secret": 5})");
  EXPECT_EQ(made.draft.denied(), "secret");
  // Not even whether the value would have been right.
  EXPECT_EQ(made.Errors(), "");
  EXPECT_EQ(Create("Note", world_.staff, R"({"title": "a", "secret": 5})").Errors(),
            "VALIDATION_ERROR secret WRONG_TYPE, ownerId NULL");
  EXPECT_EQ(Merge(R"({"secret": "s"})").draft.denied(), "secret");
}

TEST_F(DraftTest, WhetherAGuessIsRightIsNotTold) {
  Values stored = Stored("Kinds", R"({"version": 1, "sealed": "s"})");
  for (const char* guess : {"s", "t"}) {
    Written made(world_, "Kinds", Draft::Mode::kMerge, world_.ann, fmt::format(R"({{"sealed": "{}"}})", guess),
                 &stored);
    EXPECT_EQ(made.draft.denied(), "sealed");
    EXPECT_EQ(made.Errors(), "");
  }
  Written same(world_, "Kinds", Draft::Mode::kMerge, world_.staff, R"({"sealed": "s"})", &stored);
  EXPECT_EQ(same.draft.denied() + same.Errors(), "");
  Written other(world_, "Kinds", Draft::Mode::kMerge, world_.staff, R"({"sealed": "t"})", &stored);
  EXPECT_EQ(other.draft.denied() + other.Errors(), "VALIDATION_ERROR sealed READ_ONLY");
}

TEST_F(DraftTest, AFieldWhoseRuleLooksAtTheRowIsLeftToBeJudged) {
  Written made = Merge(R"({"mood": "x"})");
  EXPECT_EQ(made.draft.denied(), "");
  ASSERT_EQ(made.draft.guarded().size(), 1u);
  EXPECT_EQ(made.of.field(made.draft.guarded()[0]).name, "mood");
  EXPECT_THAT(Merge(R"({"title": "x"})").draft.guarded(), IsEmpty());
}

TEST_F(DraftTest, WhatWasReadMayBeSentBack) {
  Written made = Merge(R"({"id": 7, "version": 4, "createdAt": "2020-01-01T00:00:00Z", "size": 2, "title": "old",
                           "ownerId": "0190a000-0000-7000-8000-00000000000a"})");
  EXPECT_EQ(made.Errors(), "");
  EXPECT_EQ(made.draft.denied(), "");
  for (size_t i = 0; i < made.of.fields.size(); ++i) {
    EXPECT_FALSE(made.draft.Changed(FieldId{static_cast<uint32_t>(i)})) << made.of.fields[i].name;
  }
  EXPECT_EQ(Merge(R"({"id": 8, "version": 5, "size": 3})").Errors(),
            "VALIDATION_ERROR id READ_ONLY, version READ_ONLY, size READ_ONLY");
}

TEST_F(DraftTest, AMergeChangesWhatItNames) {
  Written made = Merge(R"({"rank": 6, "size": 2, "shelfId": 4})");
  EXPECT_EQ(made.Errors(), "");
  EXPECT_EQ(made["rank"], "6");
  EXPECT_EQ(made["title"], "'old'");
  EXPECT_EQ(made["tags"], "['t']");
  EXPECT_TRUE(made.draft.Changed(made.of.FindField("rank")));
  EXPECT_TRUE(made.draft.Changed(made.of.FindField("shelfId")));
  EXPECT_FALSE(made.draft.Changed(made.of.FindField("title")));
  EXPECT_TRUE(made.draft.Given(made.of.FindField("size")));
  EXPECT_FALSE(made.draft.Given(made.of.FindField("title")));
}

TEST_F(DraftTest, AMergeGoesIntoJson) {
  EXPECT_EQ(Merge(R"({"data": {"a": {"d": 3, "b": null}}})")["data"], R"({"a":{"d":3},"c":2})");
  EXPECT_EQ(Merge(R"({"data": [1]})")["data"], "[1]");
  EXPECT_EQ(Merge(R"({"data": null})")["data"], "null");
  EXPECT_EQ(Replace(world_.ann, R"({"title": "a", "data": {"a": {"b": null}}})")["data"], R"({"a":{"b":null}})");
}

TEST_F(DraftTest, AMergeIntoAbsentJsonHasNothingToRemove) {
  stored_[world_.resource("Note").FindField("data").index()] = Value{};
  EXPECT_EQ(Merge(R"({"data": {"a": {"b": null, "c": 1}, "d": null}})")["data"], R"({"a":{"c":1}})");
  EXPECT_EQ(Create(R"({"title": "a", "data": {"a": null}})")["data"], R"({"a":null})");
}

TEST_F(DraftTest, AReplacementTreatsWhatItOmitsAsAtCreation) {
  Written made = Replace(world_.ann, R"({"title": "new"})");
  EXPECT_EQ(made.Errors(), "");
  EXPECT_EQ(made["rank"], "3");
  EXPECT_EQ(made["tags"], "[]");
  EXPECT_EQ(made["data"], "null");
  // But for what the system keeps, what is fixed, and what the caller may not read or write.
  EXPECT_EQ(made["id"], "7");
  EXPECT_EQ(made["version"], "4");
  EXPECT_EQ(made["ownerId"], "ann");
  EXPECT_EQ(made["size"], "2");
  EXPECT_EQ(made["code"], "'c'");
  EXPECT_EQ(made["secret"], "'s'");
  EXPECT_EQ(made["mood"], "'m'");
  EXPECT_EQ(Replace(world_.boss, R"({"title": "new"})")["secret"], "null");
  EXPECT_EQ(Replace(world_.ann, "{}").Errors(), "VALIDATION_ERROR title REQUIRED");
}

TEST_F(DraftTest, ChecksLookAtFieldsThatAreRight) {
  EXPECT_EQ(Create(R"({"title": "low", "rank": 10})").Errors(), "VALIDATION_ERROR rank CHECK");
  EXPECT_EQ(Create(R"({"title": "low", "rank": 9})").Errors(), "");
  EXPECT_EQ(Create(R"({"title": "low", "rank": "10"})").Errors(), "VALIDATION_ERROR rank WRONG_TYPE");
  EXPECT_EQ(Merge(R"({"title": "low"})").Errors(), "");
  EXPECT_EQ(Merge(R"({"title": "low", "rank": 11})").draft.Errors(), std::nullopt);
  Written made = Merge(R"({"title": "low", "rank": 11})");
  made.draft.Check();
  EXPECT_EQ(made.draft.Errors()->details[0].message, "is too high for a low one");
}

TEST_F(DraftTest, ADefaultMayLookAtOtherFields) {
  Written made = Create("Tag", world_.staff, R"({"word": "a", "cost": "2.345", "shelfId": 1})");
  EXPECT_EQ(made["price"], "117e-2");  // 1.1725, rounded half to even
  EXPECT_EQ(Create("Tag", world_.staff, R"({"word": "a", "cost": "x", "place": "p"})").Errors(),
            "VALIDATION_ERROR cost FORMAT");
  EXPECT_EQ(Create("Tag", world_.staff, R"({"word": "a", "place": "p"})").Errors(),
            "EXPRESSION_FAILED: the default of 'price' failed");
  EXPECT_EQ(Create("Tag", world_.staff, R"({"word": "a", "place": "p", "price": "1"})").Errors(), "");
}

TEST_F(DraftTest, ADefaultThatCrossesARelationIsAskedFor) {
  Written made = Create("Tag", world_.staff, R"({"word": "a", "cost": "1", "shelfId": 1})");
  ASSERT_EQ(made.draft.probed_defaults().size(), 1u);
  EXPECT_EQ(world_.Tell(made.draft.DefaultOf(made.draft.probed_defaults()[0])), "shelf.name");
  types::Rows rows(1);
  ASSERT_TRUE(rows.AppendText("hall"));
  made.draft.SetProbed(0, rows.at(0, 0));
  EXPECT_EQ(made["place"], "'hall'");
  EXPECT_EQ(made.Errors(), "");
  Written failed = Create("Tag", world_.staff, R"({"word": "a", "cost": "1"})");
  failed.draft.SetProbed(0, types::Cell{});
  EXPECT_EQ(failed.Errors(), "EXPRESSION_FAILED: the default of 'place' failed");
}

TEST_F(DraftTest, ADefaultOfWhoIsNobodyFails) {
  EXPECT_EQ(Create("Note", world_.nobody, R"({"title": "a"})").Errors(),
            "EXPRESSION_FAILED: the default of 'ownerId' failed");
  // A service is somebody, without an id.
  EXPECT_EQ(Create("Note", world_.staff, R"({"title": "a"})").Errors(), "VALIDATION_ERROR ownerId NULL");
}

TEST_F(DraftTest, ARuleIsJudgedOnlyOnFieldsThatAreRight) {
  Written made = Create(R"({"title": "a", "rank": "x"})");
  EXPECT_FALSE(made.draft.CanJudge(*world_.resource("Note").checks[0].rule));
  EXPECT_TRUE(Create(R"({"title": "a"})").draft.CanJudge(*world_.resource("Note").checks[0].rule));
}

}  // namespace
}  // namespace ashlar::plan
