// SPDX-License-Identifier: Apache-2.0
#include "surface/oauth/form.h"

#include <gtest/gtest.h>

namespace ashlar::surface::oauth {
namespace {

constexpr std::string_view kType = "application/x-www-form-urlencoded";

TEST(Form, IsReadStrictly) {
  auto form = ReadForm("Application/X-WWW-Form-urlencoded; charset=utf-8", "a=1+2&b=%C3%A9%26&c=&d");
  ASSERT_TRUE(form);
  EXPECT_EQ(*form, (http::Parameters{{"a", "1 2"}, {"b", "\xC3\xA9&"}}));
  for (std::string_view wrong : {"a=1&a=2", "a=1&%61=2", "a=&a=1", "a=%", "a=%00", "a=%ff", "a=%zz"}) {
    EXPECT_FALSE(ReadForm(kType, wrong)) << wrong;
  }
  EXPECT_FALSE(ReadForm("application/json", "a=1"));
  EXPECT_FALSE(ReadForm("", "a=1"));
}

TEST(Form, IsWrittenAsItIsRead) {
  const http::Parameters all = {{"a", "1 2"}, {"b&", "=\xC3\xA9&%+,"}};
  auto again = ReadForm(kType, WriteForm(all));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, all);
}

TEST(Form, IsBounded) {
  EXPECT_TRUE(ReadForm(kType, "a=" + std::string(kMostForm - 2, 'x')));
  EXPECT_FALSE(ReadForm(kType, "a=" + std::string(kMostForm - 1, 'x')));
  std::string many;
  for (size_t i = 0; i < kMostParameters; ++i) many += fmt::format("a{}=1&", i);
  EXPECT_TRUE(ReadForm(kType, many));
  EXPECT_FALSE(ReadForm(kType, many + "b="));
}

}  // namespace
}  // namespace ashlar::surface::oauth
