// SPDX-License-Identifier: Apache-2.0
#include "model/names.h"

#include <gtest/gtest.h>

namespace ashlar::model {
namespace {

TEST(Names, WordsStartAtCapitals) {
  struct Case {
    const char *name, *snake, *kebab, *lower;
  };
  for (const Case& each : std::initializer_list<Case>{
           {"OrderLine", "order_line", "order-line", "orderLine"},
           {"APIKey", "api_key", "api-key", "apiKey"},
           {"line2", "line2", "line2", "line2"},
           {"line2Item", "line2_item", "line2-item", "line2Item"},
           {"V2API", "v2_api", "v2-api", "v2API"},
           {"userID", "user_id", "user-id", "userID"},
           {"HTTPServer2Go", "http_server2_go", "http-server2-go", "httpServer2Go"},
           {"API", "api", "api", "api"},
           {"A", "a", "a", "a"},
           {"createdAt", "created_at", "created-at", "createdAt"},
           {"", "", "", ""},
       }) {
    EXPECT_EQ(SnakeCase(each.name), each.snake);
    EXPECT_EQ(KebabCase(each.name), each.kebab);
    EXPECT_EQ(LowerFirst(each.name), each.lower);
  }
}

TEST(Names, PluralsFollowEnglishRules) {
  const std::pair<const char*, const char*> cases[] = {
      {"Product", "Products"},
      {"Category", "Categories"},
      {"Day", "Days"},
      {"Box", "Boxes"},
      {"Bus", "Buses"},
      {"Address", "Addresses"},
      {"Match", "Matches"},
      {"Dish", "Dishes"},
      {"Quiz", "Quizzes"},
      {"Analysis", "Analyses"},
      {"Person", "People"},
      {"Child", "Children"},
      {"SalesPerson", "SalesPeople"},
      {"orderLine", "orderLines"},
      {"Hero", "Heroes"},
      {"Photo", "Photos"},
      {"News", "News"},
      {"Series", "Series"},
      {"Shelf", "Shelves"},
      {"APIKey", "APIKeys"},
      {"API", "APIs"},
      {"line2", "line2s"},
      {"Status", "Statuses"},
      {"Medium", "Media"},
      {"MediaType", "MediaTypes"},
      {"AuditEntry", "AuditEntries"},
      {"y", "ys"},
      {"Is", "Ises"},
      {"Ox", "Oxen"},
      {"Fax", "Faxes"},
      {"Key", "Keys"},
      {"", ""},
  };
  for (const auto& [one, many] : cases) EXPECT_EQ(Plural(one), many);
}

}  // namespace
}  // namespace ashlar::model
