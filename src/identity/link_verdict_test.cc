// SPDX-License-Identifier: Apache-2.0
#include "identity/link_verdict.h"

#include <gtest/gtest.h>

namespace ashlar::identity {
namespace {

struct Row {
  const char* name;
  LinkCase one;
  LinkVerdict verdict;
};

constexpr Row kRows[] = {
    {"linked", {.linked = true, .may = true}, LinkVerdict::kSignIn},
    {"linked, and out", {.linked = true}, LinkVerdict::kRefused},
    {"linked, whatever the address",
     {.linked = true, .proved = true, .known = true, .may = true},
     LinkVerdict::kSignIn},
    {"proved on both sides", {.proved = true, .known = true, .own_proved = true, .may = true}, LinkVerdict::kLink},
    {"proved on both sides, and out", {.proved = true, .known = true, .own_proved = true}, LinkVerdict::kRefused},
    {"prepared here", {.proved = true, .known = true, .may = true, .open = true}, LinkVerdict::kNeedsLink},
    {"prepared there", {.known = true, .own_proved = true, .may = true, .open = true}, LinkVerdict::kUnproved},
    {"the address is of one who is linked",
     {.proved = true, .known = true, .own_proved = true, .taken = true, .may = true},
     LinkVerdict::kTaken},
    {"nobody, proved", {.proved = true, .open = true}, LinkVerdict::kRegister},
    {"nobody, proved, closed", {.proved = true}, LinkVerdict::kClosed},
    {"nobody, not proved", {.open = true}, LinkVerdict::kUnproved},
};

TEST(LinkVerdictTest, SaysWhatComesOfEachCase) {
  for (const Row& row : kRows) EXPECT_EQ(Judge(row.one), row.verdict) << row.name;
}

// Of all cases that there are.
TEST(LinkVerdictTest, LinksAndMakesNobodyByAnAddressThatOneSideHasNotProved) {
  for (int bits = 0; bits < 128; ++bits) {
    const LinkCase one{(bits & 1) != 0,  (bits & 2) != 0,  (bits & 4) != 0, (bits & 8) != 0,
                       (bits & 16) != 0, (bits & 32) != 0, (bits & 64) != 0};
    const LinkVerdict verdict = Judge(one);
    if (verdict == LinkVerdict::kLink)
      EXPECT_TRUE(one.proved && one.known && one.own_proved && !one.taken && one.may) << bits;
    if (verdict == LinkVerdict::kRegister) EXPECT_TRUE(one.proved && !one.known && one.open) << bits;
    if (verdict == LinkVerdict::kSignIn) EXPECT_TRUE(one.linked && one.may) << bits;
    const bool comes_in =
        verdict == LinkVerdict::kLink || verdict == LinkVerdict::kRegister || verdict == LinkVerdict::kSignIn;
    EXPECT_EQ(WordOf(verdict).empty(), comes_in) << bits;
    // Of an address that is not vouched for, nothing tells whether somebody has it here.
    LinkCase other = one;
    other.known = !one.known;
    other.own_proved = !one.own_proved;
    other.taken = !one.taken;
    if (!one.linked && !one.proved) EXPECT_EQ(Judge(other), verdict) << bits;
  }
}

}  // namespace
}  // namespace ashlar::identity
