// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/accept.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ashlar::surface::rest {
namespace {

std::string Told(std::string_view accept) {
  Accepted accepted = Negotiate(accept);
  std::string told = !accepted.form ? "none" : *accepted.form == Form::kHal ? "hal" : "envelope";
  return told + (accepted.problem ? " problem" : "");
}

TEST(AcceptTest, ChoosesWhatIsWantedMost) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "envelope"},
      {"*/*", "envelope"},
      {"application/*", "envelope"},
      {"application/json", "envelope"},
      {"APPLICATION/JSON; charset=utf-8", "envelope"},
      {"text/html", "none"},
      {"text/html, */*;q=0.1", "envelope"},
      {"application/json;q=0", "none"},
      {"application/json ; q=0.000", "none"},
      {"*/*, application/json; q=0", "hal"},
      {"application/hal+json", "hal"},
      {"application/hal+json, application/json", "envelope"},
      {"application/hal+json, application/json;q=0.9", "hal"},
      {"application/hal+json;q=0.5, application/json;q=0.9", "envelope"},
      {"application/hal+json, */*;q=0.8", "hal"},
      {"application/hal+json;q=0, */*", "envelope"},
      {"application/hal+json;q=0", "none"},
      {"application/problem+json", "envelope problem"},
      {"application/problem+json;q=0", "none"},
      {"application/json, application/problem+json", "envelope problem"},
      {"application/json, application/problem+json;q=0.5", "envelope"},
      {"application/hal+json, application/problem+json", "hal problem"},
      {"text/plain;x=\",application/json\"", "none"},
      {"application/json;q=nonsense", "envelope"},
      {",, ,", "envelope"},
  };
  for (const auto& [accept, told] : cases) EXPECT_EQ(Told(accept), told) << accept;
}

TEST(AcceptTest, SplitsLists) {
  using testing::ElementsAre;
  EXPECT_THAT(Items(" a , b;c=\"x, \\\" y\",, d"), ElementsAre("a", "b;c=\"x, \\\" y\"", "d"));
  EXPECT_THAT(Items(""), ElementsAre());
}

}  // namespace
}  // namespace ashlar::surface::rest
