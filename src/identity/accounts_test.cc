// SPDX-License-Identifier: Apache-2.0
#include "identity/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/crypto/argon2.h"
#include "identity/accounts_world_test.h"
#include "identity/authenticator.h"
#include "identity/removal.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

class AccountsTest : public testing::Test, protected AccountsWorld {};

TEST_F(AccountsTest, AUsedTokenGivesItsSuccessorAgainForTenSecondsAndEndsTheSessionThen) {
  Register();
  const std::string first = Login()->tokens.refresh;
  const std::string second = Refresh(first)->tokens.refresh;
  EXPECT_NE(first, second);
  clock_.seconds += 10;
  EXPECT_EQ(Refresh(first)->tokens.refresh, second);
  clock_.seconds += 1;
  EXPECT_EQ(CodeOf(Refresh(first)), Code::kRefreshReused);
  EXPECT_EQ(CodeOf(Refresh(second)), Code::kInvalidCredentials);
}

TEST_F(AccountsTest, ASessionLastsFromItsLastUse) {
  Register();
  std::string token = Login()->tokens.refresh;
  for (int day = 0; day < 3; ++day) {
    clock_.seconds += 86'399;
    auto next = Refresh(token);
    ASSERT_TRUE(next) << day << next.error().message;
    token = next->tokens.refresh;
  }
  clock_.seconds += 86'400;
  EXPECT_EQ(CodeOf(Refresh(token)), Code::kInvalidCredentials);
}

TEST_F(AccountsTest, TheFifthFailureLocksForASecondAndSuccessTakesAllBack) {
  Register();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(CodeOf(Login("wrong")), Code::kInvalidCredentials);
    EXPECT_EQ(CodeOf(Login()), Code::kInvalidCredentials);
    clock_.seconds += 1;
    EXPECT_TRUE(Login());
  }
}

TEST_F(AccountsTest, AHashOfAnotherCostIsMadeAnewBySigningIn) {
  const std::string id = Register();
  std::string tag = Base64Encode(Argon2id({.password = kPassword, .salt = "somesalt", .secret = {}, .associated = {}},
                                          {.memory_kib = 64, .passes = 1, .lanes = 1}));
  tag.resize(tag.find('='));
  Keeper keeper(*engine_);
  auto hash = [&] {
    auto found = Wait(keeper.Get(context(), keeper.credential(), id));
    return TextIn(keeper.credential(), found->rows, "password");
  };
  Keeper::Body body;
  body.emplace_back("password", Json("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + tag));
  ASSERT_TRUE(Wait(keeper.Do(context(), keeper.Changing(keeper.credential(), id, std::move(body)))));
  ASSERT_TRUE(NeedsRehash(hash()));
  EXPECT_FALSE(Login("wrong"));
  EXPECT_TRUE(NeedsRehash(hash()));
  EXPECT_TRUE(Login());
  EXPECT_FALSE(NeedsRehash(hash()));
  EXPECT_TRUE(Login());
}

TEST_F(AccountsTest, APasswordThatIsChangedMeanwhileIsWorthNothing) {
  const std::string id = Register();
  Keeper keeper(*engine_);
  Passwords passwords(keeper, pool_, *rules_, keys_->refresh());
  auto proven = Wait(passwords.ProveByEmail(context(), "ann@example.com", kPassword));
  ASSERT_TRUE(proven);
  ASSERT_TRUE(Wait(passwords.VersionOf(context(), *proven)));
  Json change = Of(fmt::format(R"({{"currentPassword":"{}","newPassword":"another horse staple"}})", kPassword));
  ASSERT_TRUE(Wait(accounts_->ChangePassword(context(), id, "", change)));
  EXPECT_EQ(CodeOf(Wait(passwords.VersionOf(context(), *proven))), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(Login()), Code::kInvalidCredentials);
  EXPECT_TRUE(Login("another horse staple"));
}

TEST_F(AccountsTest, AnAccessTokenEndsWithItsSession) {
  const std::string id = Register();
  Authenticator authenticator(*keys_, *engine_);
  auto tokens = Login()->tokens;
  http::Request request;
  request.headers = {{"Authorization", "Bearer " + tokens.access}};
  auto ask = [&] { return Wait(Await(authenticator.Authenticate(context(), request))); };
  auto caller = ask();
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_EQ((*caller)->id, id);
  const std::string session = *(*caller)->principal.claims.Find("sid")->string();
  EXPECT_EQ(CodeOf(Wait(accounts_->sessions().End(context(), "00000000-0000-4000-8000-00000000000a", session))),
            Code::kNotFound);
  ASSERT_TRUE(Wait(accounts_->sessions().End(context(), id, session)));
  clock_.seconds += Authenticator::kRefreshSeconds;
  EXPECT_EQ(CodeOf(ask()), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(Refresh(tokens.refresh)), Code::kInvalidCredentials);
}

TEST_F(AccountsTest, ManyWhoTryAtOnceGetNoMoreVerdictsThanOneByOne) {
  const std::string id = Register();
  std::vector<std::optional<Code>> told;
  for (int i = 0; i < 20; ++i) {
    Json body = Of(R"({"email":"ann@example.com","password":"wrong wrong wrong"})");
    boost::asio::co_spawn(
        loop_, accounts_->Login(context(), std::move(body), {}),
        [&](std::exception_ptr, const call::Answer<SignedIn>& answer) { told.push_back(CodeOf(answer)); });
  }
  while (told.size() < 20) {
    loop_.restart();
    loop_.run_one();
    session_->TurnEnds();
  }
  EXPECT_THAT(told, testing::Each(Code::kInvalidCredentials));
  Keeper keeper(*engine_);
  auto kept = Wait(keeper.Get(context(), keeper.credential(), id));
  EXPECT_EQ(NumberIn(keeper.credential(), kept->rows, "failures"), 5);
}

TEST_F(AccountsTest, ASessionDoesNotBeginForWhoIsDisabledMeanwhile) {
  const std::string id = Register();
  Keeper keeper(*engine_);
  Passwords passwords(keeper, pool_, *rules_, keys_->refresh());
  auto proven = Wait(passwords.ProveByEmail(context(), "ann@example.com", kPassword));
  ASSERT_TRUE(proven);
  Keeper::Body body;
  body.emplace_back("disabled", Json(true));
  ASSERT_TRUE(Wait(keeper.Do(context(), keeper.Changing(keeper.user(), id, std::move(body)))));
  auto version = Wait(passwords.VersionOf(context(), *proven));
  ASSERT_TRUE(version);
  const types::Uuid session{};
  std::vector<call::Call> calls{passwords.Clearing(*proven, *version),
                                accounts_->sessions().Beginning(context(), session, id, "test")};
  auto begun = Wait(keeper.DoAllWhileEnabled(context(), id, calls));
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().error.code, Code::kNotFound);
  EXPECT_TRUE(Wait(accounts_->sessions().List(context(), id))->empty());
  EXPECT_EQ(Wait(passwords.VersionOf(context(), *proven)), *version);  // nothing of it remains
  body.clear();
  body.emplace_back("disabled", Json(false));
  ASSERT_TRUE(Wait(keeper.Do(context(), keeper.Changing(keeper.user(), id, std::move(body)))));
  EXPECT_TRUE(Wait(keeper.DoAllWhileEnabled(context(), id, calls)));
  EXPECT_EQ(Wait(accounts_->sessions().List(context(), id))->size(), 1u);
}

TEST_F(AccountsTest, ManyWhoDeleteAnAccountAtOnceDoItOnce) {
  const std::string id = Register();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Login());
  std::vector<std::optional<Code>> told;
  for (int i = 0; i < 50; ++i) {
    Json body = Of(fmt::format(R"({{"currentPassword":"{}"}})", kPassword));
    boost::asio::co_spawn(loop_, accounts_->DeleteMe(context(), id, "", std::move(body), {}),
                          [&](std::exception_ptr, const call::Answer<bool>& answer) {
                            told.push_back(answer ? std::nullopt : std::optional(answer.error().code));
                          });
  }
  while (told.size() < 50) {
    loop_.restart();
    loop_.run_one();
    session_->TurnEnds();
  }
  EXPECT_EQ(std::ranges::count(told, std::optional<Code>()), 1);
  EXPECT_EQ(std::ranges::count(told, std::optional(Code::kInvalidCredentials)), 49);
  Keeper keeper(*engine_);
  EXPECT_EQ(CodeOf(Wait(keeper.Get(context(), keeper.user(), id))), Code::kNotFound);
  EXPECT_EQ(CodeOf(Wait(keeper.Get(context(), keeper.credential(), id))), Code::kNotFound);
  EXPECT_TRUE(Wait(keeper.Do(context(), keeper.Finding(keeper.session(), "userId", id)))->rows.rows.empty());
  EXPECT_EQ(Register().size(), id.size());  // the address is free again
}

TEST_F(AccountsTest, WhoseSessionWentWithTheAccountMeanwhileNeedsACredential) {
  const std::string gone = types::FormatUuid(types::NewUuidV7(clock_.NowMicros()));
  Json body = Of(fmt::format(R"({{"currentPassword":"{}"}})", kPassword));
  EXPECT_EQ(CodeOf(Wait(accounts_->DeleteMe(context(), gone, gone, std::move(body), {}))), Code::kUnauthenticated);
}

TEST_F(AccountsTest, APasswordThatIsJudgedMeanwhileDoesNotDeleteWhatOneThatIsChangedGuards) {
  const std::string id = Register();
  Keeper keeper(*engine_);
  Passwords passwords(keeper, pool_, *rules_, keys_->refresh());
  auto proven = Wait(passwords.ProveUser(context(), id, kPassword));
  ASSERT_TRUE(proven);
  Json change = Of(fmt::format(R"({{"currentPassword":"{}","newPassword":"another horse staple"}})", kPassword));
  ASSERT_TRUE(Wait(accounts_->ChangePassword(context(), id, "", change)));
  auto nothing = []() -> Task<call::Answer<std::vector<call::Call>>> { co_return std::vector<call::Call>(); };
  EXPECT_EQ(CodeOf(Wait(RemoveAccount(keeper, passwords, context(), *proven, {}, nothing))), Code::kInvalidCredentials);
  EXPECT_TRUE(Login("another horse staple"));
}

}  // namespace
}  // namespace ashlar::identity
