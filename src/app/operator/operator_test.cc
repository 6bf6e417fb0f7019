// SPDX-License-Identifier: Apache-2.0
// Users, roles and tokens as operators make them.
#include "app/operator/club_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fstream>

#include "identity/token.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

using json::Json;
using testing::AllOf;
using testing::HasSubstr;

class OperatorTest : public testing::Test, protected Club {};

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
    return Do(Request("token", {{"roles", Texts(std::move(roles))}, {"user", Json(user)}, {"seconds", Json("300")}}));
  };
  auto claims_of = [&](const OperatorAnswer& answer) {
    std::string text = answer.out.substr(0, answer.out.size() - 1);
    return identity::VerifyToken(*runtime_->keys->ring(), "club", *identity::ReadJws(text),
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
  EXPECT_EQ(Do(MakeObject({{"command", Json("user")}, {"service", Json("shop")}})).status, 2);
  EXPECT_EQ(Do(Request("format", {})).status, 2);
  EXPECT_EQ(Do(Json("user")).status, 2);
}

TEST_F(OperatorTest, AKeyThatOthersMayReadKeepsTheStoreClosed) {
  Close();
  chmod((path_ + ".key").c_str(), 0644);
  auto runtime = OpenRuntime(*ReadContract(contract_, false), {path_, ""}, heard_);
  ASSERT_FALSE(runtime);
  EXPECT_EQ(runtime.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(runtime.error().message, HasSubstr("0600"));
}

}  // namespace
}  // namespace ashlar::app
