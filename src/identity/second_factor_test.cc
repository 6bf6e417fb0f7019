// SPDX-License-Identifier: Apache-2.0
#include "identity/second_factor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/crypto/aes_gcm.h"
#include "identity/accounts_world_test.h"
#include "identity/recovery_code.h"
#include "identity/row.h"
#include "identity/totp.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

class SecondFactorTest : public testing::Test, protected AccountsWorld {
 protected:
  SecondFactorTest() : user_(Register()) {}

  call::Answer<TotpBegun> Begin(const std::string& password = kPassword) {
    return Wait(accounts_->BeginTotp(context(), user_, Of(fmt::format(R"({{"currentPassword":"{}"}})", password))));
  }
  call::Answer<std::vector<std::string>> Confirm(const std::string& code) {
    return Wait(accounts_->ConfirmTotp(context(), user_, "", Of(fmt::format(R"({{"code":"{}"}})", code))));
  }
  call::Answer<bool> End(const std::string& code) {
    return Wait(accounts_->EndTotp(context(), user_, "",
                                   Of(fmt::format(R"({{"currentPassword":"{}","code":"{}"}})", kPassword, code))));
  }
  Task<call::Answer<SignedIn>> Login(const std::string& code, const std::string& password = kPassword) {
    return accounts_->Login(
        context(), Of(fmt::format(R"({{"email":"ann@example.com","password":"{}","code":"{}"}})", password, code)), {});
  }

  // The secret as the row has it.
  std::string Secret() {
    auto found = Wait(Keeper(*engine_).Get(context(), Row(), user_));
    return *OpenAesGcm(keys_->second_factor(), user_, *Base64UrlDecode(TextIn(Row(), found->rows, "secret")));
  }
  std::string CodeAt(int64_t steps_from_now) {
    return TotpCode(Secret(), TotpStepAt(clock_.NowMicros()) + steps_from_now);
  }
  int64_t Failures() {
    Keeper keeper(*engine_);
    auto found = Wait(keeper.Get(context(), keeper.credential(), user_));
    return NumberIn(keeper.credential(), found->rows, "failures");
  }
  const model::Resource& Row() const { return service_->resource(service_->second_factor); }
  // Turned on, by a code of the step before this one.
  std::vector<std::string> TurnOn() {
    EXPECT_TRUE(Begin());
    auto codes = Confirm(CodeAt(-1));
    EXPECT_TRUE(codes) << codes.error().message;
    return *codes;
  }
  // How many of fifty at once succeed.
  int OfFifty(const std::function<Task<call::Answer<bool>>()>& work) {
    int done = 0, good = 0;
    for (int i = 0; i < 50; ++i) {
      boost::asio::co_spawn(loop_, work(), [&](std::exception_ptr, const call::Answer<bool>& answer) {
        ++done;
        good += answer ? 1 : 0;
      });
    }
    while (done < 50) {
      loop_.restart();
      loop_.run_one();
      session_->TurnEnds();
    }
    return good;
  }

  std::string user_;
};

TEST_F(SecondFactorTest, CountsFromItsConfirmationOn) {
  auto begun = Begin();
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_EQ(begun->secret.size(), 32u);
  EXPECT_THAT(begun->uri, testing::StartsWith("otpauth://totp/shop:ann%40example.com?secret=" + begun->secret));
  EXPECT_TRUE(Wait(Login("")));
  auto recovery = Confirm(CodeAt(0));
  ASSERT_TRUE(recovery) << recovery.error().message;
  EXPECT_EQ(recovery->size(), kRecoveryCodes);
  EXPECT_EQ(CodeOf(Wait(Login(""))), Code::kSecondFactorRequired);
  EXPECT_EQ(CodeOf(Wait(Login(CodeAt(0)))), Code::kInvalidCredentials) << "it was used to confirm";
  EXPECT_TRUE(Wait(Login(CodeAt(1))));
  EXPECT_EQ(CodeOf(Wait(Login(CodeAt(1)))), Code::kInvalidCredentials);
  clock_.seconds += 30;
  EXPECT_EQ(CodeOf(Wait(Login(CodeAt(0)))), Code::kInvalidCredentials);
  EXPECT_TRUE(Wait(Login(CodeAt(1))));
}

TEST_F(SecondFactorTest, OnlyWhoHasThePasswordIsToldThatThereIsOne) {
  TurnOn();
  EXPECT_EQ(CodeOf(Wait(Login("", "wrong"))), Code::kInvalidCredentials);
  auto wrong_password = Wait(Login(CodeAt(0), "wrong"));
  auto wrong_code = Wait(Login("000000x"));
  ASSERT_FALSE(wrong_password || wrong_code);
  EXPECT_EQ(wrong_password.error(), wrong_code.error());
  EXPECT_TRUE(Wait(Login(CodeAt(0)))) << "a code that came with a wrong password was not used up";
}

TEST_F(SecondFactorTest, AMissingCodeLeavesTheFailuresAsTheyWere) {
  TurnOn();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(CodeOf(Wait(Login(""))), Code::kSecondFactorRequired);
  EXPECT_EQ(Failures(), 0);
  for (int i = 1; i <= 4; ++i) {
    EXPECT_EQ(CodeOf(Wait(Login("no code"))), Code::kInvalidCredentials);
    EXPECT_EQ(CodeOf(Wait(Login(""))), Code::kSecondFactorRequired);
    EXPECT_EQ(Failures(), i);
  }
  EXPECT_EQ(CodeOf(Wait(Login("no code"))), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(Wait(Login(""))), Code::kInvalidCredentials) << "locked";
  EXPECT_EQ(CodeOf(Wait(Login(CodeAt(0)))), Code::kInvalidCredentials) << "locked";
  clock_.seconds += 1;
  EXPECT_EQ(CodeOf(Wait(Login(""))), Code::kSecondFactorRequired);
  EXPECT_EQ(Failures(), 5);
  EXPECT_TRUE(Wait(Login(CodeAt(0))));
  EXPECT_EQ(Failures(), 0);
}

TEST_F(SecondFactorTest, AnAttemptIsNotTakenBackOnceAnotherWasCounted) {
  Keeper keeper(*engine_);
  Passwords passwords(keeper, pool_, *rules_, keys_->refresh());
  auto first = Wait(passwords.Attempt(context(), user_));
  ASSERT_TRUE(first);
  ASSERT_TRUE(Wait(passwords.Attempt(context(), user_)));
  EXPECT_EQ(Wait(passwords.TakeBack(context(), *first)), false);
  EXPECT_EQ(Failures(), 2);
}

TEST_F(SecondFactorTest, OfFiftyAtOnceOneUsesACode) {
  const std::string recovery = TurnOn().front();
  Keeper keeper(*engine_);
  Passwords passwords(keeper, pool_, *rules_, keys_->refresh());
  SecondFactors factors(keeper, passwords, *keys_);
  for (const std::string& code : {CodeAt(0), recovery}) {
    auto use = [&]() -> Task<call::Answer<bool>> {
      for (;;) {
        auto calls = co_await factors.Using(context(), Proven{.user = user_, .hash = "", .rehash = ""}, code);
        if (!calls) co_return std::unexpected(calls.error());
        auto done = co_await keeper.DoAll(context(), std::move(*calls));
        if (done) co_return true;
        EXPECT_EQ(done.error().error.code, Code::kPreconditionFailed);
      }
    };
    EXPECT_EQ(OfFifty(use), 1) << code;
  }
}

TEST_F(SecondFactorTest, OfFiftyWhoSignInAtOnceWithOneCodeOneDoes) {
  const std::string recovery = TurnOn().front();
  for (const std::string& code : {CodeAt(0), recovery}) {
    auto login = [&]() -> Task<call::Answer<bool>> {
      auto signed_in = co_await Login(code);
      if (!signed_in) co_return std::unexpected(signed_in.error());
      co_return true;
    };
    EXPECT_EQ(OfFifty(login), 1) << code;
    clock_.seconds += 1;  // a crowd locks itself out for a second
  }
}

TEST_F(SecondFactorTest, ARecoveryCodeIsGoodOnceAndTheOthersStay) {
  auto codes = TurnOn();
  for (const std::string& code : codes) {
    EXPECT_TRUE(Wait(Login(code)));
    EXPECT_EQ(CodeOf(Wait(Login(code))), Code::kInvalidCredentials);
  }
  EXPECT_TRUE(Wait(Login(CodeAt(0))));
}

TEST_F(SecondFactorTest, TurningItOnOrOffEndsTheOtherSessions) {
  const std::string before = AccountsWorld::Login()->tokens.refresh;
  TurnOn();
  EXPECT_EQ(CodeOf(Refresh(before)), Code::kInvalidCredentials);
  const std::string between = Wait(Login(CodeAt(0)))->tokens.refresh;
  EXPECT_EQ(CodeOf(End("")), Code::kSecondFactorRequired);
  EXPECT_EQ(CodeOf(End("000000")), Code::kInvalidCredentials);
  ASSERT_TRUE(End(CodeAt(1)));
  EXPECT_EQ(CodeOf(Refresh(between)), Code::kInvalidCredentials);
  EXPECT_TRUE(AccountsWorld::Login());
  EXPECT_EQ(CodeOf(End("000000")), Code::kNotFound);
  EXPECT_EQ(Failures(), 0);
}

TEST_F(SecondFactorTest, IsBegunByWhoHasThePasswordAndConfirmedInTime) {
  EXPECT_EQ(CodeOf(Confirm("000000")), Code::kConflict);
  EXPECT_EQ(CodeOf(Begin("wrong")), Code::kInvalidCredentials);
  EXPECT_EQ(CodeOf(Confirm("000000")), Code::kConflict);
  ASSERT_TRUE(Begin());
  clock_.seconds += 15 * 60 + 1;
  EXPECT_EQ(CodeOf(Confirm(CodeAt(0))), Code::kConflict);
  ASSERT_TRUE(Begin());
  clock_.seconds += 15 * 60;
  std::string wrong;
  for (int i = 0; i < 5; ++i) {
    auto answer = Confirm("no code");
    EXPECT_EQ(CodeOf(answer), Code::kInvalidCredentials);
    wrong = answer.error().message;
  }
  auto locked = Confirm(CodeAt(0));
  EXPECT_EQ(CodeOf(locked), Code::kInvalidCredentials) << "guesses lock as passwords do";
  EXPECT_EQ(locked.error().message, wrong);
  EXPECT_EQ(wrong, "the code is not right");
}

TEST_F(SecondFactorTest, WhoGuessedWrongWaitsAndConfirms) {
  ASSERT_TRUE(Begin());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(CodeOf(Confirm("no code")), Code::kInvalidCredentials);
  clock_.seconds += 1;
  EXPECT_TRUE(Confirm(CodeAt(0)));
  EXPECT_EQ(Failures(), 0);
}

TEST_F(SecondFactorTest, OneThatIsOnIsNotReplaced) {
  TurnOn();
  EXPECT_EQ(CodeOf(Begin()), Code::kConflict);
  EXPECT_EQ(CodeOf(Confirm(CodeAt(0))), Code::kConflict);
  EXPECT_TRUE(Wait(Login(CodeAt(0))));
}

TEST_F(SecondFactorTest, ANewPasswordNeedsItToo) {
  TurnOn();
  auto change = [&](const std::string& code) {
    Json body = Of(
        fmt::format(R"({{"currentPassword":"{}","newPassword":"another horse staple","code":"{}"}})", kPassword, code));
    return Wait(accounts_->ChangePassword(context(), user_, "", std::move(body)));
  };
  EXPECT_EQ(CodeOf(change("")), Code::kSecondFactorRequired);
  EXPECT_EQ(CodeOf(change("000000")), Code::kInvalidCredentials);
  EXPECT_TRUE(change(CodeAt(0)));
  EXPECT_EQ(CodeOf(Wait(Login(CodeAt(1)))), Code::kInvalidCredentials);
  EXPECT_TRUE(Wait(Login(CodeAt(1), "another horse staple")));
}

TEST_F(SecondFactorTest, WhatIsKeptIsOfItsUserAndKeyAlone) {
  TurnOn();
  Keeper keeper(*engine_);
  Keeper::Body body;
  body.emplace_back("secret", Json(Base64UrlEncode(SealAesGcm(keys_->second_factor(), "another user", Secret()))));
  const std::string code = CodeAt(0);
  ASSERT_TRUE(Wait(keeper.Do(context(), keeper.Changing(Row(), user_, std::move(body)))));
  EXPECT_EQ(CodeOf(Wait(Login(code))), Code::kInternal);
}

}  // namespace
}  // namespace ashlar::identity
