// SPDX-License-Identifier: Apache-2.0
#include "base/html.h"

#include <gtest/gtest.h>

namespace ashlar {
namespace {

TEST(Html, NothingOfATextIsMarkup) {
  EXPECT_EQ(EscapeHtml("a<b>&\"c\" 'd'\n\xc3\xa9"), "a&lt;b&gt;&amp;&quot;c&quot; &#39;d&#39;\n\xc3\xa9");
  EXPECT_EQ(EscapeHtml(""), "");
}

}  // namespace
}  // namespace ashlar
