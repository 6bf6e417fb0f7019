// SPDX-License-Identifier: Apache-2.0
#include "identity/api_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "identity/accounts_world_test.h"
#include "identity/api_key.h"
#include "identity/authenticator.h"
#include "identity/row.h"
#include "types/datetime.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr const char* kTakingKeys = R"(service: shop
roles: { staff: {} }
identity: { apiKeys: { maxAge: 30d, perUser: 3 } }
resources:
  Order:
    fields: { note: string! }
    access: { read: signedIn, write: hasScope('reports') }
)";
constexpr const char* kAnn = "00000000-0000-4000-8000-00000000000a";
constexpr const char* kBob = "00000000-0000-4000-8000-00000000000b";
constexpr int64_t kDay = 86'400;

class ApiKeysTest : public testing::Test, protected AccountsWorld {
 protected:
  ApiKeysTest() : AccountsWorld(kTakingKeys) {
    authenticator_ = std::make_unique<Authenticator>(*keys_, *engine_, nullptr, &uses_);
    keeper_ = std::make_unique<Keeper>(*engine_);
    for (auto [id, email] : {std::pair(kAnn, "ann@example.com"), std::pair(kBob, "bob@example.com")}) {
      Do(keeper_->Making(keeper_->user(), Of(fmt::format(R"({{"id":"{}","email":"{}"}})", id, email))));
    }
  }
  void Do(call::Call call) {
    auto done = Wait(keeper_->Do(context(), std::move(call)));
    EXPECT_TRUE(done) << done.error().message;
  }
  void Change(const char* user, std::string_view field, Json value) {
    Keeper::Body body;
    body.emplace_back(field, std::move(value));
    Do(keeper_->Changing(keeper_->user(), user, std::move(body)));
  }

  call::Answer<ApiKeyMade> Make(const std::string& body = R"({"name":"ci"})", const char* user = kAnn) {
    return Wait(accounts_->api_keys().Make(context(), user, Of(body)));
  }
  std::string Key(const std::string& body = R"({"name":"ci"})") {
    auto made = Make(body);
    EXPECT_TRUE(made) << made.error().message;
    return made ? made->key : "";
  }
  // As the operator makes it.
  std::string Granted(const std::string& body) {
    auto wish = ReadApiKeyWish(*service_, Of(body), clock_.NowMicros(), true);
    auto rows = Wait(keeper_->Do(context(), keeper_->Finding(keeper_->api_key(), "userId", kAnn)));
    auto made = MakeApiKey(*service_, rows->rows, kAnn, *wish, clock_.NowMicros());
    EXPECT_TRUE(Wait(keeper_->DoAll(context(), made->calls)));
    return made->key;
  }
  call::Answer<call::CallerPtr> Ask(std::vector<http::Header> headers) {
    http::Request request;
    request.headers = std::move(headers);
    auto answer = authenticator_->Authenticate(context(), request);
    if (answer.ready()) return std::move(answer.value());
    return Wait(std::move(answer.task()));
  }
  call::Answer<call::CallerPtr> AskWith(const std::string& key) { return Ask({{"Authorization", "Bearer " + key}}); }
  Code Refusal(const std::string& key) {
    auto answer = AskWith(key);
    EXPECT_FALSE(answer);
    return answer ? Code::kInternal : answer.error().code;
  }
  std::vector<std::string> Wrong(const std::string& body) {
    auto made = Make(body);
    if (made) return {"none"};
    std::vector<std::string> told;
    for (const call::ErrorDetail& detail : made.error().details) {
      told.push_back(fmt::format("{} {}", detail.field, types::NameOf(detail.code)));
    }
    return told;
  }
  std::string In(int64_t seconds) {
    return types::FormatTimestamp(types::Timestamp{clock_.NowMicros() + seconds * 1'000'000});
  }

  KeyUses uses_;
  std::unique_ptr<Authenticator> authenticator_;
  std::unique_ptr<Keeper> keeper_;
};

TEST_F(ApiKeysTest, AKeyIsItsOwner) {
  Change(kAnn, "roles", Of(R"(["staff"])"));
  auto made = Make();
  ASSERT_TRUE(made) << made.error().message;
  for (auto headers : {http::Header{"Authorization", "Bearer " + made->key}, http::Header{"X-Api-Key", made->key}}) {
    auto caller = Ask({headers});
    ASSERT_TRUE(caller) << caller.error().message;
    EXPECT_EQ((*caller)->id, kAnn);
    EXPECT_EQ((*caller)->key, made->seen.id);
    EXPECT_EQ((*caller)->principal.kind, "apiKey");
    EXPECT_EQ(*(*caller)->principal.email.get<std::string>(), "ann@example.com");
    EXPECT_THAT((*caller)->principal.roles, testing::ElementsAre("staff"));
    EXPECT_EQ((*caller)->bounds, nullptr);
  }
  EXPECT_EQ(uses_.Take(clock_.NowMicros()).size(), 1u);
  EXPECT_EQ(authenticator_->kept(), 1u);
}

TEST_F(ApiKeysTest, NothingOfTheKeyIsKept) {
  const std::string key = Key();
  auto rows = Wait(keeper_->Do(context(), keeper_->Finding(keeper_->api_key(), "userId", kAnn)));
  EXPECT_EQ(TextIn(keeper_->api_key(), rows->rows, "hash"), HashApiKey(key));
  EXPECT_EQ(TextIn(keeper_->api_key(), rows->rows, "ending"), key.substr(key.size() - 4));
}

TEST_F(ApiKeysTest, OneCredentialIsTaken) {
  const std::string key = Key();
  EXPECT_FALSE(Ask({{"X-Api-Key", key}, {"X-Api-Key", key}}));
  EXPECT_FALSE(Ask({{"X-Api-Key", key}, {"Authorization", "Bearer " + key}}));
  EXPECT_FALSE(Ask({{"X-Api-Key", "Bearer " + key}}));
  EXPECT_FALSE(Ask({{"Authorization", "Basic " + key}}));
}

TEST_F(ApiKeysTest, AKeyThatIsNoneIsInvalid) {
  const std::string key = Key();
  const std::string of_none = NewApiKey(*types::ParseUuid(kBob));
  for (const std::string& bad : {NewApiKey(*ReadApiKey(key)), of_none, key + "0", key.substr(0, key.size() - 1),
                                 std::string("ashlar_"), std::string("ashlar_x.y.z")}) {
    EXPECT_EQ(Refusal(bad), Code::kInvalidCredentials) << bad;
  }
  EXPECT_EQ(authenticator_->kept(), 0u);
  EXPECT_TRUE(AskWith(key));
}

TEST_F(ApiKeysTest, RevocationExpiryAndTheOwnersRowCountWithinTheRefresh) {
  auto made = Make(fmt::format(R"({{"name":"ci","expiresAt":"{}"}})", In(kDay)));
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE(AskWith(made->key));
  Change(kAnn, "roles", Of(R"(["staff"])"));
  clock_.seconds += Authenticator::kRefreshSeconds;
  EXPECT_THAT((*AskWith(made->key))->principal.roles, testing::ElementsAre("staff"));
  Change(kAnn, "disabled", Json(true));
  clock_.seconds += Authenticator::kRefreshSeconds;
  EXPECT_EQ(Refusal(made->key), Code::kInvalidCredentials);
  Change(kAnn, "disabled", Json(false));
  ASSERT_TRUE(AskWith(made->key));
  clock_.seconds += kDay;
  EXPECT_EQ(Refusal(made->key), Code::kTokenExpired);
  EXPECT_EQ(Refusal(made->key), Code::kTokenExpired);
  auto other = Make();
  ASSERT_TRUE(AskWith(other->key));
  EXPECT_EQ(Wait(accounts_->api_keys().Revoke(context(), kBob, other->seen.id)).error().code, Code::kNotFound);
  EXPECT_TRUE(Wait(accounts_->api_keys().Revoke(context(), kAnn, other->seen.id)));
  EXPECT_EQ(Wait(accounts_->api_keys().Revoke(context(), kAnn, other->seen.id)).error().code, Code::kNotFound);
  clock_.seconds += Authenticator::kRefreshSeconds;
  EXPECT_EQ(Refusal(other->key), Code::kInvalidCredentials);
  EXPECT_EQ(authenticator_->kept(), 0u);
}

TEST_F(ApiKeysTest, TheStoreIsAskedOnceARefresh) {
  const std::string key = Key();
  EXPECT_TRUE(AskWith(key));
  http::Request request;
  request.headers = {{"X-Api-Key", key}};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(authenticator_->Authenticate(context(), request).ready());
  clock_.seconds += Authenticator::kRefreshSeconds;
  EXPECT_FALSE(authenticator_->Authenticate(context(), request).ready());
}

TEST_F(ApiKeysTest, ScopesNarrowAndThoseOfOnesOwnAreNotSeenByRules) {
  auto caller = AskWith(Key(R"({"name":"ci","scopes":["orders:read"]})"));
  ASSERT_TRUE(caller);
  ASSERT_NE((*caller)->bounds, nullptr);
  const model::ResourceId order = service_->FindResource("Order");
  EXPECT_TRUE((*caller)->bounds->Opens(order, &model::Access::list));
  EXPECT_FALSE((*caller)->bounds->Opens(order, &model::Access::create));
  EXPECT_TRUE((*caller)->principal.scopes.empty());
  EXPECT_THAT(Wrong(R"({"name":"ci","scopes":["reports"]})"), testing::ElementsAre("scopes[0] ENUM"));
  auto granted = AskWith(Granted(R"({"name":"ci","scopes":["orders:write","reports"]})"));
  ASSERT_TRUE(granted);
  EXPECT_THAT((*granted)->principal.scopes, testing::ElementsAre("orders:write", "reports"));
  EXPECT_FALSE((*granted)->bounds->Opens(order, &model::Access::list));
}

TEST_F(ApiKeysTest, AllMistakesAreToldAtOnce) {
  using testing::ElementsAre;
  EXPECT_THAT(Wrong("[]"), ElementsAre(" WRONG_TYPE"));
  EXPECT_THAT(Wrong("{}"), ElementsAre("name REQUIRED"));
  EXPECT_THAT(Wrong(R"({"name":null,"scopes":null,"expiresAt":null})"),
              ElementsAre("name NULL", "scopes NULL", "expiresAt NULL"));
  EXPECT_THAT(Wrong(R"({"name":"","scopes":[],"expiresAt":"soon","userId":"x"})"),
              ElementsAre("name TOO_SHORT", "scopes TOO_SHORT", "expiresAt FORMAT", "userId UNKNOWN_FIELD"));
  EXPECT_THAT(Wrong(R"({"name":"a\u001b[31m","scopes":["read","read","cake","Orders:read"]})"),
              ElementsAre("name PATTERN", "scopes[1] CHECK", "scopes[2] ENUM", "scopes[3] ENUM"));
  EXPECT_THAT(Wrong(fmt::format(R"({{"name":"a","expiresAt":"{}"}})", In(0))), ElementsAre("expiresAt TOO_SMALL"));
  EXPECT_THAT(Wrong(fmt::format(R"({{"name":"a","expiresAt":"{}"}})", In(30 * kDay + 1))),
              ElementsAre("expiresAt TOO_LARGE"));
}

TEST_F(ApiKeysTest, AUserHasABoundedNumberAndWhatIsOverMakesRoom) {
  auto first = Make(fmt::format(R"({{"name":"a","expiresAt":"{}"}})", In(60)));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->seen.expires_at, clock_.NowMicros() + 60'000'000);
  auto second = Make();
  EXPECT_EQ(second->seen.expires_at, clock_.NowMicros() + 30 * kDay * 1'000'000);
  EXPECT_TRUE(Make());
  EXPECT_EQ(Make().error().code, Code::kConflict);
  EXPECT_TRUE(Make(R"({"name":"ci"})", kBob)) << "each has his own";
  EXPECT_TRUE(Wait(accounts_->api_keys().Revoke(context(), kAnn, second->seen.id)));
  EXPECT_TRUE(Make());
  EXPECT_EQ(Make().error().code, Code::kConflict);
  clock_.seconds += 60;
  EXPECT_TRUE(Make());
  EXPECT_EQ(Make().error().code, Code::kConflict);
  auto rows = Wait(keeper_->Do(context(), keeper_->Finding(keeper_->api_key(), "userId", kAnn)));
  EXPECT_EQ(rows->rows.rows.size(), 3u);
  EXPECT_EQ(Wait(accounts_->api_keys().List(context(), kAnn))->size(), 3u);
}

}  // namespace
}  // namespace ashlar::identity
