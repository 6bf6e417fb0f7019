// SPDX-License-Identifier: Apache-2.0
#include "surface/front/cors.h"

#include <gtest/gtest.h>

#include <map>

namespace ashlar::surface {
namespace {

using Headers = std::map<std::string, std::string>;

Headers Applied(const Cors& cors, std::string method, std::vector<http::Header> headers, int status = 200) {
  http::Request request;
  request.method = std::move(method);
  request.headers = std::move(headers);
  http::Response response{status, {{"Vary", "Accept"}}, ""};
  cors.Apply(request, "GET, HEAD, OPTIONS", response);
  Headers all;
  for (const http::Header& header : response.headers) {
    EXPECT_TRUE(all.emplace(header.name, header.value).second) << header.name;
  }
  return all;
}

TEST(CorsTest, IsOffUnlessSet) {
  for (const Cors& cors : {Cors(), *Cors::Make("", false), *Cors::Make("  ", false)}) {
    Headers headers =
        Applied(cors, "OPTIONS", {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "GET"}}, 204);
    EXPECT_EQ(headers, (Headers{{"Vary", "Accept"}}));
  }
}

TEST(CorsTest, AnOriginThatIsListedMayReadTheAnswer) {
  Cors cors = *Cors::Make("https://a.example, http://localhost:5173,https://[::1]:8443", false);
  for (const char* origin : {"https://a.example", "http://localhost:5173", "https://[::1]:8443"}) {
    Headers headers = Applied(cors, "GET", {{"Origin", origin}}, 404);
    EXPECT_EQ(headers, (Headers{{"Access-Control-Allow-Origin", origin},
                                {"Access-Control-Expose-Headers",
                                 "ETag, Link, Location, X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, "
                                 "Deprecation, Sunset, Idempotency-Replayed"},
                                {"Vary", "Accept, Origin"}}));
  }
}

// Byte for byte: what only looks like a listed one is another one.
TEST(CorsTest, OthersGetNothing) {
  Cors cors = *Cors::Make("https://a.example", true);
  for (const char* origin :
       {"https://a.example.evil.example", "https://evila.example", "https://sub.a.example", "http://a.example",
        "https://a.example:8443", "https://a.example:443", "https://A.example", "https://a.example/", "a.example",
        "https://a.exampl", "https://a.example@evil.example", "null", "*", "", "https://a.example https://b.example",
        "https://a.example, https://b.example"}) {
    EXPECT_EQ(Applied(cors, "GET", {{"Origin", origin}}), (Headers{{"Vary", "Accept, Origin"}})) << origin;
    Headers preflight =
        Applied(cors, "OPTIONS", {{"Origin", origin}, {"Access-Control-Request-Method", "DELETE"}}, 204);
    EXPECT_EQ(preflight, (Headers{{"Vary", "Accept, Origin"}})) << origin;
  }
  EXPECT_EQ(Applied(cors, "GET", {}), (Headers{{"Vary", "Accept, Origin"}}));
  EXPECT_EQ(Applied(cors, "GET", {{"Origin", "https://a.example"}, {"Origin", "https://a.example"}}),
            (Headers{{"Vary", "Accept, Origin"}}));
}

TEST(CorsTest, APreflightIsToldWhatMayBeAsked) {
  Cors cors = *Cors::Make("https://a.example", false);
  std::vector<http::Header> asked{{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "PATCH"}};
  Headers headers = Applied(cors, "OPTIONS", asked, 204);
  EXPECT_EQ(headers["Access-Control-Allow-Methods"], "GET, HEAD, OPTIONS");
  EXPECT_NE(headers["Access-Control-Allow-Headers"].find("Authorization"), std::string::npos);
  EXPECT_EQ(headers["Access-Control-Max-Age"], "600");
  EXPECT_EQ(headers.count("Access-Control-Expose-Headers"), 0u);
  for (const char* method : {"GET", "OPTIONS"}) {  // an OPTIONS that was no success, or asks for no method, is none
    EXPECT_EQ(Applied(cors, method, asked, 404).count("Access-Control-Allow-Methods"), 0u);
  }
  EXPECT_EQ(Applied(cors, "OPTIONS", {{"Origin", "https://a.example"}}, 204).count("Access-Control-Allow-Methods"), 0u);
}

TEST(CorsTest, CredentialsAreForOriginsThatAreNamed) {
  Cors named = *Cors::Make("https://a.example", true);
  EXPECT_EQ(Applied(named, "GET", {{"Origin", "https://a.example"}})["Access-Control-Allow-Credentials"], "true");
  Cors everybody = *Cors::Make("*", false);
  Headers headers = Applied(everybody, "GET", {{"Origin", "https://a.example"}});
  EXPECT_EQ(headers["Access-Control-Allow-Origin"], "*");
  EXPECT_EQ(headers.count("Access-Control-Allow-Credentials"), 0u);
  EXPECT_EQ(headers["Vary"], "Accept");
  for (const char* origins : {"*", "", "*,https://a.example"}) EXPECT_FALSE(Cors::Make(origins, true)) << origins;
}

TEST(CorsTest, WhatIsNoOriginIsRefusedByName) {
  for (const char* bad : {"https://A.example",
                          "https://a.example/",
                          "https://a.example/x",
                          "a.example",
                          "https://",
                          "https://*.example",
                          "null",
                          "file://",
                          "https://a.example:443",
                          "http://a.example:80",
                          "https://a.example:",
                          "https://a.example:0",
                          "https://a.example:65536",
                          "https://a.example:08",
                          "https://a b",
                          "https://u@a.example",
                          "https://a.example;",
                          "https://a.example,,https://b.example",
                          "*,https://a.example",
                          "https://[::1",
                          "https://[]",
                          "https://[::1]x",
                          "https://m\xc3\xbcller.example",
                          ",",
                          "https://a.example?",
                          "https://a.example#x"}) {
    auto made = Cors::Make(bad, false);
    ASSERT_FALSE(made) << bad;
    EXPECT_EQ(made.error().kind, ErrorKind::kInvalid);
  }
  EXPECT_TRUE(Cors::Make("capacitor://localhost", false));
}

}  // namespace
}  // namespace ashlar::surface
