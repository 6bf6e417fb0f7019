// SPDX-License-Identifier: Apache-2.0
#include "identity/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/await.h"
#include "base/base64.h"
#include "base/crypto/argon2.h"
#include "contract/contract.h"
#include "identity/authenticator.h"
#include "identity/row.h"
#include "identity/world_test.h"
#include "store/sqlite/sqlite_store.h"

// After base/await.h.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr const char* kContract = R"(service: shop
identity: { register: open, tokens: { refresh: 1d } }
)";
constexpr const char* kPassword = "correct horse battery";

class AccountsTest : public testing::Test {
 protected:
  AccountsTest() {
    std::string pattern = testing::TempDir() + "ashlar-accounts-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    contract::Source source{"ashlar.yaml", kContract};
    service_ = *contract::Compile({&source, 1}, {});
    store_ = *store::sqlite::Open(*service_, {.path = folder_ + "/s.db"}, silence_);
    keys_ = std::make_unique<ServiceKeys>(*ServiceKeys::Open(folder_ + "/s.db.key"));
    planner_ = std::make_unique<plan::Planner>(*service_, keys_->cursor());
    session_ = store_->Open(loop_);
    engine_ = std::make_unique<engine::Engine>(*planner_, *session_, underway_);
    accounts_ = std::make_unique<Accounts>(*engine_, *keys_, pool_);
  }
  ~AccountsTest() override {
    pool_.Close();
    store_->Close();
    std::filesystem::remove_all(folder_);
  }

  template <class T>
  T Wait(Task<T> task) {
    std::optional<T> done;
    session_->TurnEnds();
    boost::asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr, T value) { done = std::move(value); });
    while (!done) {
      loop_.restart();
      loop_.run_one();
    }
    return std::move(*done);
  }
  static Json Of(const std::string& text) { return *json::Parse(text); }

  std::string Register() {
    auto made = Wait(
        accounts_->Register(context_, Of(fmt::format(R"({{"email":"ann@example.com","password":"{}"}})", kPassword))));
    EXPECT_TRUE(made) << made.error().message;
    return made && *made ? (*made)->id : "";
  }
  call::Answer<SignedIn> Login(const std::string& password = kPassword) {
    return Wait(accounts_->Login(
        context_, Of(fmt::format(R"({{"email":"ann@example.com","password":"{}"}})", password)), "test"));
  }
  call::Answer<SignedIn> Refresh(const std::string& token) {
    return Wait(accounts_->Refresh(context_, Of(fmt::format(R"({{"refreshToken":"{}"}})", token))));
  }
  template <class T>
  static Code CodeOf(const call::Answer<T>& answer) {
    EXPECT_FALSE(answer);
    return answer ? Code::kInternal : answer.error().code;
  }

  std::string folder_;
  TestClock clock_;
  Silence silence_;
  Context context_{"request", {}, clock_, silence_};
  boost::asio::io_context loop_;
  HashPool pool_;
  std::shared_ptr<const model::Service> service_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ServiceKeys> keys_;
  std::unique_ptr<plan::Planner> planner_;
  std::unique_ptr<store::Session> session_;
  engine::Underway underway_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<Accounts> accounts_;
};

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
    auto found = Wait(keeper.Get(context_, keeper.credential(), id));
    return TextIn(keeper.credential(), found->rows, "password");
  };
  Keeper::Body body;
  body.emplace_back("password", Json("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + tag));
  ASSERT_TRUE(Wait(keeper.Do(context_, keeper.Changing(keeper.credential(), id, std::move(body)))));
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
  Passwords passwords(keeper, pool_, keys_->refresh());
  auto proven = Wait(passwords.ProveByEmail(context_, "ann@example.com", kPassword));
  ASSERT_TRUE(proven);
  ASSERT_TRUE(Wait(passwords.VersionOf(context_, *proven)));
  Json change = Of(fmt::format(R"({{"currentPassword":"{}","newPassword":"another horse staple"}})", kPassword));
  ASSERT_TRUE(Wait(accounts_->ChangePassword(context_, id, "", change)));
  EXPECT_EQ(CodeOf(Wait(passwords.VersionOf(context_, *proven))), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(Login()), Code::kInvalidCredentials);
  EXPECT_TRUE(Login("another horse staple"));
}

TEST_F(AccountsTest, AnAccessTokenEndsWithItsSession) {
  const std::string id = Register();
  Authenticator authenticator(*keys_, *engine_);
  auto tokens = Login()->tokens;
  http::Request request;
  request.headers = {{"Authorization", "Bearer " + tokens.access}};
  auto ask = [&] { return Wait(Await(authenticator.Authenticate(context_, request))); };
  auto caller = ask();
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_EQ((*caller)->id, id);
  const std::string session = *(*caller)->principal.claims.Find("sid")->string();
  EXPECT_EQ(CodeOf(Wait(accounts_->sessions().End(context_, "00000000-0000-4000-8000-00000000000a", session))),
            Code::kNotFound);
  ASSERT_TRUE(Wait(accounts_->sessions().End(context_, id, session)));
  clock_.seconds += Authenticator::kRefreshSeconds;
  EXPECT_EQ(CodeOf(ask()), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(Refresh(tokens.refresh)), Code::kInvalidCredentials);
}

TEST_F(AccountsTest, ManyWhoTryAtOnceGetNoMoreVerdictsThanOneByOne) {
  const std::string id = Register();
  std::vector<Code> told;
  for (int i = 0; i < 20; ++i) {
    Json body = Of(R"({"email":"ann@example.com","password":"wrong wrong wrong"})");
    boost::asio::co_spawn(
        loop_, accounts_->Login(context_, std::move(body), ""),
        [&](std::exception_ptr, const call::Answer<SignedIn>& answer) { told.push_back(CodeOf(answer)); });
  }
  while (told.size() < 20) {
    loop_.restart();
    loop_.run_one();
    session_->TurnEnds();
  }
  EXPECT_THAT(told, testing::Each(Code::kInvalidCredentials));
  Keeper keeper(*engine_);
  auto kept = Wait(keeper.Get(context_, keeper.credential(), id));
  EXPECT_EQ(NumberIn(keeper.credential(), kept->rows, "failures"), 5);
}

}  // namespace
}  // namespace ashlar::identity
