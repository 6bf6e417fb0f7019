// SPDX-License-Identifier: Apache-2.0
// What expressions come to over a row, for the operator's explanations.
#include "plan/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/world_test.h"

namespace ashlar::plan {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class InspectTest : public testing::Test {
 protected:
  InspectTest()
      : rules_(world_.service(), world_.ann, World::kNow),
        plan_(world_.planner().MakeInspection(
            world_.resource("Note").id, {types::Value(int64_t{7})},
            {rules_.Fold(world_.resource("Note").access.list), rules_.Fold(world_.resource("Note").access.history)})) {
    plan_.program().Start();
  }

  std::vector<Statement> Next() { return plan_.program().Advance({}); }
  std::vector<Statement> Next(Answer answer) {
    std::vector<Answer> answers;
    answers.push_back(std::move(answer));
    return plan_.program().Advance(std::move(answers));
  }

  World world_;
  Rules rules_;
  Plan plan_;
};

TEST_F(InspectTest, TheRowIsReadWithoutARuleAndAskedForEachExpression) {
  EXPECT_FALSE(plan_.writes());
  std::vector<Statement> read = Next();
  ASSERT_EQ(read.size(), 1u);
  const Query& query = std::get<Query>(read[0]);
  EXPECT_EQ(query.fields.size(), world_.resource("Note").fields.size());
  EXPECT_EQ(world_.Tell(query.where), "(id == 7)");
  EXPECT_EQ(query.deleted, call::Deleted::kWith);
  std::vector<Statement> asked = Next(world_.RowsFor(read[0], {R"({"id": 7, "rank": 5, "title": "t"})"}));
  ASSERT_EQ(asked.size(), 1u);
  const Probe& probe = std::get<Probe>(asked[0]);
  EXPECT_EQ(world_.Tell(probe.expressions[0]), "(ownerId == ann)");
  EXPECT_EQ(probe.row[world_.resource("Note").FindField("rank").index()], types::Value(int64_t{5}));
  EXPECT_THAT(Next(Numbers({1, std::nullopt})), IsEmpty());
  auto outcome = plan_.program().Take();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->groups->rows.at(0, 0).integer, 1);
  EXPECT_TRUE(outcome->groups->rows.at(0, 1).is_null());
  EXPECT_TRUE(outcome->rows.rows.empty());  // nothing of the row itself
}

TEST_F(InspectTest, ARowThatIsNotThereIsNotFound) {
  std::vector<Statement> read = Next();
  EXPECT_THAT(Next(world_.RowsFor(read[0], {})), IsEmpty());
  auto outcome = plan_.program().Take();
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, call::Code::kNotFound);
}

}  // namespace
}  // namespace ashlar::plan
