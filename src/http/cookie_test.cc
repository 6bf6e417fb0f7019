// SPDX-License-Identifier: Apache-2.0
#include "http/cookie.h"

#include <gtest/gtest.h>

namespace ashlar::http {
namespace {

// The cookie a of fields of these values; "twice" if it is repeated, "none" if it is not there.
std::string Find(std::vector<std::string> fields) {
  Request request;
  for (std::string& field : fields) request.headers.push_back({"cookie", std::move(field)});
  auto found = FindCookie(request, "a");
  if (!found) return "twice";
  return *found ? std::string(**found) : "none";
}

TEST(CookieTest, IsFoundByItsNameAloneWhateverStandsBeside) {
  EXPECT_EQ(Find({}), "none");
  EXPECT_EQ(Find({""}), "none");
  EXPECT_EQ(Find({"a=1"}), "1");
  EXPECT_EQ(Find({"b=2; a=1; c=3"}), "1");
  EXPECT_EQ(Find({"b=2;a=1;"}), "1");
  EXPECT_EQ(Find({";;; \t a = 1 \t;=;b"}), "1");
  EXPECT_EQ(Find({"b=2", "c=3; a=1"}), "1");
  EXPECT_EQ(Find({"a="}), "");
  EXPECT_EQ(Find({"a=\"1\""}), "\"1\"");
  EXPECT_EQ(Find({"a=1=2"}), "1=2");
  for (const char* none : {"a", "A=1", "aa=1", "=a=1", "b=a=1", "b; a", "a\\=1"}) {
    EXPECT_EQ(Find({none}), "none") << none;
  }
}

TEST(CookieTest, TwoOfANameAreNone) {
  EXPECT_EQ(Find({"a=1; a=1"}), "twice");
  EXPECT_EQ(Find({"a=1", "a=2"}), "twice");
  EXPECT_EQ(Find({"a=1; a"}), "1");
}

TEST(CookieTest, IsSetForThisHostAlone) {
  EXPECT_EQ(HostCookie("__Host-x", "v"), "__Host-x=v; Path=/; Secure; HttpOnly; SameSite=Strict");
  EXPECT_EQ(LaxHostCookie("__Host-x", "v"), "__Host-x=v; Path=/; Secure; HttpOnly; SameSite=Lax");
  EXPECT_EQ(NoHostCookie("__Host-x"), "__Host-x=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
  EXPECT_EQ(LaxHostCookie("__Host-x", "v", 60), "__Host-x=v; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60");
}

}  // namespace
}  // namespace ashlar::http
