// SPDX-License-Identifier: Apache-2.0
#include "identity/registered_clients.h"

#include <gtest/gtest.h>

#include <set>

#include "identity/accounts_world_test.h"
#include "identity/provider.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

constexpr const char* kRegisters = R"(service: shop
identity:
  register: open
  provider:
    issuer: https://id.test
    clients:
      app: { redirectUris: [https://app.example/cb], scopes: [openid, email] }
    registration: { open: true, scopes: [openid, offline_access, read] }
)";
constexpr int64_t kHour = 3600, kDay = 86'400;

class RegisteredClientsTest : public testing::Test, protected AccountsWorld {
 protected:
  static constexpr int64_t kPlaces = 3;
  RegisteredClientsTest() : AccountsWorld(kRegisters), provider_(*engine_, *keys_, *accounts_) {}

  ClientMetadata Metadata(std::string_view more = "") {
    auto read = ReadClientMetadata(provider_.model().registration->like,
                                   fmt::format(R"({{"redirect_uris":["https://new.example/cb"]{}}})", more));
    EXPECT_TRUE(read);
    return *read;
  }
  OauthAnswer<ClientRegistered> Register(std::string_view more = "", bool vouched = false) {
    return Wait(clients_.Register(context(), Metadata(more), vouched));
  }
  std::string Id() {
    auto made = Register();
    EXPECT_TRUE(made) << made.error().description;
    return made ? made->client->id : "";
  }
  model::ClientPtr Find(std::string_view id) {
    auto found = Wait(clients_.Find(context(), std::string(id)));
    EXPECT_TRUE(found);
    return *found;
  }
  void Use(const std::string& id) {
    (void)Wait([](RegisteredClients& clients, Context& context, std::string id) -> Task<bool> {
      co_await clients.NoteUse(context, std::move(id));
      co_return true;
    }(clients_, context(), id));
  }
  bool IsFull() {
    auto made = Register();
    return !made && made.error().error == "temporarily_unavailable" && made.error().status == 503;
  }
  size_t Rows() {
    return Wait(keeper_.Do(context(), keeper_.Listing(keeper_.client(), "slot", 1000)))->rows.rows.size();
  }

  Provider provider_;
  Keeper keeper_{*engine_};
  RegisteredClients clients_{keeper_, kPlaces};
};

TEST_F(RegisteredClientsTest, AClientIsFoundAsItRegistered) {
  auto made = Register(R"(,"client_name":"New","grant_types":["authorization_code","refresh_token"],)"
                       R"("post_logout_redirect_uris":["https://new.example/bye"],"scope":"offline_access openid")");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->secret.size(), 43u);
  EXPECT_EQ(made->issued_at, clock_.seconds);
  auto found = Find(made->client->id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, made->client->id);
  EXPECT_EQ(found->name, "New");
  EXPECT_EQ(found->secret, Sha256(made->secret));
  EXPECT_EQ(found->redirects, std::vector<std::string>{"https://new.example/cb"});
  EXPECT_EQ(found->after_logout, std::vector<std::string>{"https://new.example/bye"});
  EXPECT_EQ(found->scopes, (std::vector<std::string>{"openid", "offline_access"}));
  EXPECT_TRUE(found->Has(model::ClientGrant::kCode) && found->Has(model::ClientGrant::kRefresh));
  EXPECT_TRUE(found->stranger && !found->trusted);
  auto open = Register(R"(,"token_endpoint_auth_method":"none")", true);
  EXPECT_TRUE(open->secret.empty() && !Find(open->client->id)->secret && !Find(open->client->id)->stranger);
  EXPECT_FALSE(Find(open->client->id)->Has(model::ClientGrant::kRefresh));
}

TEST_F(RegisteredClientsTest, OnlyItsIdToTheLetterIsOne) {
  const std::string id = Id();
  EXPECT_TRUE(Find(id));
  const std::string row = id.substr(model::kRegistered.size());
  std::string upper = row;
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  for (const std::string& wrong : {std::string(), row, "registered." + upper, id + " ", id + "0", "Registered." + row,
                                   std::string("registered."), std::string("registered.x"), "registered.." + row,
                                   "registered." + types::FormatUuid(types::Uuid{}), std::string("app")}) {
    EXPECT_FALSE(Find(wrong)) << wrong;
  }
  auto of_contract = provider_.FindClient(context(), "app");
  EXPECT_TRUE(of_contract.ready() && (*of_contract.value())->id == "app");
  auto none = provider_.FindClient(context(), "nobody");
  EXPECT_TRUE(none.ready() && *none.value() == nullptr);
}

TEST_F(RegisteredClientsTest, ThereAreSoManyPlacesAndNoMore) {
  std::set<std::string> ids;
  for (int i = 0; i < kPlaces; ++i) ids.insert(Id());
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_TRUE(IsFull());
  for (const std::string& id : ids) EXPECT_TRUE(Find(id));
  EXPECT_EQ(Rows(), 3u);
}

TEST_F(RegisteredClientsTest, OneThatWasNeverUsedMakesRoomAfterAnHour) {
  const std::string used = Id(), unused = Id(), young = Id();
  Use(used);
  clock_.seconds += kHour;
  EXPECT_TRUE(IsFull());
  clock_.seconds += 1;
  Use(young);
  const std::string next = Id();
  EXPECT_NE(next, unused);
  EXPECT_FALSE(Find(unused));
  EXPECT_TRUE(Find(used) && Find(young) && Find(next));
  EXPECT_TRUE(IsFull());
  EXPECT_EQ(Rows(), 3u);
}

TEST_F(RegisteredClientsTest, OneThatIsUsedStaysHalfAYear) {
  const std::string used = Id();
  Use(used);
  clock_.seconds += 179 * kDay;
  for (int i = 0; i < 2; ++i) Use(Id());
  EXPECT_TRUE(IsFull());
  Use(used);
  clock_.seconds += 180 * kDay;
  Use(used);
  clock_.seconds += 1;
  const std::string next = Id();
  EXPECT_TRUE(Find(used) && Find(next));
}

TEST_F(RegisteredClientsTest, ThatItIsUsedIsWrittenOnceADay) {
  const std::string id = Id();
  auto version = [&] { return Wait(keeper_.Get(context(), keeper_.client(), *RowIdOf(id)))->version; };
  Use(id);
  const int64_t first = version();
  clock_.seconds += kDay - 1;
  Use(id);
  EXPECT_EQ(version(), first);
  clock_.seconds += 1;
  Use(id);
  EXPECT_EQ(version(), first + 1);
  Use("app");
  Use("registered.x");
}

TEST_F(RegisteredClientsTest, OfManyAtOnceOneGetsTheLastPlace) {
  for (int i = 0; i < 2; ++i) Use(Id());
  auto all = AllOf<OauthAnswer<ClientRegistered>>(50, [&] { return clients_.Register(context(), Metadata(), false); });
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& one) { return one.has_value(); }), 1);
  for (const auto& one : all) EXPECT_TRUE(one || one.error().error == "temporarily_unavailable");
  clock_.seconds += kHour + 1;
  all = AllOf<OauthAnswer<ClientRegistered>>(50, [&] { return clients_.Register(context(), Metadata(), false); });
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& one) { return one.has_value(); }), 1) << "in the place of one";
  EXPECT_EQ(Rows(), 3u);
}

TEST_F(RegisteredClientsTest, AUserHasSoManyConsentsOfThem) {
  const std::string user = AccountsWorld::Register();
  Consents& consents = provider_.consents();
  EXPECT_TRUE(Wait(consents.Give(context(), user, *provider_.model().Find("app"), "openid")));
  auto made = Register();
  model::Client client = *made->client;
  auto give = [&](int number) {
    clock_.seconds += 1;
    client.id = fmt::format("registered.{}", number);
    Authorization asked;
    asked.client = std::make_shared<const model::Client>(client);
    asked.scope = "openid";
    EXPECT_TRUE(Wait(provider_.Agree(context(), {.user = user, .email = "", .session = ""}, asked)));
  };
  for (int i = 0; i < 52; ++i) give(i);
  give(51);
  auto list = Wait(consents.List(context(), user));
  ASSERT_TRUE(list);
  EXPECT_EQ(list->size(), 1 + Consents::kMostOfRegistered);
  EXPECT_FALSE(*Wait(consents.Covers(context(), user, "registered.1", "openid")));
  EXPECT_TRUE(*Wait(consents.Covers(context(), user, "registered.2", "openid")));
  EXPECT_TRUE(*Wait(consents.Covers(context(), user, "app", "openid")));
  auto named = Wait(provider_.ListConsents(context(), user));
  EXPECT_TRUE(std::ranges::all_of(*named, [](const Consent& one) { return one.name == one.client; }));
}

}  // namespace
}  // namespace ashlar::identity
