// SPDX-License-Identifier: Apache-2.0
#include "model/limits.h"

#include <gtest/gtest.h>

namespace ashlar::model {
namespace {

struct Row {
  std::string_view wanted_method;
  std::vector<std::string> wanted;
  std::string_view method;
  std::vector<std::string> segments;
  bool is_for;
};

TEST(LimitsTest, AMatchIsOfAMethodAndAPath) {
  const Row rows[] = {
      {"GET", {"v1", "orders"}, "GET", {"v1", "orders"}, true},
      {"GET", {"v1", "orders"}, "HEAD", {"v1", "orders"}, true},
      {"HEAD", {"v1", "orders"}, "HEAD", {"v1", "orders"}, false},  // no contract says so
      {"GET", {"v1", "orders"}, "POST", {"v1", "orders"}, false},
      {"*", {"v1", "orders"}, "QUERY", {"v1", "orders"}, true},
      {"GET", {"v1", "orders"}, "GET", {"v1", "Orders"}, false},
      {"GET", {"v1", "orders"}, "GET", {"v1", "orders", ""}, false},
      {"GET", {"v1", "orders"}, "GET", {"v1"}, false},
      {"GET", {"v1", "orders", "{id}"}, "GET", {"v1", "orders", "7"}, true},
      {"GET", {"v1", "orders", "{id}"}, "GET", {"v1", "orders", "7", "history"}, false},
      {"GET", {"v1", "orders", "{id}"}, "GET", {"v1", "orders"}, false},
      {"GET", {"v1", "*"}, "GET", {"v1", "orders"}, true},
      {"GET", {"v1", "*"}, "GET", {"v1", "orders", "7", "history"}, true},
      {"GET", {"v1", "*"}, "GET", {"v1"}, false},
      {"GET", {"v1", "*"}, "GET", {"v2", "orders"}, false},
      {"GET", {"v1", "*", "history"}, "GET", {"v1", "x", "history"}, true},
      {"GET", {"v1", "*", "history"}, "GET", {"v1", "x", "y", "history"}, false},
      {"GET", {}, "GET", {}, true},
      {"GET", {"*"}, "GET", {}, false},
      {"GET", {"v1", "orders", "7"}, "GET", {"v1", "orders", "{id}"}, true},          // of a route
      {"GET", {"v1", "orders", "7"}, "GET", {"v1", "orders", "${made.id}"}, true},    // of a batch
      {"GET", {"v1", "orders", "7"}, "GET", {"v1", "orders", "8"}, false},
  };
  for (const Row& row : rows) {
    Limit limit;
    limit.match = LimitMatch{std::string(row.wanted_method), row.wanted};
    EXPECT_EQ(IsFor(limit, row.method, row.segments), row.is_for) << (&row - rows);
  }
}

TEST(LimitsTest, SigningInHasLimitsThatFillWithinADay) {
  EXPECT_LE(SignInLimits().size() + Limit::kMost, Limit::kMostAll);
  for (const Limit& limit : SignInLimits()) {
    EXPECT_TRUE(limit.of_sign_in);
    EXPECT_TRUE(limit.match->segments[0] == "auth" || limit.match->segments[0] == "oauth");
    EXPECT_LE(limit.burst * limit.window_s / limit.count, 86'400) << limit.to;
    EXPECT_FALSE(ReplacesSignIn(limit));
  }
}

TEST(LimitsTest, WithoutAMatchEveryRequestIsMeant) {
  EXPECT_TRUE(IsFor({}, "GET", {}));
  const std::vector<std::string> path = {"v1", "batch"};
  EXPECT_TRUE(IsFor({}, "POST", path));
}

}  // namespace
}  // namespace ashlar::model
