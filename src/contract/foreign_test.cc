// SPDX-License-Identifier: Apache-2.0
#include "contract/foreign.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "contract/contract.h"
#include "contract/keys.h"

namespace ashlar::contract {
namespace {

std::span<const Key> KeysOf(std::string_view what) {
  if (what == "a field") return FieldKeys();
  if (what == "a resource") return ResourceKeys();
  if (what == "a contract") return TopLevelKeys();
  if (what == "'access'") return AccessKeys();
  if (what == "a check") return CheckKeys();
  if (what == "'page'") return PageKeys();
  if (what == "a role") return RoleKeys();
  return {};
}

TEST(Foreign, KeysLeadToKeysOfThisBuild) {
  for (const Foreign& row : ForeignKeys()) {
    auto keys = KeysOf(row.of);
    ASSERT_FALSE(keys.empty()) << row.of;
    EXPECT_EQ(std::ranges::find(keys, row.word, &Key::name), keys.end()) << row.word << " is a key";
    auto ours = std::ranges::find(keys, row.ours, &Key::name);
    EXPECT_TRUE(row.ours.empty() || (ours != keys.end() && ours->supported)) << row.ours;
    EXPECT_NE(row.ours.empty(), row.instead.empty()) << row.word;
    EXPECT_EQ(FindForeignKey(row.of, row.word), &row) << row.word << " stands twice";
  }
}

TEST(Foreign, TypesLeadToTypes) {
  for (const ForeignType& row : ForeignTypes()) {
    EXPECT_EQ(types::FindFieldType(row.word), nullptr) << row.word << " is a type";
    Source source{"a.yaml", fmt::format("service: x\nresources:\n  Thing: {{ fields: {{ a: '{}' }} }}\n", row.ours)};
    EXPECT_TRUE(Compile({&source, 1}, {}).has_value()) << row.ours;
    EXPECT_EQ(TypeFor(row.word), row.ours);
  }
  EXPECT_EQ(TypeFor("Integer"), "int");
  EXPECT_EQ(TypeFor("inte"), "");
}

}  // namespace
}  // namespace ashlar::contract
