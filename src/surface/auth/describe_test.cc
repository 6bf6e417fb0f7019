// SPDX-License-Identifier: Apache-2.0
#include "surface/auth/describe.h"

#include <gtest/gtest.h>

#include <set>

#include "base/json/json.h"
#include "contract/contract.h"
#include "surface/auth/routes.h"

namespace ashlar::surface::auth {
namespace {

std::shared_ptr<const model::Service> ServiceOf(const std::string& more) {
  std::vector<contract::Source> sources = {{"t.yaml", "service: t\n" + more}};
  contract::Options options;
  options.environment = [](const std::string&) { return std::string(40, 's'); };
  auto service = contract::Compile(sources, options);
  EXPECT_TRUE(service) << (service ? "" : contract::Render(service.error(), false));
  return service ? *service : nullptr;
}

TEST(Describe, SaysSomethingOfEveryRoute) {
  auto service = ServiceOf(
      "identity:\n  register: open\n  apiKeys: true\n  provider:\n    issuer: https://id.test\n"
      "    clients: { app: { redirectUris: ['https://app.test/'], scopes: [openid] } }\n"
      "  providers: { other: { issuer: 'https://other.test', clientId: us, clientSecret: '${SECRET}' } }\n");
  auto described = Describe(*service).operations;
  ASSERT_EQ(described.size(), Routes().size());
  std::set<std::string> ids;
  for (size_t i = 0; i < described.size(); ++i) {
    EXPECT_EQ(described[i].path, Routes()[i].path);
    EXPECT_EQ(described[i].body.empty(), !Routes()[i].body) << described[i].path;
    EXPECT_EQ(described[i].answer.data.empty(), described[i].answer.status == 204 || described[i].answer.status == 303)
        << described[i].path;
    for (const std::string& schema : {described[i].body, described[i].answer.data}) {
      if (!schema.empty()) EXPECT_TRUE(json::Parse(schema)) << schema;
    }
    EXPECT_TRUE(ids.insert(described[i].id).second) << described[i].id;
  }
}

TEST(Describe, SaysNothingOfKeysWhereNoneAreTaken) {
  for (const auto& operation : Describe(*ServiceOf("identity: { register: open }\n")).operations) {
    EXPECT_FALSE(operation.path.starts_with("/auth/keys"));
  }
}

constexpr const char* kProviding = R"(service: t
identity:
  apiKeys: true
  provider: { issuer: 'https://id.test', clients: { app: { redirectUris: ['https://app.test/'], scopes: [openid] } } }
)";

// Else a right limit would be called needless by `check`.
TEST(Routes, EachIsOneThatALimitCanBeFor) {
  for (const Route& route : Routes()) {
    const std::string limit = fmt::format("limits: [{{ match: '{} {}', to: 1/s, per: ip }}]", route.method, route.path);
    std::vector<contract::Source> sources = {{"t.yaml", kProviding + limit}};
    const contract::Judgement judged = contract::Judge(sources, {});
    EXPECT_TRUE(judged.mistakes.empty() && judged.findings.empty()) << limit;
  }
}

TEST(Describe, SaysNothingOfConsentWhereThereIsNoProvider) {
  auto described = Describe(*ServiceOf("identity: { register: open }\n")).operations;
  for (const auto& one : described) EXPECT_FALSE(one.path.starts_with("/auth/consents")) << one.path;
}

TEST(Describe, SaysNothingWhereNobodySignsIn) { EXPECT_TRUE(Describe(*ServiceOf("")).operations.empty()); }

TEST(Describe, RegistrationTakesWhatAnybodyMaySet) {
  auto service = ServiceOf(R"(identity: { register: open, password: { minLength: 20 } }
resources:
  User:
    fields:
      name: string!
      motto: string
      badge: { type: string, readOnly: true }
)");
  auto described = Describe(*service).operations;
  auto body = json::Parse(described.front().body);
  ASSERT_TRUE(body);
  const json::Json* properties = body->Find("properties");
  EXPECT_EQ(json::ToText(*body->Find("required")), R"(["email","password","name"])");
  EXPECT_EQ(json::ToText(*properties->Find("password")->Find("minLength")), "20");
  EXPECT_NE(properties->Find("motto"), nullptr);
  EXPECT_EQ(properties->Find("badge"), nullptr);
}

}  // namespace
}  // namespace ashlar::surface::auth
