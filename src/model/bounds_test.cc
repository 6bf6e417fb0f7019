// SPDX-License-Identifier: Apache-2.0
#include "model/bounds.h"

#include <gtest/gtest.h>

namespace ashlar::model {
namespace {

using Rule = cel::ExprPtr Access::*;
constexpr Rule kRules[] = {&Access::list,          &Access::get,          &Access::create,
                           &Access::update_before, &Access::update_after, &Access::remove,
                           &Access::restore,       &Access::history,      &Access::purge};

class BoundsTest : public testing::Test {
 protected:
  BoundsTest() {
    Add("Order", "orders", true);
    Add("Line", "lines", true);
    Add("Secret", "secrets", false);
  }
  void Add(std::string name, std::string collection, bool routed) {
    Resource resource;
    resource.id = ResourceId{static_cast<uint32_t>(service_.resources.size())};
    resource.name = std::move(name);
    resource.collection = std::move(collection);
    resource.routed = routed;
    service_.resources.push_back(std::move(resource));
  }
  // What is open of a resource, as a letter for each rule in their order.
  std::string Open(std::vector<std::string> scopes, uint32_t resource) const {
    Bounds bounds(service_, scopes);
    std::string open;
    for (size_t i = 0; i < std::size(kRules); ++i) {
      open += bounds.Opens(ResourceId{resource}, kRules[i]) ? "lgcuUdrhp"[i] : '.';
    }
    return open;
  }
  Service service_;
};

TEST_F(BoundsTest, AWordOpensWhatAccessMeansByIt) {
  EXPECT_EQ(Open({"read"}, 0), "lg.....h.");
  EXPECT_EQ(Open({"write"}, 0), "..cuUdr..");
  EXPECT_EQ(Open({"list"}, 0), "l........");
  EXPECT_EQ(Open({"get"}, 0), ".g.......");
  EXPECT_EQ(Open({"create"}, 0), "..c......");
  EXPECT_EQ(Open({"update"}, 0), "...uU....");
  EXPECT_EQ(Open({"delete"}, 0), ".....d...");
  EXPECT_EQ(Open({"restore"}, 0), "......r..");
  EXPECT_EQ(Open({"history"}, 0), ".......h.");
  EXPECT_EQ(Open({"purge"}, 0), "........p");
  EXPECT_EQ(Open({"read", "write", "purge"}, 0), "lgcuUdrhp");
}

TEST_F(BoundsTest, OneOfACollectionOpensNothingElsewhere) {
  EXPECT_EQ(Open({"orders:read", "lines:create"}, 0), "lg.....h.");
  EXPECT_EQ(Open({"orders:read", "lines:create"}, 1), "..c......");
  EXPECT_EQ(Open({"secrets:read"}, 2), ".........");
}

TEST_F(BoundsTest, WhatIsNoSuchWordOpensNothing) {
  EXPECT_EQ(Open({}, 0), ".........");
  for (const char* scope : {"", ":", "orders:", ":read", "Orders:read", "orders:reads", "orders:read:x", "order:read",
                            "READ", "reports", "orders", "*", "orders:*"}) {
    EXPECT_EQ(Open({scope}, 0), ".........") << scope;
    EXPECT_FALSE(IsBound(service_, scope)) << scope;
  }
  EXPECT_FALSE(IsBound(service_, "secrets:read"));
  EXPECT_TRUE(IsBound(service_, "lines:write"));
  EXPECT_TRUE(IsBound(service_, "purge"));
}

TEST_F(BoundsTest, TheOneThatWasMeantIsFound) {
  EXPECT_EQ(NearBound(service_, "raed"), "read");
  EXPECT_EQ(NearBound(service_, "order:read"), "orders:read");
  EXPECT_EQ(NearBound(service_, "orders:reed"), "orders:read");
  EXPECT_EQ(NearBound(service_, "Orders:Write"), "orders:write");
  for (const char* scope : {"", ":", "reports", "secret:read", "orders:cake", "orders:"}) {
    EXPECT_EQ(NearBound(service_, scope), "") << scope;
  }
}

TEST_F(BoundsTest, RulesBeyondAreFalse) {
  service_.resources[0].access.list = service_.resources[0].access.create = cel::True();
  Access narrowed = Bounds(service_, std::vector<std::string>{"read"}).Narrowed(service_.resources[0]);
  EXPECT_TRUE(cel::IsTrue(narrowed.list));
  EXPECT_TRUE(cel::IsFalse(narrowed.create));
}

TEST_F(BoundsTest, AScopeIsAWordOfFewLetters) {
  EXPECT_TRUE(IsScope("orders:read"));
  EXPECT_TRUE(IsScope(std::string(64, 'a')));
  for (const std::string& text : {std::string(), std::string(65, 'a'), std::string("a b"), std::string("a\"b"),
                                  std::string("\xc3\xa9"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(IsScope(text)) << text;
  }
}

}  // namespace
}  // namespace ashlar::model
