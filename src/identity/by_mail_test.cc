// SPDX-License-Identifier: Apache-2.0
// What Users do by mail: registration, proved addresses, forgotten passwords, invitations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/accounts_world_test.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr const char* kMailContract = R"yaml(service: shop
identity:
  register: open
  verification: required
  links:
    verify: https://x.example/v#{token}
    reset: https://x.example/r#{token}
    invite: https://x.example/i#{token}
resources:
  User:
    audit: true
    fields:
      nick: { type: string, max: 20, unique: true }
    checks:
      - { rule: "!email.endsWith('@bad.example')", message: no }
)yaml";

class ByMailTest : public testing::Test, protected AccountsWorld {
 protected:
  ByMailTest() : AccountsWorld(kMailContract, true), keeper_(std::make_unique<Keeper>(*engine_)) {}

  call::Answer<std::optional<call::Outcome>> Register(const std::string& email, const std::string& more = "") {
    return Wait(accounts_->Register(context(),
                                    Of(fmt::format(R"({{"email":"{}","password":"{}"{}}})", email, kPassword, more))));
  }
  bool MaySignIn(const std::string& password = kPassword, const std::string& email = "ann@example.com") {
    auto body = Of(fmt::format(R"({{"email":"{}","password":"{}"}})", email, password));
    return Wait(accounts_->Login(context(), std::move(body), {})).has_value();
  }
  Task<call::Answer<bool>> Verifying(const std::string& token) {
    return accounts_->verification().Verify(context(), Of(fmt::format(R"({{"token":"{}"}})", token)));
  }
  Task<call::Answer<bool>> Resetting(const std::string& token, const std::string& password) {
    return accounts_->recovery().Reset(context(),
                                       Of(fmt::format(R"({{"token":"{}","newPassword":"{}"}})", token, password)));
  }
  call::Answer<bool> Forget(const std::string& email = "ann@example.com") {
    return Wait(accounts_->recovery().Forgot(context(), Of(fmt::format(R"({{"email":"{}"}})", email))));
  }
  // All rows of a resource.
  call::RowSet Rows(model::ResourceId resource) {
    call::Call call = CallOn(*service_, resource, model::OperationKind::kList);
    call.sort.push_back({"id", false});
    call.paging.per_page = 100;
    auto found = Wait(keeper_->Do(context(), std::move(call)));
    return std::move(found->rows);
  }
  // "kind recipient" of what waits, and the token of the last of a kind, as its recipient gets it.
  std::vector<std::string> Queue() {
    const model::Resource& mail = service_->resource(service_->mail);
    call::RowSet rows = Rows(service_->mail);
    std::vector<std::string> queue;
    for (size_t row = 0; row < rows.rows.size(); ++row) {
      queue.push_back(TextIn(mail, rows, "kind", row) + " " + TextIn(mail, rows, "recipient", row));
    }
    std::ranges::sort(queue);
    return queue;
  }
  std::string LastToken(MailKind kind) {
    const model::Resource& mail = service_->resource(service_->mail);
    call::RowSet rows = Rows(service_->mail);
    for (size_t row = rows.rows.size(); row-- > 0;) {
      if (TextIn(mail, rows, "kind", row) != RowOf(kind).name) continue;
      return WriteTicket(TicketKey(keys_->refresh()),
                         {*RowOf(kind).purpose, *types::ParseUuid(IdIn(mail, rows, "ticket", row)),
                          NumberIn(mail, rows, "stamp", row)});
    }
    return "none";
  }
  std::string Ann() {
    EXPECT_TRUE(Register("ann@example.com"));
    EXPECT_TRUE(Wait(Verifying(LastToken(MailKind::kVerify))));
    return TextIn(keeper_->user(), Rows(service_->user), "email") == "ann@example.com"
               ? IdIn(keeper_->user(), Rows(service_->user), "id")
               : "";
  }

  std::unique_ptr<Keeper> keeper_;
};

int Successes(const std::vector<call::Answer<bool>>& answers) {
  return static_cast<int>(std::ranges::count_if(answers, [](const auto& one) { return one.has_value(); }));
}

TEST_F(ByMailTest, NobodySignsInBeforeTheAddressIsProved) {
  auto registered = Register("Ann@Example.com");
  ASSERT_TRUE(registered) << registered.error().message;
  EXPECT_FALSE(*registered);
  EXPECT_THAT(Queue(), testing::ElementsAre("verify ann@example.com"));
  EXPECT_FALSE(MaySignIn());
  EXPECT_TRUE(Wait(Verifying(LastToken(MailKind::kVerify))));
  EXPECT_TRUE(MaySignIn());
}

TEST_F(ByMailTest, WhoRegistersWithAKnownAddressIsToldTheSameAndItsOwnerByMail) {
  Ann();
  auto registered = Register("ann@example.com", R"(,"nick":"other")");
  ASSERT_TRUE(registered);
  EXPECT_FALSE(*registered);
  EXPECT_EQ(Rows(service_->user).rows.size(), 1u);
  EXPECT_THAT(Queue(), testing::Contains("taken ann@example.com"));
  EXPECT_TRUE(MaySignIn());
}

TEST_F(ByMailTest, MistakesAreToldBeforeItShowsWhetherTheAddressIsKnown) {
  Ann();
  for (const char* email : {"ann@example.com", "new@example.com"}) {
    auto long_one = Register(email, R"(,"nick":"123456789012345678901")");
    ASSERT_FALSE(long_one) << email;
    EXPECT_EQ(long_one.error().details.at(0).field, "nick");
  }
  ASSERT_TRUE(Register("bob@example.com", R"(,"nick":"bob")"));
  for (const char* email : {"ann@example.com", "new@example.com"}) {
    auto taken = Register(email, R"(,"nick":"bob")");
    ASSERT_FALSE(taken) << email;
    EXPECT_EQ(taken.error().code, Code::kConflict);
  }
  auto bad = Register("ann@bad.example");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Code::kValidationError);
}

TEST_F(ByMailTest, ManyRegistrationsOfOneAddressAtOnceMakeOneAccount) {
  auto answers = AllOf<call::Answer<std::optional<call::Outcome>>>(20, [&] {
    return accounts_->Register(context(),
                               Of(fmt::format(R"({{"email":"ann@example.com","password":"{}"}})", kPassword)));
  });
  for (const auto& answer : answers) EXPECT_TRUE(answer && !*answer) << answer.error().message;
  EXPECT_EQ(Rows(service_->user).rows.size(), 1u);
  std::vector<std::string> queue = Queue();
  EXPECT_EQ(std::ranges::count(queue, "verify ann@example.com"), 1);
  EXPECT_EQ(std::ranges::count(queue, "taken ann@example.com"), kMostMailsAtOnce - 1);
}

TEST_F(ByMailTest, AVerificationIsGoodOnceAndForADay) {
  Register("ann@example.com");
  const std::string token = LastToken(MailKind::kVerify);
  EXPECT_EQ(Successes(AllOf<call::Answer<bool>>(50, [&] { return Verifying(token); })), 1);
  EXPECT_FALSE(Wait(Verifying(token)));
  Register("bob@example.com");
  const std::string late = LastToken(MailKind::kVerify);
  clock_.seconds += 86'400;
  EXPECT_FALSE(Wait(Verifying(late)));
  EXPECT_TRUE(Wait(accounts_->verification().Resend(context(), Of(R"({"email":"bob@example.com"})"))));
  EXPECT_FALSE(Wait(Verifying(late)));
  EXPECT_TRUE(Wait(Verifying(LastToken(MailKind::kVerify))));
  EXPECT_TRUE(Wait(accounts_->verification().Resend(context(), Of(R"({"email":"bob@example.com"})"))));
  EXPECT_THAT(Queue(), testing::Contains("nothing "));
}

TEST_F(ByMailTest, AResetSetsThePasswordOnceAndEndsEverySession) {
  const std::string id = Ann();
  EXPECT_TRUE(MaySignIn());
  ASSERT_TRUE(Forget());
  const std::string token = LastToken(MailKind::kReset);
  EXPECT_FALSE(Wait(Resetting(token, "short")));
  auto answers = AllOf<call::Answer<bool>>(50, [&] { return Resetting(token, "another horse staple"); });
  EXPECT_EQ(Successes(answers), 1);
  EXPECT_FALSE(Wait(Resetting(token, "another horse staple")));
  EXPECT_TRUE(Wait(accounts_->sessions().List(context(), id))->empty());
  EXPECT_FALSE(MaySignIn());
  EXPECT_TRUE(MaySignIn("another horse staple"));
  EXPECT_THAT(Queue(), testing::Contains("passwordChanged ann@example.com"));
}

TEST_F(ByMailTest, AResetIsSpoiledByTheNextByTimeAndByAnotherPassword) {
  const std::string id = Ann();
  ASSERT_TRUE(Forget());
  const std::string first = LastToken(MailKind::kReset);
  ASSERT_TRUE(Forget());
  EXPECT_FALSE(Wait(Resetting(first, "another horse staple")));
  const std::string second = LastToken(MailKind::kReset);
  clock_.seconds += 1800;
  EXPECT_FALSE(Wait(Resetting(second, "another horse staple")));
  ASSERT_TRUE(Forget());
  const std::string third = LastToken(MailKind::kReset);
  Json change = Of(fmt::format(R"({{"currentPassword":"{}","newPassword":"changed horse staple"}})", kPassword));
  ASSERT_TRUE(Wait(accounts_->ChangePassword(context(), id, "", change)));
  EXPECT_FALSE(Wait(Resetting(third, "another horse staple")));
  EXPECT_TRUE(MaySignIn("changed horse staple"));
}

TEST_F(ByMailTest, AResetProvesTheAddressAndGivesAPasswordToWhoHadNone) {
  ASSERT_TRUE(Register("ann@example.com"));
  ASSERT_TRUE(Forget());
  EXPECT_TRUE(Wait(Resetting(LastToken(MailKind::kReset), "another horse staple")));
  EXPECT_TRUE(MaySignIn("another horse staple"));
  Json row = Of(R"({"email":"bob@example.com"})");
  ASSERT_TRUE(Wait(keeper_->Do(context(), keeper_->Making(keeper_->user(), std::move(row)))));
  ASSERT_TRUE(Forget("bob@example.com"));
  EXPECT_TRUE(Wait(Resetting(LastToken(MailKind::kReset), "another horse staple")));
  EXPECT_TRUE(MaySignIn("another horse staple", "bob@example.com"));
}

TEST_F(ByMailTest, ATicketOfOnePurposeIsOfNoUseForAnother) {
  Ann();
  ASSERT_TRUE(Forget());
  const std::string reset = LastToken(MailKind::kReset);
  EXPECT_FALSE(Wait(Verifying(reset)));
  ASSERT_TRUE(Register("bob@example.com"));
  EXPECT_FALSE(Wait(Resetting(LastToken(MailKind::kVerify), "another horse staple")));
  Json invited = Of(fmt::format(R"({{"token":"{}","password":"{}"}})", reset, kPassword));
  EXPECT_FALSE(Wait(accounts_->Register(context(), std::move(invited))));
  EXPECT_TRUE(Wait(Resetting(reset, "another horse staple")));
}

TEST_F(ByMailTest, ANewAddressIsTheUsersOnceItIsProvedAndTheOldOneIsTold) {
  const std::string id = Ann();
  auto change = [&](const std::string& email, const std::string& password = kPassword) {
    return Wait(accounts_->verification().ChangeEmail(
        context(), id, Of(fmt::format(R"({{"newEmail":"{}","currentPassword":"{}"}})", email, password))));
  };
  EXPECT_FALSE(change("new@example.com", "wrong"));
  EXPECT_FALSE(change("ann@example.com"));
  EXPECT_FALSE(change("none"));
  EXPECT_FALSE(change("ann@bad.example"));
  ASSERT_TRUE(Forget());
  const std::string reset = LastToken(MailKind::kReset);
  ASSERT_TRUE(change("New@Example.com"));
  EXPECT_TRUE(MaySignIn());
  const std::string token = LastToken(MailKind::kChange);
  EXPECT_EQ(Successes(AllOf<call::Answer<bool>>(50, [&] { return Verifying(token); })), 1);
  EXPECT_FALSE(MaySignIn());
  EXPECT_TRUE(MaySignIn(kPassword, "new@example.com"));
  EXPECT_THAT(Queue(), testing::Contains("emailChanged ann@example.com"));
  EXPECT_FALSE(Wait(Resetting(reset, "another horse staple")));  // it went to the old one
}

TEST_F(ByMailTest, AnAddressThatSomebodyHasIsNotToldToWhoWantsIt) {
  const std::string id = Ann();
  ASSERT_TRUE(Register("bob@example.com"));
  auto change = [&](const std::string& email) {
    return Wait(accounts_->verification().ChangeEmail(
        context(), id, Of(fmt::format(R"({{"newEmail":"{}","currentPassword":"{}"}})", email, kPassword))));
  };
  EXPECT_TRUE(change("bob@example.com"));
  EXPECT_THAT(Queue(), testing::Contains("taken bob@example.com"));
  EXPECT_THAT(Queue(), testing::Not(testing::Contains("change bob@example.com")));
  ASSERT_TRUE(change("cid@example.com"));
  const std::string token = LastToken(MailKind::kChange);
  ASSERT_TRUE(Register("cid@example.com"));  // meanwhile
  auto verified = Wait(Verifying(token));
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Code::kConflict);
}

TEST_F(ByMailTest, APasswordThatIsResetSpoilsANewAddressThatWasAskedFor) {
  const std::string id = Ann();
  Json body = Of(fmt::format(R"({{"newEmail":"thief@example.com","currentPassword":"{}"}})", kPassword));
  ASSERT_TRUE(Wait(accounts_->verification().ChangeEmail(context(), id, std::move(body))));
  const std::string token = LastToken(MailKind::kChange);
  ASSERT_TRUE(Forget());
  ASSERT_TRUE(Wait(Resetting(LastToken(MailKind::kReset), "another horse staple")));
  EXPECT_FALSE(Wait(Verifying(token)));
}

TEST_F(ByMailTest, NobodyIsFloodedAndTheLastTokenStaysGood) {
  Ann();  // one mail
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Forget());
  std::vector<std::string> queue = Queue();
  EXPECT_EQ(std::ranges::count(queue, "reset ann@example.com"), kMostMailsAtOnce - 1);
  EXPECT_EQ(std::ranges::count(queue, "nothing "), 20 - (kMostMailsAtOnce - 1));
  EXPECT_TRUE(Wait(Resetting(LastToken(MailKind::kReset), "another horse staple")));
  clock_.seconds += 12 * 60;
  ASSERT_TRUE(Forget());
  ASSERT_TRUE(Forget());
  queue = Queue();
  EXPECT_EQ(std::ranges::count(queue, "reset ann@example.com"), kMostMailsAtOnce);
}

TEST_F(ByMailTest, WhoAsksForMuchBringsLittleAbout) {
  const std::string id = Ann();
  for (int i = 0; i < 8; ++i) {
    Json body = Of(fmt::format(R"({{"newEmail":"victim{}@example.com","currentPassword":"{}"}})", i, kPassword));
    EXPECT_TRUE(Wait(accounts_->verification().ChangeEmail(context(), id, std::move(body))));
  }
  std::vector<std::string> queue = Queue();
  EXPECT_EQ(std::ranges::count_if(queue, [](const std::string& one) { return one.starts_with("change "); }),
            kMostMailsAtOnce);
}

TEST_F(ByMailTest, ManyWhoForgetAtOnceGetWhatOneByOneWould) {
  Ann();
  auto answers = AllOf<call::Answer<bool>>(
      50, [&] { return accounts_->recovery().Forgot(context(), Of(R"({"email":"ann@example.com"})")); });
  EXPECT_EQ(Successes(answers), 50);
  std::vector<std::string> queue = Queue();
  EXPECT_EQ(std::ranges::count(queue, "reset ann@example.com"), kMostMailsAtOnce - 1);
}

TEST_F(ByMailTest, AnInvitationMakesOneAccountWithItsAddressAndRoles) {
  const Ticket ticket = NewTicket(TicketKey(keys_->refresh()), Purpose::kInvite, "ann@example.com");
  call::Call issue = IssueCall(*service_, ticket, {"", "ann@example.com", {"editor"}}, clock_.NowMicros(), 100);
  ASSERT_TRUE(Wait(keeper_->Do(context(), std::move(issue))));
  auto accept = [&](const std::string& more) {
    return accounts_->Register(context(),
                               Of(fmt::format(R"({{"token":"{}","password":"{}"{}}})",
                                              WriteTicket(TicketKey(keys_->refresh()), ticket), kPassword, more)));
  };
  EXPECT_FALSE(Wait(accept(R"(,"email":"bob@example.com")")));
  EXPECT_FALSE(Wait(accept(R"(,"roles":["owner"])")));
  using Made = call::Answer<std::optional<call::Outcome>>;
  auto answers = AllOf<Made>(50, [&] { return accept(""); });
  EXPECT_EQ(std::ranges::count_if(answers, [](const Made& one) { return one.has_value(); }), 1);
  call::RowSet users = Rows(service_->user);
  ASSERT_EQ(users.rows.size(), 1u);
  EXPECT_EQ(TextIn(keeper_->user(), users, "email"), "ann@example.com");
  EXPECT_TRUE(FlagIn(keeper_->user(), users, "emailVerified"));
  const types::Value roles = ValueOf(keeper_->user(), users, "roles");
  ASSERT_EQ(roles.get<types::List>()->items.size(), 1u);
  EXPECT_EQ(*roles.get<types::List>()->items[0].get<std::string>(), "editor");
  EXPECT_TRUE(MaySignIn());
}

TEST_F(ByMailTest, AsMuchIsWrittenForWhoIsNotThere) {
  Ann();
  auto rows = [&] {
    size_t all = 0;
    for (model::ResourceId one :
         {service_->user, service_->credential, service_->ticket, service_->mail, service_->mailbox, service_->event}) {
      const model::Resource& resource = service_->resource(one);
      call::RowSet set = Rows(one);
      for (size_t row = 0; row < set.rows.size(); ++row) {
        all += static_cast<size_t>(NumberIn(resource, set, "version", row));
      }
    }
    return all;
  };
  auto cost = [&](const std::function<void()>& work) {
    ++clock_.seconds;  // what changes nothing is not written
    const size_t before = rows();
    work();
    return rows() - before;
  };
  const size_t forgot = cost([&] { Forget(); });
  EXPECT_EQ(cost([&] { Forget("nobody@example.com"); }), forgot);
  EXPECT_EQ(forgot, 3u);
  const size_t anew = cost([&] { Register("new@example.com"); });
  EXPECT_EQ(cost([&] { Register("ann@example.com"); }), anew + 1);  // for the audit of the other
  for (int i = 0; i < 10; ++i) Forget();
  EXPECT_EQ(cost([&] { Forget(); }), forgot);
  EXPECT_EQ(cost([&] { Register("ann@example.com"); }), anew + 1);
}

}  // namespace
}  // namespace ashlar::identity
