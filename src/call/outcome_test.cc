// SPDX-License-Identifier: Apache-2.0
#include "call/outcome.h"

#include <gtest/gtest.h>

namespace ashlar::call {
namespace {

types::Rows Large() {
  types::Rows rows(1);
  EXPECT_TRUE(rows.AppendText(std::string(100'000, 'x')));
  return rows;
}

TEST(OutcomeTest, WhateverGrowsWithTheRowsCounts) {
  Outcome rows, included, groups, history;
  rows.rows.rows = Large();
  included.rows.included.emplace_back().set.rows = Large();
  groups.groups = GroupSet{{}, Large()};
  history.history.emplace_back().after = std::string(100'000, 'x');
  for (const Outcome* one : {&rows, &included, &groups, &history}) EXPECT_GT(SizeOf(*one), 100'000u);
  EXPECT_LT(SizeOf(Outcome()), 1'000u);
}

}  // namespace
}  // namespace ashlar::call
