// SPDX-License-Identifier: Apache-2.0
#include "app/operator/club_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>

namespace ashlar::app {
namespace {

using json::Json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LoadTest : public testing::Test, protected Club {};

TEST_F(LoadTest, LoadsInWhateverOrderTheRowsNeed) {
  OperatorAnswer answer = Load(R"({"Member": [{"id": 3, "name": "C", "teamId": "red", "mentorId": 2},
{"id": 2, "name": "B", "teamId": "red", "mentorId": 1.0}, {"id": 1, "name": "A", "teamId": "blue"}],
"Team": [{"id": "red", "name": "Red"}, {"id": "blue", "name": "Blue"}]})");
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_EQ(answer.out, "loaded 5 rows: 3 Member, 2 Team\n");
  EXPECT_EQ(progress_, std::pair(size_t{5}, size_t{5}));
  EXPECT_EQ(Count("Member"), 3u);
}

TEST_F(LoadTest, LoadComparesUuidsAsValues) {
  OperatorAnswer answer = Load(R"({"Badge": [{"ofId": "AAAAAAAA-0000-4000-8000-00000000000A"},
{"id": "aaaaaaaa-0000-4000-8000-00000000000a"}]})");
  EXPECT_EQ(answer.status, 0) << answer.err;
}

TEST_F(LoadTest, ARowMayReferToItself) {
  OperatorAnswer answer = Load(R"({"Member": [{"id": 1, "name": "A", "teamId": "red", "mentorId": 1},
{"id": 2, "name": "B", "teamId": "red", "mentorId": 1}], "Team": [{"id": "red", "name": "Red"}]})");
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_EQ(Count("Member"), 2u);
}

TEST_F(LoadTest, RowsAreJudgedThoughOtherPartsOfTheFilesAreWrong) {
  const std::string wrong = R"({"id": 7, "name": 5, "teamId": "red"})";
  for (const auto& [text, line, told] : std::vector<std::tuple<std::string, int, const char*>>{
           {"{\"Member\": [" + wrong + "],\n\"Tean\": [{\"id\": \"red\"}]}", 2, "there is no resource 'Tean'"},
           {"{\"Member\": [" + wrong + ",\n5]}", 2, "Member[1]: a row must be an object"},
           {"{\"Member\": [" + wrong + ",\n{]}", 2, "(in Member[1])"},
           {"{\"Member\": [" + wrong + "],\n\"Team\": {}}", 2, "Team: must be an array of rows"},
           {"{\"Member\": [" + wrong +
                ",\n{\"id\": 1, \"name\": \"A\", \"teamId\": \"red\", \"mentorId\": 2},"
                "{\"id\": 2, \"name\": \"A\", \"teamId\": \"red\", \"mentorId\": 1}]}",
            2, "Member[1] 1: refers to other"},
       }) {
    OperatorAnswer answer = Load(text);
    EXPECT_EQ(answer.status, 2);
    EXPECT_THAT(answer.err, AllOf(HasSubstr("rows.json:1: Member[0] 7: name: WRONG_TYPE"),
                                  HasSubstr(fmt::format("rows.json:{}: ", line)), HasSubstr(told)));
    EXPECT_EQ(answer.counts.rows, 0u);
    EXPECT_EQ(Count("Member"), 0u);
  }
}

TEST_F(LoadTest, ReferencesToWhatCouldNotBeReadAreCounted) {
  OperatorAnswer answer = Load(R"({"Member": [{"id": 1, "name": "A", "teamId": "red"},
{"id": 2, "name": 5, "teamId": "red"}], "Tean": [{"id": "red", "name": "Red"}]})");
  EXPECT_THAT(answer.err, AllOf(HasSubstr("Tean"), HasSubstr("Member[1] 2: name: WRONG_TYPE"),
                                Not(HasSubstr("REFERENCE_NOT_FOUND")), HasSubstr("2 more references lead to no row")));
  EXPECT_EQ(answer.counts.mistakes, 2u);
}

TEST_F(LoadTest, LoadedUsersHaveRolesOfTheContract) {
  OperatorAnswer answer = Load(R"({"User": [{"email": "a@example.com", "displayName": "A", "roles": ["staff"]},
{"email": "b@example.com", "displayName": 5, "roles": ["staff", "king", "queen"]}]})");
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err,
              AllOf(HasSubstr("rows.json:2: User[1]: roles: the contract has no role 'king'; it has: staff"),
                    HasSubstr("'queen'"), HasSubstr("rows.json:2: User[1]: displayName: WRONG_TYPE"),
                    Not(HasSubstr("rows.json:1"))));
  EXPECT_EQ(Count("User"), 0u);
}

TEST_F(LoadTest, AFileThatIsChangedMeanwhileIsNotLoaded) {
  OperatorRequest request = LoadRequest({{"Team.ndjson", R"({"id": "red", "name": "Red"})"}});
  std::ofstream(folder_ + "/Team.ndjson", std::ios::app) << "\n{\"id\": \"blue\", \"name\": \"Blue\"}";
  OperatorAnswer answer = Do(request);
  EXPECT_EQ(answer.status, 1);
  EXPECT_EQ(answer.err, "Team.ndjson was changed while it was loaded\nnothing was loaded\n");
  EXPECT_EQ(Count("Team"), 0u);
}

TEST_F(LoadTest, ALoadWhoseAskerIsGoneIsUndone) {
  std::string rows;
  for (int i = 0; i < 20'000; ++i) rows += fmt::format("{{\"id\": \"t{}\", \"name\": \"T{}\"}}\n", i, i);
  OperatorRequest request = LoadRequest({{"Team.ndjson", rows}});
  for (bool storing : {false, true}) {
    OperatorAnswer answer =
        Execute(*runtime_, request, heard_, [storing](size_t, size_t total) { return storing && total == 0; });
    EXPECT_EQ(answer.status, 1);
    EXPECT_EQ(answer.counts.rows, 0u);
    EXPECT_EQ(Count("Team"), 0u);
  }
}

TEST_F(LoadTest, LoadTellsCirclesAndOnlyThoseInThem) {
  OperatorAnswer answer = Load(R"({"Team": [{"id": "red", "name": "Red"}],
"Member": [{"id": 1, "name": "A", "teamId": "red", "mentorId": 3},
{"id": 2, "name": "B", "teamId": "red", "mentorId": 1},
{"id": 3, "name": "C", "teamId": "red", "mentorId": 2},
{"id": 4, "name": "D", "teamId": "red", "mentorId": 3},
{"id": 5, "name": "E", "teamId": "red"}]})");
  EXPECT_EQ(answer.status, 2);
  for (int line : {2, 3, 4}) EXPECT_THAT(answer.err, HasSubstr(fmt::format("rows.json:{}: Member", line)));
  for (int line : {1, 5, 6}) EXPECT_THAT(answer.err, Not(HasSubstr(fmt::format("rows.json:{}:", line))));
  EXPECT_THAT(answer.err, HasSubstr("circle"));
  EXPECT_EQ(Count("Team"), 0u);
}

TEST_F(LoadTest, LoadTellsEveryMistakeInTheOrderOfTheFiles) {
  OperatorAnswer answer =
      Do(LoadRequest({{"z.json",
                       "{\"Member\": [\n{\"id\": 1, \"name\": 5, \"teamId\": \"red\"},\n"
                       "{\"id\": 2, \"nam\": \"B\", \"teamId\": \"none\"}]}"},
                      {"Team.ndjson", "{\"id\": \"red\", \"name\": null}\n{\"id\": \"blue\", \"name\": \"B\"}\n{"}}));
  EXPECT_EQ(answer.status, 2);
  std::vector<std::string> places;
  for (size_t at = 0; at < answer.err.size();) {
    size_t end = answer.err.find('\n', at);
    std::string line = answer.err.substr(at, end - at);
    size_t second = line.find(':', line.find(':') + 1);
    if (second != std::string::npos) places.push_back(line.substr(0, second));
    at = end + 1;
  }
  EXPECT_TRUE(std::ranges::is_sorted(places, {}, [](const std::string& place) {
    return place[0] == 'z' ? "0" + place : place;
  })) << answer.err;
  EXPECT_THAT(answer.err, AllOf(HasSubstr("z.json:2: Member[0] 1: name: WRONG_TYPE"),
                                HasSubstr("z.json:3: Member[1] 2: nam: UNKNOWN_FIELD"),
                                HasSubstr("z.json:3: Member[1] 2: teamId: REFERENCE_NOT_FOUND"),
                                HasSubstr("Team.ndjson:1: Team red: name: "), HasSubstr("Team.ndjson:3: column"),
                                HasSubstr("nothing was loaded")));
  EXPECT_THAT(answer.err, Not(HasSubstr("z.json:2: Member[0] 1: teamId")));  // red's own mistake
  EXPECT_EQ(Count("Team"), 0u);
}

TEST_F(LoadTest, LoadKnowsNeitherStrangersNorTheAudit) {
  for (const char* name : {"Tean", "AuditEntry", "team"}) {
    OperatorAnswer answer = Load(fmt::format("{{\"{}\": [{{}}]}}", name));
    EXPECT_EQ(answer.status, 2);
    EXPECT_THAT(answer.err, AllOf(HasSubstr(name), HasSubstr("Team")));
  }
}

TEST_F(LoadTest, LoadedUsersAreFoundInFoldedCase) {
  OperatorAnswer answer = Load(fmt::format(R"({{"User": [{{"id": "{}", "email": "Ann@Example.com", "displayName": "Ann",
"roles": ["staff"]}}]}})",
                                           kAnn));
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(User("list").out, HasSubstr("ann@example.com"));
  EXPECT_EQ(User("role", {{"who", Json("ANN@example.com")}, {"add", Texts({"admin"})}}).out,
            fmt::format("{} staff,admin\n", kAnn));
}

}  // namespace
}  // namespace ashlar::app
