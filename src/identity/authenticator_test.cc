// SPDX-License-Identifier: Apache-2.0
#include "identity/authenticator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/await.h"
#include "contract/contract.h"
#include "identity/world_test.h"
#include "store/sqlite/sqlite_store.h"
#include "types/uuid.h"

// After base/await.h.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ashlar::identity {
namespace {

constexpr const char* kContract = R"(service: shop
roles:
  staff: {}
  admin: { inherits: [staff] }
resources:
  Thing:
    fields: { name: string! }
    access: { read: public }
)";
constexpr const char* kAnn = "00000000-0000-4000-8000-00000000000a";

// Answers in another turn of the loop, as a store does that cannot answer at once; or fails.
class TestSession final : public store::Session {
 public:
  TestSession(std::unique_ptr<store::Session> real, boost::asio::io_context& loop)
      : real_(std::move(real)), loop_(loop) {}

  Eventually<Result<store::Outcomes>> Run(Context& context, store::Unit& unit) override {
    ++runs;
    if (broken) return Result<store::Outcomes>(Fail(ErrorKind::kUnavailable, "broken"));
    if (late) return RunLater(context, unit);
    return real_->Run(context, unit);
  }
  void TurnEnds() override { real_->TurnEnds(); }

  int runs = 0;
  bool late = false;
  bool broken = false;

 private:
  Task<Result<store::Outcomes>> RunLater(Context& context, store::Unit& unit) {
    co_await boost::asio::post(loop_, boost::asio::use_awaitable);
    auto outcomes = co_await Await(real_->Run(context, unit));
    co_return outcomes;
  }
  std::unique_ptr<store::Session> real_;
  boost::asio::io_context& loop_;
};

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    std::string pattern = testing::TempDir() + "ashlar-auth-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    contract::Source source{"ashlar.yaml", kContract};
    service_ = *contract::Compile({&source, 1}, {});
    store_ = *store::sqlite::Open(*service_, {.path = folder_ + "/s.db"}, silence_);
    keys_ = std::make_unique<ServiceKeys>(*ServiceKeys::Open(folder_ + "/s.db.key"));
    planner_ = std::make_unique<plan::Planner>(*service_, keys_->cursor());
    session_ = std::make_unique<TestSession>(store_->Open(loop_), loop_);
    engine_ = std::make_unique<engine::Engine>(*planner_, *session_, underway_);
    authenticator_ = std::make_unique<Authenticator>(*keys_, *engine_);
  }
  ~AuthenticatorTest() override {
    store_->Close();
    std::filesystem::remove_all(folder_);
  }

  Context MakeContext() { return {"request", {}, clock_, silence_}; }

  call::Answer<call::CallerPtr> Ask(const http::Request& request) {
    Context context = MakeContext();
    session_->TurnEnds();
    auto answer = authenticator_->Authenticate(context, request);
    if (answer.ready()) return std::move(answer.value());
    call::Answer<call::CallerPtr> done;
    boost::asio::co_spawn(loop_, std::move(answer.task()),
                          [&](std::exception_ptr, call::Answer<call::CallerPtr> caller) { done = std::move(caller); });
    loop_.restart();
    loop_.run();
    return done;
  }
  call::Answer<call::CallerPtr> AskWith(const std::string& token) {
    http::Request request;
    request.headers = {{"Authorization", "Bearer " + token}};
    return Ask(request);
  }
  call::Code Refusal(const http::Request& request) {
    auto answer = Ask(request);
    EXPECT_FALSE(answer);
    return answer ? call::Code::kInternal : answer.error().code;
  }
  call::Code Refusal(const std::string& token) {
    http::Request request;
    request.headers = {{"Authorization", "Bearer " + token}};
    return Refusal(request);
  }

  std::string Token(const std::string& subject, std::vector<std::string> roles = {}, int64_t lifetime = 3600) {
    Claims claims{.subject = subject, .roles = std::move(roles), .issued_at = clock_.seconds};
    claims.expires_at = clock_.seconds + lifetime;
    claims.id = fmt::format("t{}", ++tokens_);
    return SignToken(keys_->signing(), "shop", claims);
  }
  void Write(model::OperationKind kind, const std::string& id, const std::string& body) {
    call::Call call;
    call.operation = service_->FindOperation(service_->user, kind);
    call.id = kind == model::OperationKind::kCreate ? "" : id;
    call.body = *json::Parse(body);
    call::Caller caller;
    caller.kind = call::Caller::Kind::kOperator;
    Context context = MakeContext();
    auto answers = engine::RunAll(*planner_, *store_, context, caller, {call});
    ASSERT_TRUE(answers[0]) << answers[0].error().message;
  }
  void AddAnn(const std::string& roles = "[]") {
    Write(model::OperationKind::kCreate, "",
          fmt::format(R"({{"id":"{}","email":"ann@example.com","roles":{}}})", kAnn, roles));
  }
  void ChangeAnn(const std::string& body) { Write(model::OperationKind::kUpdate, kAnn, body); }

  std::string folder_;
  TestClock clock_;
  Silence silence_;
  boost::asio::io_context loop_;
  std::shared_ptr<const model::Service> service_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ServiceKeys> keys_;
  std::unique_ptr<plan::Planner> planner_;
  std::unique_ptr<TestSession> session_;
  engine::Underway underway_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<Authenticator> authenticator_;
  int tokens_ = 0;
};

TEST_F(AuthenticatorTest, WithoutACredentialAnonymous) {
  http::Request request;
  request.headers = {{"Cookie", "session=x"}, {"Accept", "*/*"}};
  auto caller = Ask(request);
  ASSERT_TRUE(caller);
  EXPECT_TRUE((*caller)->anonymous());
  EXPECT_EQ(session_->runs, 0);
}

TEST_F(AuthenticatorTest, OtherCredentialsAreRefusedNotIgnored) {
  std::string good = "Bearer " + Token("", {"admin"});
  const std::vector<std::vector<http::Header>> cases = {
      {{"Authorization", "Basic YTpi"}},
      {{"Authorization", ""}},
      {{"Authorization", "Bearer"}},
      {{"Authorization", "Bearer "}},
      {{"Authorization", "Bearer  " + good.substr(7)}},
      {{"Authorization", good.substr(7)}},
      {{"Authorization", good}, {"authorization", good}},
      {{"Authorization", good}, {"Authorization", "Basic YTpi"}},
      {{"X-Api-Key", "k"}},
      {{"Authorization", good}, {"x-api-key", "k"}},
  };
  for (const auto& headers : cases) {
    http::Request request;
    request.headers = headers;
    EXPECT_EQ(Refusal(request), call::Code::kInvalidCredentials) << headers[0].value;
  }
  http::Request key;
  key.headers = {{"X-Api-Key", "very-secret"}};
  EXPECT_THAT(Ask(key).error().message,
              testing::AllOf(testing::HasSubstr("X-Api-Key"), testing::Not(testing::HasSubstr("secret"))));
}

TEST_F(AuthenticatorTest, TheSchemeIsReadInAnyCase) {
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER "}) {
    http::Request request;
    request.headers = {{"authorization", scheme + Token("")}};
    EXPECT_TRUE(Ask(request));
  }
}

TEST_F(AuthenticatorTest, AServiceHasTheRolesOfItsTokenAndWhatTheyInherit) {
  auto caller = AskWith(Token("", {"admin", "gone"}));
  ASSERT_TRUE(caller);
  EXPECT_EQ((*caller)->kind, call::Caller::Kind::kPrincipal);
  EXPECT_EQ((*caller)->principal.kind, "service");
  EXPECT_TRUE((*caller)->principal.id.is_null());
  EXPECT_TRUE((*caller)->principal.email.is_null());
  EXPECT_EQ((*caller)->id, "");
  EXPECT_THAT((*caller)->principal.roles, testing::UnorderedElementsAre("admin", "staff"));
  EXPECT_EQ(*(*caller)->principal.claims.Find("aud")->string(), "shop");
  EXPECT_EQ(session_->runs, 0);
}

TEST_F(AuthenticatorTest, AUserHasTheRolesOfTokenAndRow) {
  AddAnn(R"(["staff"])");
  auto caller = AskWith(Token(kAnn, {"admin"}));
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_EQ((*caller)->id, kAnn);
  EXPECT_EQ((*caller)->principal.kind, "user");
  EXPECT_EQ(*(*caller)->principal.id.get<types::Uuid>(), *types::ParseUuid(kAnn));
  EXPECT_EQ(*(*caller)->principal.email.get<std::string>(), "ann@example.com");
  EXPECT_THAT((*caller)->principal.roles, testing::UnorderedElementsAre("admin", "staff"));
  EXPECT_THAT((*AskWith(Token(kAnn)))->principal.roles, testing::ElementsAre("staff"));
}

TEST_F(AuthenticatorTest, AUserWhoIsNotThereIsRefused) {
  EXPECT_EQ(Refusal(Token(kAnn)), call::Code::kInvalidCredentials);
  EXPECT_EQ(Refusal(Token("ann")), call::Code::kInvalidCredentials);
  EXPECT_EQ(authenticator_->kept(), 0u);
}

TEST_F(AuthenticatorTest, WhatTheRowSaysCountsWithinTheRefresh) {
  AddAnn();
  std::string token = Token(kAnn);
  EXPECT_TRUE((*AskWith(token))->principal.roles.empty());
  ChangeAnn(R"({"roles":["staff"]})");
  clock_.seconds += Authenticator::kRefreshSeconds;
  EXPECT_THAT((*AskWith(token))->principal.roles, testing::ElementsAre("staff"));
  ChangeAnn(R"({"disabled":true})");
  clock_.seconds += Authenticator::kRefreshSeconds;
  EXPECT_EQ(Refusal(token), call::Code::kInvalidCredentials);
  EXPECT_EQ(authenticator_->kept(), 0u);
  ChangeAnn(R"({"disabled":false})");
  EXPECT_TRUE(AskWith(token));
}

TEST_F(AuthenticatorTest, TheRowIsAskedOnceARefresh) {
  AddAnn();
  std::string token = Token(kAnn);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(AskWith(token));
  EXPECT_EQ(session_->runs, 1);
  clock_.seconds += Authenticator::kRefreshSeconds;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(AskWith(token));
  EXPECT_EQ(session_->runs, 2);
}

TEST_F(AuthenticatorTest, AKeptTokenExpires) {
  AddAnn();
  for (const std::string& token : {Token("", {"staff"}, 3), Token(kAnn, {}, 3)}) {
    clock_.seconds = 1'800'000'000;
    EXPECT_TRUE(AskWith(token));
    clock_.seconds += 2;
    EXPECT_TRUE(AskWith(token));
    clock_.seconds += 1;
    EXPECT_EQ(Refusal(token), call::Code::kTokenExpired);
    EXPECT_EQ(Refusal(token), call::Code::kTokenExpired);
  }
  EXPECT_EQ(authenticator_->kept(), 0u);
}

TEST_F(AuthenticatorTest, AKeptTokenDoesNotVouchForOneLikeIt) {
  std::string token = Token("", {"staff"});
  EXPECT_TRUE(AskWith(token));
  std::string other = token;
  other.back() = other.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(Refusal(other), call::Code::kInvalidCredentials);
  EXPECT_EQ(Refusal(token + "A"), call::Code::kInvalidCredentials);
  EXPECT_EQ(authenticator_->kept(), 1u);
}

TEST_F(AuthenticatorTest, AKeptTokenIsVoidWhenItsKeyIsTakenAway) {
  std::string token = Token("", {"staff"});
  EXPECT_TRUE(AskWith(token));
  ASSERT_TRUE(keys_->Rotate(false));
  EXPECT_TRUE(AskWith(token));
  ASSERT_TRUE(keys_->Rotate(true));
  EXPECT_EQ(Refusal(token), call::Code::kInvalidCredentials);
  EXPECT_EQ(authenticator_->kept(), 0u);
  EXPECT_TRUE(AskWith(Token("")));
}

TEST_F(AuthenticatorTest, TheAnswerMayComeLater) {
  AddAnn(R"(["staff"])");
  session_->late = true;
  auto caller = AskWith(Token(kAnn));
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_THAT((*caller)->principal.roles, testing::ElementsAre("staff"));
  EXPECT_EQ(Refusal(Token("00000000-0000-4000-8000-00000000000b")), call::Code::kInvalidCredentials);
}

TEST_F(AuthenticatorTest, AStoreInTroubleIsNotTakenForABadCredential) {
  AddAnn();
  std::string token = Token(kAnn);
  EXPECT_TRUE(AskWith(token));
  session_->broken = true;
  EXPECT_TRUE(AskWith(token));
  clock_.seconds += Authenticator::kRefreshSeconds;
  EXPECT_EQ(Refusal(token), call::Code::kUnavailable);
  EXPECT_TRUE(AskWith(Token("")));  // needs no row
}

TEST_F(AuthenticatorTest, WhatIsKeptIsBounded) {
  std::string first = Token("");
  EXPECT_TRUE(AskWith(first));
  for (size_t i = 0; i < Authenticator::kMaxKept + 5; ++i) EXPECT_TRUE(AskWith(Token("")));
  EXPECT_EQ(authenticator_->kept(), Authenticator::kMaxKept);
  EXPECT_TRUE(AskWith(first));
  EXPECT_EQ(authenticator_->kept(), Authenticator::kMaxKept);
}

}  // namespace
}  // namespace ashlar::identity
