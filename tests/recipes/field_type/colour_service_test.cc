// SPDX-License-Identifier: Apache-2.0
// A service whose rows have colours, asked through the engine on every store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/contract.h"
#include "engine/engine.h"
#include "recipes/field_type/all_types.h"
#include "recipes/memory_store/either_store.h"

namespace ashlar::recipes {
namespace {

using model::OperationKind;
using testing::ElementsAre;
using testing::IsEmpty;

class ColourService : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto sources = contract::ReadSources(ASHLAR_SOURCE_DIR "/tests/recipes/field_type/paint.yaml");
    ASSERT_TRUE(sources) << sources.error().message;
    contract::Options options;
    options.field_types = AllTypes();
    auto compiled = contract::Compile(*sources, options);
    ASSERT_TRUE(compiled) << contract::Render(compiled.error(), false);
    service_ = *compiled;
    auto opened = EitherStore::Open(GetParam(), *service_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    planner_ = std::make_unique<plan::Planner>(*service_, plan::Planner::CursorKey{});
  }

  call::Call Make(OperationKind kind) const {
    call::Call call;
    call.operation = service_->FindOperation(service_->FindResource("Paint"), kind);
    return call;
  }
  call::Answer<call::Outcome> Run(const call::Call& call) {
    Context context{.request_id = "colour", .deadline = {}, .clock = SystemClock(), .observer = Nobody()};
    auto answers = engine::RunAll(*planner_, store_->store(), context, call::Caller{}, {call});
    return std::move(answers.front());
  }
  call::Answer<call::Outcome> Create(const std::string& body) {
    call::Call call = Make(OperationKind::kCreate);
    call.body = json::Parse(body).value();
    return Run(call);
  }
  void GivenPaints() {
    for (const char* body : {R"({"name": "sky", "colour": "#1E90FF", "shades": ["#0000FF", "#00ffff"]})",
                             R"({"name": "paper"})", R"({"name": "tar", "colour": "#0A0A0a", "accent": "#FF0000"})"}) {
      auto made = Create(body);
      ASSERT_TRUE(made) << body << made.error().message;
    }
  }

  // The columns of an answer, each row as one text.
  std::vector<std::string> Shown(const call::RowSet& set) const {
    const model::Resource& resource = service_->resource(set.resource);
    std::vector<std::string> shown;
    for (size_t row = 0; row < set.rows.size(); ++row) {
      std::string text;
      for (const call::RowSet::Column& column : set.columns) {
        const types::Cell& cell = set.rows.at(row, column.cell);
        json::Writer out(text);
        text += text.empty() ? "" : " ";
        if (cell.is_null()) {
          out.Null();
        } else {
          resource.field(column.field).type->Format(cell, out);
        }
      }
      shown.push_back(std::move(text));
    }
    return shown;
  }
  // The names of the paints that a list gives, or the code of its refusal.
  std::vector<std::string> Names(call::Call list) {
    list.selection.fields = {"name"};
    auto answer = Run(list);
    if (!answer) return {std::string(call::RowOf(answer.error().code).name)};
    return Shown(answer->rows);
  }
  std::vector<std::string> Where(call::Operator op, std::vector<std::string> values,
                                 const std::string& field = "colour") {
    call::Call list = Make(OperationKind::kList);
    list.where = {{field, {field}, op, std::move(values)}};
    return Names(list);
  }
  std::vector<std::string> Filter(const std::string& filter) {
    call::Call list = Make(OperationKind::kList);
    list.filter = filter;
    return Names(list);
  }

  std::shared_ptr<const model::Service> service_;
  std::unique_ptr<EitherStore> store_;
  std::unique_ptr<plan::Planner> planner_;
};

// "field CODE" of each detail.
std::vector<std::string> Details(const call::Answer<call::Outcome>& answer) {
  std::vector<std::string> details;
  if (answer) return details;
  for (const call::ErrorDetail& detail : answer.error().details) {
    details.push_back(fmt::format("{} {}", detail.field, types::NameOf(detail.code)));
  }
  return details;
}

TEST_P(ColourService, KeepsWhatItFolded) {
  GivenPaints();
  call::Call list = Make(OperationKind::kList);
  list.selection.fields = {"name", "colour", "accent", "shades"};
  list.sort = {{"colour"}};
  auto answer = Run(list);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(Shown(answer->rows),
              ElementsAre(R"("tar" "#0a0a0a" "#ff0000" [])", R"("sky" "#1e90ff" null ["#0000ff","#00ffff"])",
                          R"("paper" "#ffffff" null [])"));
}

TEST_P(ColourService, RefusesAllThatIsNoneAtOnce) {
  auto refused = Create(R"({"name": "x", "colour": "blue", "accent": 5, "shades": ["#000000", "#00000"]})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, call::Code::kValidationError);
  EXPECT_THAT(Details(refused), ElementsAre("colour FORMAT", "accent WRONG_TYPE", "shades[1] FORMAT"));
  EXPECT_THAT(Names(Make(OperationKind::kList)), IsEmpty());
}

TEST_P(ColourService, IsUniqueAndCheckedAsItIsKept) {
  GivenPaints();
  auto again = Create(R"({"name": "blood", "accent": "#fF0000"})");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, call::Code::kConflict);
  auto same = Create(R"({"name": "x", "colour": "#00FF00", "accent": "#00ff00"})");
  EXPECT_THAT(Details(same), ElementsAre("accent CHECK"));
}

TEST_P(ColourService, IsFilteredByAsItIsKept) {
  GivenPaints();
  EXPECT_THAT(Where(call::Operator::kEq, {"#1E90FF"}), ElementsAre("\"sky\""));
  EXPECT_THAT(Where(call::Operator::kIn, {"#FFFFFF", "#0a0a0A"}), ElementsAre("\"paper\"", "\"tar\""));
  EXPECT_THAT(Where(call::Operator::kIsNull, {"false"}, "accent"), ElementsAre("\"tar\""));
  EXPECT_THAT(Where(call::Operator::kEq, {"blue"}), ElementsAre("INVALID_QUERY"));
}

TEST_P(ColourService, IsATextToExpressions) {
  GivenPaints();
  EXPECT_THAT(Filter("colour == '#1e90ff'"), ElementsAre("\"sky\""));
  EXPECT_THAT(Filter("colour.startsWith('#f') || accent != null"), ElementsAre("\"paper\"", "\"tar\""));
  EXPECT_THAT(Filter("'#00ffff' in shades"), ElementsAre("\"sky\""));
  EXPECT_THAT(Filter("colour > 5"), ElementsAre("INVALID_QUERY"));
}

// Paints with these bodies, one after another.
struct Bodies final : engine::CallSource {
  void Start() override { next = 0; }
  Result<const call::Call*> Next() override {
    if (next == bodies.size()) return nullptr;
    call.body = json::Parse(bodies[next++]).value();
    return &call;
  }
  void Refused(call::ApiError) override { refused.push_back(next - 1); }
  call::Call call;
  std::vector<std::string> bodies;
  size_t next = 0;
  std::vector<size_t> refused;
};

TEST_P(ColourService, ManyCallsRemainTogetherOrNotAtAll) {
  Bodies bodies;
  bodies.call = Make(OperationKind::kCreate);
  bodies.bodies = {R"({"name": "sky", "colour": "#1E90FF"})", R"({"name": "fog", "colour": "grey"})",
                   R"({"name": "tar"})"};
  Context context{.request_id = "colour", .deadline = {}, .clock = SystemClock(), .observer = Nobody()};
  auto run = [&](bool discard) {
    return engine::RunEach(*planner_, store_->store(), context, call::Caller{}, bodies, discard);
  };
  auto count = [&] { return Run(Make(OperationKind::kList))->rows.rows.size(); };
  EXPECT_EQ(run(false), false);
  EXPECT_THAT(bodies.refused, ElementsAre(1));
  EXPECT_EQ(count(), 0u);
  bodies.bodies.erase(bodies.bodies.begin() + 1);
  EXPECT_EQ(run(true), false);
  EXPECT_EQ(count(), 0u);
  EXPECT_EQ(run(false), true);
  EXPECT_EQ(count(), 2u);
}

INSTANTIATE_TEST_SUITE_P(On, ColourService, testing::ValuesIn(kStores),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ashlar::recipes
