// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/operator/channel.h"
#include "app/operator/request.h"
#include "identity/token.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

using json::Json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kContract = R"(service: club
title: ${CLUB_TITLE:-Club}
roles:
  staff: {}
  admin: { inherits: [staff] }
resources:
  User:
    fields:
      displayName: { type: string!, min: 1 }
      age: int
      code: { type: string, pattern: '[0-9]+' }
  Team:
    id: string
    fields: { name: { type: string!, unique: true } }
    access: { read: nobody }
  Member:
    id: int
    fields:
      name: { type: string!, readOnly: true }
      team: Team!
      mentor: Member
    access: { read: nobody }
  Badge:
    fields: { of: Badge }
    access: { read: nobody }
)";
constexpr const char* kAnn = "00000000-0000-4000-8000-00000000000a";

class Silence final : public Observer {
 public:
  void Observe(const Observation&) override {}
};

class OperatorTest : public testing::Test {
 protected:
  OperatorTest() {
    std::string pattern = testing::TempDir() + "ashlar-op-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    contract_ = folder_ + "/ashlar.yaml";
    path_ = folder_ + "/s.db";
    std::ofstream(contract_) << kContract;
    Open();
  }
  ~OperatorTest() override {
    Close();
    std::filesystem::remove_all(folder_);
  }
  void Open() {
    auto runtime = OpenRuntime(*ReadContract(contract_, false), path_, silence_);
    ASSERT_TRUE(runtime) << runtime.error().message;
    runtime_ = std::make_unique<Runtime>(std::move(*runtime));
  }
  void Close() {
    if (runtime_ != nullptr) runtime_->store->Close();
    runtime_.reset();
  }

  Json Request(const char* command, std::vector<std::pair<std::string, Json>> members) {
    members.emplace_back("command", Json(command));
    members.emplace_back("service", Json("club"));
    return MakeObject(std::move(members));
  }
  OperatorAnswer Run(const Json& request) {
    return Execute(*runtime_, request, silence_, [this](size_t done, size_t total) { progress_ = {done, total}; });
  }
  Json LoadRequest(const std::string& text, const std::string& path = "rows.json") {
    json::Array files;
    files.push_back(MakeObject({{"path", Json(path)}, {"text", Json(text)}}));
    return Request("load", {{"files", Json(std::move(files))}});
  }
  OperatorAnswer Load(const std::string& text, const std::string& path = "rows.json") {
    return Run(LoadRequest(text, path));
  }
  OperatorAnswer User(const char* what, std::vector<std::pair<std::string, Json>> members = {}) {
    members.emplace_back("what", Json(what));
    return Run(Request("user", std::move(members)));
  }
  Json Texts(std::vector<std::string> texts) { return MakeTexts(texts); }

  // How many rows there are.
  size_t Count(const char* resource) {
    call::Call list;
    list.operation =
        runtime_->service->FindOperation(runtime_->service->FindResource(resource), model::OperationKind::kList);
    auto outcome = RunOne(*runtime_, list, silence_);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? outcome->rows.rows.size() : 0;
  }

  std::string folder_, contract_, path_;
  Silence silence_;
  std::unique_ptr<Runtime> runtime_;
  std::pair<size_t, size_t> progress_;
};

TEST_F(OperatorTest, LoadsInWhateverOrderTheRowsNeed) {
  OperatorAnswer answer = Load(R"({"Member": [{"id": 3, "name": "C", "teamId": "red", "mentorId": 2},
{"id": 2, "name": "B", "teamId": "red", "mentorId": 1.0}, {"id": 1, "name": "A", "teamId": "blue"}],
"Team": [{"id": "red", "name": "Red"}, {"id": "blue", "name": "Blue"}]})");
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_EQ(answer.out, "loaded 5 rows: 3 Member, 2 Team\n");
  EXPECT_EQ(progress_, std::pair(size_t{5}, size_t{5}));
  EXPECT_EQ(Count("Member"), 3u);
}

TEST_F(OperatorTest, LoadComparesUuidsAsValues) {
  OperatorAnswer answer = Load(R"({"Badge": [{"ofId": "AAAAAAAA-0000-4000-8000-00000000000A"},
{"id": "aaaaaaaa-0000-4000-8000-00000000000a"}]})");
  EXPECT_EQ(answer.status, 0) << answer.err;
}

TEST_F(OperatorTest, LoadTellsCirclesAndOnlyThoseInThem) {
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

TEST_F(OperatorTest, LoadTellsEveryMistakeInTheOrderOfTheFiles) {
  json::Array files;
  files.push_back(MakeObject({{"path", Json("z.json")},
                              {"text", Json("{\"Member\": [\n{\"id\": 1, \"name\": 5, \"teamId\": \"red\"},\n"
                                            "{\"id\": 2, \"nam\": \"B\", \"teamId\": \"none\"}]}")}}));
  files.push_back(
      MakeObject({{"path", Json("Team.ndjson")},
                  {"text", Json("{\"id\": \"red\", \"name\": null}\n{\"id\": \"blue\", \"name\": \"B\"}\n{")}}));
  OperatorAnswer answer = Run(Request("load", {{"files", Json(std::move(files))}}));
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
  EXPECT_THAT(
      answer.err,
      AllOf(HasSubstr("z.json:2: Member 1: name: WRONG_TYPE"), HasSubstr("z.json:3: Member 2: nam: UNKNOWN_FIELD"),
            HasSubstr("z.json:3: Member 2: teamId: REFERENCE_NOT_FOUND"), HasSubstr("Team.ndjson:1: Team red: name: "),
            HasSubstr("Team.ndjson:3: column"), HasSubstr("nothing was loaded")));
  EXPECT_THAT(answer.err, Not(HasSubstr("z.json:2: Member 1: teamId")));  // red's own mistake
  EXPECT_EQ(Count("Team"), 0u);
}

TEST_F(OperatorTest, LoadKnowsNeitherStrangersNorTheAudit) {
  for (const char* name : {"Tean", "AuditEntry", "team"}) {
    OperatorAnswer answer = Load(fmt::format("{{\"{}\": [{{}}]}}", name));
    EXPECT_EQ(answer.status, 2);
    EXPECT_THAT(answer.err, AllOf(HasSubstr(name), HasSubstr("Team")));
  }
}

TEST_F(OperatorTest, LoadedUsersAreFoundInFoldedCase) {
  OperatorAnswer answer = Load(fmt::format(R"({{"User": [{{"id": "{}", "email": "Ann@Example.com", "displayName": "Ann",
"roles": ["staff"]}}]}})",
                                           kAnn));
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(User("list").out, HasSubstr("ann@example.com"));
  EXPECT_EQ(User("role", {{"who", Json("ANN@example.com")}, {"add", Texts({"admin"})}}).out,
            fmt::format("{} staff,admin\n", kAnn));
}

TEST_F(OperatorTest, UsersAreAddedWithTheFieldsOfTheContract) {
  OperatorAnswer lacking = User("add", {{"who", Json("ann@example.com")}});
  EXPECT_EQ(lacking.status, 2);
  EXPECT_THAT(lacking.err, HasSubstr("displayName: REQUIRED"));
  auto add = [&](std::vector<std::string> set, const char* email) {
    return User("add",
                {{"who", Json(email)}, {"id", Json("")}, {"add", Texts({"staff"})}, {"set", Texts(std::move(set))}});
  };
  OperatorAnswer added = add({"displayName=42", "age=42", "code=7"}, "Ann@example.com");
  EXPECT_EQ(added.status, 0) << added.err;
  EXPECT_TRUE(types::ParseUuid(added.out.substr(0, added.out.size() - 1)));
  EXPECT_EQ(add({"displayName=B"}, "ann@EXAMPLE.com").status, 2);
  EXPECT_THAT(add({"displayName=B", "age=old"}, "b@example.com").err, HasSubstr("age: WRONG_TYPE"));
  EXPECT_THAT(add({"displayName"}, "b@example.com").err, HasSubstr("displayName"));
  EXPECT_THAT(add({"displayName=B", "email=c@example.com"}, "b@example.com").err, HasSubstr("email"));
  EXPECT_THAT(add({"displayName=B", "hat=red"}, "b@example.com").err, HasSubstr("hat: UNKNOWN_FIELD"));
  EXPECT_EQ(Count("User"), 1u);
  auto listed = json::Parse(User("list", {{"format", Json("json")}}).out);
  ASSERT_TRUE(listed && listed->array() != nullptr && listed->array()->size() == 1);
  EXPECT_EQ(*listed->array()->front().Find("email")->string(), "ann@example.com");
}

TEST_F(OperatorTest, RolesComeAndGo) {
  ASSERT_EQ(
      User("add", {{"who", Json("ann@example.com")}, {"id", Json(kAnn)}, {"set", Texts({"displayName=A"})}}).status, 0);
  auto role = [&](const char* who, std::vector<std::string> add, std::vector<std::string> remove) {
    return User("role", {{"who", Json(who)}, {"add", Texts(std::move(add))}, {"remove", Texts(std::move(remove))}});
  };
  EXPECT_EQ(role(kAnn, {"staff", "admin", "staff"}, {}).out, fmt::format("{} staff,admin\n", kAnn));
  OperatorAnswer again = role("ann@example.com", {"admin"}, {});
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(again.err, "--role: ann@example.com has the role 'admin' already\n");
  OperatorAnswer mistyped = role("ann@example.com", {}, {"staff", "gone"});
  EXPECT_EQ(mistyped.status, 2);
  EXPECT_THAT(mistyped.err, AllOf(HasSubstr("--remove: the contract has no role 'gone'"), HasSubstr("staff, admin")));
  OperatorAnswer removed = role("ann@example.com", {}, {"staff"});
  EXPECT_EQ(removed.out, fmt::format("{} admin\n", kAnn));
  EXPECT_EQ(removed.err, "");
  OperatorAnswer absent = role("ann@example.com", {}, {"staff"});
  EXPECT_EQ(absent.status, 0);
  EXPECT_EQ(absent.out, fmt::format("{} admin\n", kAnn));
  EXPECT_EQ(absent.err, "--remove: ann@example.com does not have the role 'staff'\n");
  EXPECT_THAT(role(kAnn, {"staff"}, {"staff"}).err, HasSubstr("--role and --remove both name 'staff'"));
  OperatorAnswer unknown = role(kAnn, {"king"}, {});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("'king'"), HasSubstr("staff, admin")));
  EXPECT_EQ(role("bob@example.com", {"staff"}, {}).status, 2);
  EXPECT_EQ(role("", {"staff"}, {}).status, 2);
}

TEST_F(OperatorTest, ARoleThatTheContractNoLongerHasCanBeTaken) {
  ASSERT_EQ(User("add", {{"who", Json("ann@example.com")},
                         {"id", Json(kAnn)},
                         {"add", Texts({"staff", "admin"})},
                         {"set", Texts({"displayName=A"})}})
                .status,
            0);
  Close();
  std::string text = kContract;
  std::string_view line = "  admin: { inherits: [staff] }\n";
  std::ofstream(contract_) << text.erase(text.find(line), line.size());
  Open();
  OperatorAnswer taken = User("role", {{"who", Json(kAnn)}, {"remove", Texts({"admin"})}});
  EXPECT_EQ(taken.out, fmt::format("{} staff\n", kAnn)) << taken.err;
  EXPECT_EQ(User("role", {{"who", Json(kAnn)}, {"remove", Texts({"admin"})}}).status, 2);
}

TEST_F(OperatorTest, TokensAreForRolesThatThereAreAndUsersWhoMayComeIn) {
  auto token = [&](std::vector<std::string> roles, const char* user) {
    return Run(Request("token", {{"roles", Texts(std::move(roles))}, {"user", Json(user)}, {"seconds", Json("300")}}));
  };
  auto claims_of = [&](const OperatorAnswer& answer) {
    return identity::VerifyToken(runtime_->keys->signing(), "club", answer.out.substr(0, answer.out.size() - 1),
                                 SystemClock().NowMicros() / 1'000'000);
  };
  auto service = claims_of(token({"staff"}, ""));
  ASSERT_TRUE(service);
  EXPECT_EQ(service->subject, "");
  EXPECT_EQ(service->roles, std::vector<std::string>{"staff"});
  EXPECT_EQ(service->expires_at - service->issued_at, 300);
  EXPECT_EQ(Count("User"), 0u);

  auto ann = claims_of(token({}, kAnn));
  ASSERT_TRUE(ann);
  EXPECT_EQ(ann->subject, kAnn);
  EXPECT_EQ(Count("User"), 1u);
  EXPECT_THAT(User("list").out, HasSubstr(std::string(kAnn) + "@users.invalid"));
  EXPECT_EQ(token({}, kAnn).status, 0);
  EXPECT_EQ(Count("User"), 1u);

  auto by_address = claims_of(token({}, (std::string(kAnn) + "@USERS.invalid").c_str()));
  ASSERT_TRUE(by_address);
  EXPECT_EQ(by_address->subject, kAnn);
  OperatorAnswer stranger = token({}, "bob@example.com");
  EXPECT_EQ(stranger.status, 2);
  EXPECT_THAT(stranger.err, HasSubstr("ashlar user add bob@example.com"));
  EXPECT_EQ(Count("User"), 1u);

  EXPECT_THAT(token({"king"}, "").err, HasSubstr("'king'"));
  EXPECT_THAT(token({}, "ann").err, AllOf(HasSubstr("'ann'"), HasSubstr("e-mail")));
  EXPECT_EQ(User("disable", {{"who", Json(kAnn)}}).out, fmt::format("{}  disabled\n", kAnn));
  OperatorAnswer refused = token({}, kAnn);
  EXPECT_EQ(refused.status, 2);
  EXPECT_EQ(refused.out, "");
  EXPECT_THAT(refused.err, HasSubstr("disabled"));
  EXPECT_EQ(User("enable", {{"who", Json(kAnn)}}).status, 0);
  EXPECT_EQ(token({}, kAnn).status, 0);
}

TEST_F(OperatorTest, RequestsForAnotherServiceOrOfAnotherKindAreRefused) {
  EXPECT_EQ(Run(MakeObject({{"command", Json("user")}, {"service", Json("shop")}})).status, 2);
  EXPECT_EQ(Run(Request("format", {})).status, 2);
  EXPECT_EQ(Run(Json("user")).status, 2);
}

TEST_F(OperatorTest, AKeyThatOthersMayReadKeepsTheStoreClosed) {
  Close();
  chmod((path_ + ".key").c_str(), 0644);
  auto runtime = OpenRuntime(*ReadContract(contract_, false), path_, silence_);
  ASSERT_FALSE(runtime);
  EXPECT_EQ(runtime.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(runtime.error().message, HasSubstr("0600"));
}

const ReportProgress kNobody = [](size_t, size_t) {};

class ChannelTest : public OperatorTest {
 protected:
  void Serve() {
    auto channel = OperatorChannel::Open(*runtime_, silence_);
    ASSERT_TRUE(channel) << channel.error().message;
    channel_ = std::move(*channel);
  }
  std::string socket_path() const { return path_ + ".sock"; }
  int Connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_path().c_str(), socket_path().size() + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  std::unique_ptr<OperatorChannel> channel_;
};

TEST_F(ChannelTest, NobodyAnswersWhereNobodyServes) {
  auto answer = AskServer(path_, Request("user", {}), kNobody);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kNotFound);
}

TEST_F(ChannelTest, AnswersLikeTheCommandItself) {
  Serve();
  struct stat status{};
  ASSERT_EQ(stat(socket_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  std::pair<size_t, size_t> progress;
  auto loaded = AskServer(path_, LoadRequest(R"({"Team": [{"id": "red", "name": "Red"}]})"),
                          [&](size_t done, size_t total) { progress = {done, total}; });
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->status, 0);
  EXPECT_EQ(loaded->out, "loaded 1 rows: 1 Team\n");
  EXPECT_EQ(progress, std::pair(size_t{1}, size_t{1}));
  auto wrong = AskServer(path_, LoadRequest(R"({"Team": [{"id": "red", "name": "Red"}]})"), kNobody);
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->status, 2);
  EXPECT_THAT(wrong->err, HasSubstr("rows.json:1: Team red"));
  channel_.reset();
  EXPECT_FALSE(std::filesystem::exists(socket_path()));
}

TEST_F(ChannelTest, WhatADeadServerLeftIsReplaced) {
  std::ofstream(socket_path()) << "stale";
  Serve();
  EXPECT_TRUE(AskServer(path_, Request("user", {{"what", Json("list")}}), kNobody));
}

TEST_F(ChannelTest, BrokenRequestsHarmNobody) {
  Serve();
  for (const std::string& bytes : {std::string("\xff\xff\xff\xff", 4), std::string("\0\0\0\5{\"a\"", 8),
                                   std::string("\0\0\0\2[}", 6), std::string("\0\0", 2), std::string()}) {
    int fd = Connect();
    ASSERT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    shutdown(fd, SHUT_WR);
    char byte = 0;
    EXPECT_LE(read(fd, &byte, 1), 0);
    close(fd);
  }
  EXPECT_TRUE(AskServer(path_, Request("user", {{"what", Json("list")}}), kNobody));
}

TEST_F(ChannelTest, AnOperatorWhoSaysNothingDoesNotKeepTheServerFromEnding) {
  Serve();
  int fd = Connect();
  ASSERT_EQ(write(fd, "\0", 1), 1);
  int64_t begun = SystemClock().SteadyMicros();
  channel_.reset();
  EXPECT_LT(SystemClock().SteadyMicros() - begun, 5'000'000);
  close(fd);
}

TEST_F(ChannelTest, ACommandAsksTheServerOrOpensTheStoreItself) {
  Json list = Request("user", {{"what", Json("list")}});
  Serve();
  EXPECT_EQ(RunAsOperator(contract_, path_, list, kNobody).status, 0);
  channel_.reset();
  Close();
  EXPECT_EQ(RunAsOperator(contract_, path_, list, kNobody).status, 0);
  Open();
}

TEST_F(ChannelTest, OnlyWhoOpensTheStoreNeedsTheWholeContract) {
  std::ofstream(contract_) << std::string(kContract).replace(std::string(kContract).find(":-Club"), 6, "");
  Json list = Request("user", {{"what", Json("list")}});
  Serve();
  EXPECT_EQ(RunAsOperator(contract_, path_, list, kNobody).status, 0);
  channel_.reset();
  Close();
  EXPECT_EQ(RunAsOperator(contract_, path_, list, kNobody).status, 2);
}

}  // namespace
}  // namespace ashlar::app
