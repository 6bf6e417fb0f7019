// SPDX-License-Identifier: Apache-2.0
// What a step of a program comes to.
#include "store/sqlite/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/sqlite/writer_world_test.h"

namespace ashlar::store::sqlite {
namespace {

// One step.
class Step final : public plan::Program {
 public:
  explicit Step(std::vector<plan::Statement> statements) : statements_(std::move(statements)) {}
  void Start() override {}
  std::vector<plan::Statement> Advance(std::vector<plan::Answer> answers) override {
    answers_ = std::move(answers);
    return std::exchange(statements_, {});
  }
  call::Answer<call::Outcome> Take() override { return call::Outcome(); }
  const std::vector<plan::Answer>& answers() const { return answers_; }

 private:
  std::vector<plan::Statement> statements_;
  std::vector<plan::Answer> answers_;
};

class RunTest : public testing::Test, protected WriterWorld {
 protected:
  plan::Statement Inserting(const std::string& id, const std::string& name) const {
    const model::Resource& thing = service_->resource(service_->FindResource("Thing"));
    plan::Insert insert{thing.id, types::Values(thing.fields.size())};
    auto set = [&](std::string_view field, types::Value value) {
      insert.row[thing.FindField(field).index()] = std::move(value);
    };
    set("id", id);
    set("name", name);
    set("version", int64_t{1});
    set("createdAt", types::Timestamp{1});
    set("updatedAt", types::Timestamp{1});
    return insert;
  }
};

TEST_F(RunTest, AViolationEndsItsStep) {
  Step step({Inserting("a", "same"), Inserting("b", "same"), Inserting("c", "other")});
  Context context{.request_id = "t", .clock = clock_, .observer = notes_};
  ASSERT_TRUE(RunProgram(*connection_, *service_, context, step));
  ASSERT_EQ(step.answers().size(), 2u);
  EXPECT_TRUE(std::holds_alternative<plan::Written>(step.answers()[0]));
  EXPECT_TRUE(std::holds_alternative<plan::UniqueViolation>(step.answers()[1]));
  EXPECT_EQ(Names(), "same");
}

}  // namespace
}  // namespace ashlar::store::sqlite
