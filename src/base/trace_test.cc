// SPDX-License-Identifier: Apache-2.0
#include "base/trace.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/hex.h"

namespace ashlar {
namespace {

template <size_t N>
std::string Hex(const std::array<uint8_t, N>& bytes) {
  return HexEncode({reinterpret_cast<const char*>(bytes.data()), N});
}

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kSpan = "00f067aa0ba902b7";
const std::string kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceTest, ATraceparentIsTakenApart) {
  auto trace = ParseTraceparent(kGood);
  ASSERT_TRUE(trace);
  EXPECT_EQ(Hex(trace->trace_id), kTrace);
  EXPECT_EQ(Hex(trace->span_id), kSpan);
  EXPECT_EQ(trace->flags, Trace::kSampled);
}

TEST(TraceTest, OfALaterVersionWhatIsKnownIsTaken) {
  EXPECT_TRUE(ParseTraceparent("cc" + kGood.substr(2)));
  EXPECT_TRUE(ParseTraceparent("cc" + kGood.substr(2) + "-what-comes-later"));
  EXPECT_FALSE(ParseTraceparent("cc" + kGood.substr(2) + "."));
  EXPECT_EQ(ParseTraceparent("00-" + std::string(kTrace) + "-" + std::string(kSpan) + "-fe")->flags, 0);
}

TEST(TraceTest, WhatIsNoneIsRefused) {
  auto with = [](size_t at, char c) {
    std::string text = kGood;
    text[at] = c;
    return text;
  };
  const std::string bad[] = {"",
                             "00",
                             kGood.substr(0, 54),
                             kGood + "-",
                             kGood + "0",
                             "ff" + kGood.substr(2),
                             "0" + kGood,
                             with(0, 'g'),
                             with(3, 'A'),
                             with(20, 'z'),
                             with(40, 'F'),
                             with(53, ' '),
                             with(2, '_'),
                             with(35, '_'),
                             with(52, '_'),
                             "00-" + std::string(32, '0') + "-" + std::string(kSpan) + "-01",
                             "00-" + std::string(kTrace) + "-" + std::string(16, '0') + "-01"};
  for (const std::string& text : bad) EXPECT_FALSE(ParseTraceparent(text)) << text;
}

TEST(TraceTest, ASpanOfItsOwnInTheParentsTrace) {
  TraceIds ids;
  auto parent = ParseTraceparent(kGood);
  Trace trace = ids.Begin(parent);
  EXPECT_EQ(trace.trace_id, parent->trace_id);
  EXPECT_NE(trace.span_id, parent->span_id);
  EXPECT_EQ(trace.flags, Trace::kSampled);
}

TEST(TraceTest, IdsAreTheirOwn) {
  TraceIds one, other;
  std::set<std::array<uint8_t, 16>> traces;
  std::set<std::array<uint8_t, 8>> spans;
  for (int i = 0; i < 1000; ++i) {
    for (TraceIds* ids : {&one, &other}) {
      Trace trace = ids->Begin(std::nullopt);
      EXPECT_EQ(trace.flags, 0);
      traces.insert(trace.trace_id);
      spans.insert(trace.span_id);
    }
  }
  EXPECT_EQ(traces.size(), 2000u);
  EXPECT_EQ(spans.size(), 2000u);
}

}  // namespace
}  // namespace ashlar
