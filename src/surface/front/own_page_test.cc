// SPDX-License-Identifier: Apache-2.0
#include "surface/front/own_page.h"

#include <gtest/gtest.h>

namespace ashlar::surface {
namespace {

bool Own(std::vector<http::Header> headers, std::string_view origins = "", bool credentials = false) {
  http::Request request;
  request.headers = std::move(headers);
  request.headers.push_back({"Host", "shop.example"});
  return IsOwnPage(request, *Cors::Make(origins, credentials));
}

TEST(OwnPageTest, ABrowserSaysWhoseThePageIs) {
  EXPECT_TRUE(Own({{"Sec-Fetch-Site", "same-origin"}}));
  EXPECT_TRUE(Own({{"Sec-Fetch-Site", "none"}}));
  for (const char* site : {"same-site", "cross-site", "", "Same-Origin", "same-origin, none"}) {
    EXPECT_FALSE(Own({{"Sec-Fetch-Site", site}})) << site;
    EXPECT_FALSE(Own({{"Sec-Fetch-Site", site}, {"Origin", "https://shop.example"}})) << site;
  }
  EXPECT_FALSE(Own({{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "same-origin"}}));
}

TEST(OwnPageTest, AnOlderOneSaysItsOrigin) {
  EXPECT_TRUE(Own({}));
  EXPECT_TRUE(Own({{"Origin", "https://shop.example"}}));
  EXPECT_TRUE(Own({{"Origin", "http://SHOP.example"}}));
  for (const char* origin : {"https://evil.example", "https://shop.example.evil.example", "https://evilshop.example",
                             "https://shop.example:8443", "null", "", "shop.example", "://", "https://"}) {
    EXPECT_FALSE(Own({{"Origin", origin}})) << origin;
  }
  EXPECT_FALSE(Own({{"Origin", "https://shop.example"}, {"Origin", "https://shop.example"}}));
}

TEST(OwnPageTest, OthersAreThoseThatCorsLetsInWithCookies) {
  const std::vector<http::Header> app{{"Origin", "https://app.example"}, {"Sec-Fetch-Site", "same-site"}};
  EXPECT_FALSE(Own(app));
  EXPECT_FALSE(Own(app, "https://app.example", false));
  EXPECT_FALSE(Own(app, "*", false));
  EXPECT_TRUE(Own(app, "https://app.example", true));
  EXPECT_FALSE(Own(app, "https://other.example", true));
}

}  // namespace
}  // namespace ashlar::surface
