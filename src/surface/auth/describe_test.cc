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
  auto service = contract::Compile(sources, {});
  EXPECT_TRUE(service) << (service ? "" : contract::Render(service.error(), false));
  return service ? *service : nullptr;
}

TEST(Describe, SaysSomethingOfEveryRoute) {
  auto service = ServiceOf("identity: { register: open }\n");
  auto described = Describe(*service).operations;
  ASSERT_EQ(described.size(), Routes().size());
  std::set<std::string> ids;
  for (size_t i = 0; i < described.size(); ++i) {
    EXPECT_EQ(described[i].path, Routes()[i].path);
    EXPECT_EQ(described[i].body.empty(), !Routes()[i].body) << described[i].path;
    EXPECT_EQ(described[i].answer.data.empty(), described[i].answer.status == 204) << described[i].path;
    for (const std::string& schema : {described[i].body, described[i].answer.data}) {
      if (!schema.empty()) EXPECT_TRUE(json::Parse(schema)) << schema;
    }
    EXPECT_TRUE(ids.insert(described[i].id).second) << described[i].id;
  }
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
