// SPDX-License-Identifier: Apache-2.0
#include "app/operator/row_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace ashlar::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A row's key is its number and one; it refers to those given.
RowIndex Index(const std::vector<std::vector<uint64_t>>& references) {
  RowIndex index(1 << 20);
  for (size_t row = 0; row < references.size(); ++row) {
    std::vector<uint64_t> keys;
    for (uint64_t reference : references[row]) keys.push_back(reference + 1);
    EXPECT_TRUE(index.Add({}, row + 1, keys));
  }
  index.Resolve();
  return index;
}

TEST(RowIndexTest, RowsStayInTheirOrderWhereTheyCan) {
  EXPECT_THAT(Index({{}, {0}, {1, 0}, {}}).order(), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Index({{3}, {}, {99}, {1}}).order(), ElementsAre(1, 3, 0, 2));
  EXPECT_THAT(Index({{0}, {1, 0}}).order(), ElementsAre(0, 1));
}

TEST(RowIndexTest, CirclesAreToldAndOnlyThoseInThem) {
  RowIndex index = Index({{1}, {2}, {0}, {0}, {}, {6, 4}, {5}, {3}});
  EXPECT_THAT(index.circles(), UnorderedElementsAre(0, 1, 2, 5, 6));
  EXPECT_THAT(index.order(), ElementsAre(3, 4, 7));
}

TEST(RowIndexTest, EveryRowFollowsWhatItRefersTo) {
  std::mt19937 random(7);
  constexpr uint64_t kRows = 500;
  std::vector<uint64_t> ranks(kRows);
  std::iota(ranks.begin(), ranks.end(), 0);
  std::ranges::shuffle(ranks, random);
  std::vector<std::vector<uint64_t>> references(kRows);
  for (uint64_t i = 0; i < 2000; ++i) {
    uint64_t from = random() % kRows;
    uint64_t to = random() % kRows;
    if (ranks[from] > ranks[to]) references[from].push_back(to);
  }
  RowIndex index = Index(references);
  EXPECT_THAT(index.circles(), IsEmpty());
  ASSERT_EQ(index.order().size(), kRows);
  std::vector<bool> there(kRows);
  for (uint32_t row : index.order()) {
    for (uint64_t reference : references[row]) EXPECT_TRUE(there[reference]) << row << " before " << reference;
    there[row] = true;
  }
}

TEST(RowIndexTest, ALongChainNeedsNoStack) {
  std::vector<std::vector<uint64_t>> references(10'000);
  for (uint64_t row = 0; row + 1 < references.size(); ++row) references[row].push_back(row + 1);
  RowIndex index = Index(references);
  ASSERT_EQ(index.order().size(), references.size());
  EXPECT_EQ(index.order().front(), 9999u);
}

TEST(RowIndexTest, TheFirstOfRowsWithOneKeyIsFound) {
  RowIndex index(1 << 20);
  for (uint64_t key : {7, 5, 5, 0}) EXPECT_TRUE(index.Add({}, key, {}));
  index.Resolve();
  EXPECT_EQ(index.Find(5), 1u);
  EXPECT_EQ(index.Find(6), RowIndex::kNone);
  EXPECT_EQ(index.Find(0), RowIndex::kNone);
}

TEST(RowIndexTest, HoldsNoMoreThanItMay) {
  RowIndex index(1000);
  size_t rows = 0;
  std::vector<uint64_t> references{1, 2};
  while (rows < 100 && index.Add({}, 1, references)) ++rows;
  EXPECT_GT(rows, 5u);
  EXPECT_LT(rows, 15u);
  EXPECT_EQ(index.size(), rows);
  EXPECT_EQ(index.reference_count(), 2 * rows);
}

}  // namespace
}  // namespace ashlar::app
