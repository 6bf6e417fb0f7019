// SPDX-License-Identifier: Apache-2.0
// The store as loops and operators see it, in a server of the tests' own.
#include "store/postgres/postgres_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/await.h"
#include "contract/contract.h"
#include "plan/planner.h"
#include "store/postgres/postgres_world_test.h"

// After base/await.h.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace ashlar::store::postgres {
namespace {

namespace asio = boost::asio;
using model::OperationKind;
using testing::HasSubstr;

constexpr const char* kContract = R"(
service: keeping
resources:
  Item:
    id: int
    fields:
      name: { type: string!, unique: true }
      number: int
      price: 'decimal(8,2)'
      due: datetime
      twice: { type: int, computed: number * 2 }
    checks:
      - { rule: number != 13, message: 'not that one' }
    access: { read: public, write: public }
  Part:
    fields:
      item: Item!
      label: string!
    access: { read: public, write: public }
)";

class PostgresStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = TestServer();
    if (!server) GTEST_SKIP() << "no TEST_POSTGRES_URL";
    schema_ = fmt::format("store_{}_{}", getpid(), ++made_);
    auto opened = Blocking::Open(*server, {});
    ASSERT_TRUE(opened) << opened.error().message;
    connection_ = std::move(*opened);
    ASSERT_TRUE(connection_->Execute("CREATE SCHEMA " + schema_));
    server_ = *server;
    server_.parameters.emplace_back("options", "-csearch_path=" + schema_);
    ASSERT_EQ(OpenStore(kContract), "");
  }
  void TearDown() override {
    store_.reset();
    if (connection_ != nullptr) (void)connection_->Execute("DROP SCHEMA " + schema_ + " CASCADE");
  }

  // Empty, or why not.
  std::string OpenStore(const std::string& contract) {
    store_.reset();
    std::vector<contract::Source> sources{{"test.yaml", contract}};
    auto compiled = contract::Compile(sources, {});
    if (!compiled) return contract::Render(compiled.error(), false);
    service_ = *compiled;
    planner_ = std::make_unique<plan::Planner>(*service_, plan::Planner::CursorKey{});
    auto opened = Open(*service_, {.server = server_}, observer_, SystemClock());
    if (!opened) return opened.error().message;
    store_ = std::move(*opened);
    return "";
  }

  void AddTo(Unit& unit, OperationKind kind, const std::string& body, const std::string& id = "",
             std::optional<int64_t> version = std::nullopt, std::string_view resource = "Item") {
    call::Call& call = calls_.emplace_back();
    call.operation = service_->FindOperation(service_->FindResource(resource), kind);
    if (!body.empty()) call.body = json::Parse(body).value();
    call.id = id;
    call.search = search_;
    call.preconditions.if_match = version.has_value();
    if (version) call.preconditions.if_match_versions = {*version};
    Context context = MakeContext();
    auto plan = planner_->MakePlan(call, caller_, context);
    ASSERT_TRUE(plan) << plan.error().message;
    unit.plans.push_back(std::move(*plan));
  }
  Context MakeContext() {
    return {.request_id = "t",
            .deadline = {SystemClock().SteadyMicros() + 20'000'000},
            .clock = SystemClock(),
            .observer = observer_};
  }
  Result<Outcomes> Run(Unit& unit) {
    Context context = MakeContext();
    return store_->RunAndWait(context, unit);
  }
  // All of them at once, on one loop, whose connections to itself are there before.
  std::vector<std::string> RunTogether(std::vector<Unit>& units) {
    asio::io_context loop(1);
    auto session = store_->Open(loop);
    std::vector<std::string> told(units.size());
    std::deque<Context> contexts;
    for (int round = 0; round < 2; ++round) {  // the first only warms up: it is taken back
      size_t left = units.size();
      for (size_t i = 0; i < units.size(); ++i) {
        units[i].discard = round == 0;
        contexts.push_back(MakeContext());
        asio::co_spawn(loop, Await(session->Run(contexts.back(), units[i])),
                       [&, i](std::exception_ptr, Result<Outcomes> outcomes) {
                         told[i] = CodeOf(outcomes);
                         if (--left == 0) loop.stop();
                       });
      }
      loop.run();
      loop.restart();
    }
    session.reset();
    loop.poll();
    return told;
  }
  Result<Outcomes> Create(const std::string& body, std::string_view resource = "Item") {
    Unit unit;
    AddTo(unit, OperationKind::kCreate, body, "", std::nullopt, resource);
    return Run(unit);
  }
  int64_t Total() {
    Unit unit;
    AddTo(unit, OperationKind::kList, "");
    auto outcomes = Run(unit);
    if (!outcomes || !outcomes->at(0)) return -1;
    return outcomes->at(0)->page->total.value_or(-1);
  }
  int64_t Found(const std::string& words) {
    search_ = words;
    const int64_t found = Total();
    search_.reset();
    return found;
  }
  static std::string CodeOf(const Result<Outcomes>& outcomes) {
    if (!outcomes) return outcomes.error().message;
    for (const auto& one : *outcomes) {
      if (!one) return std::string(call::RowOf(one.error().code).name);
    }
    return "well";
  }

  static inline int made_ = 0;
  Noted observer_;
  Server server_;
  std::string schema_;
  std::unique_ptr<Blocking> connection_;
  std::shared_ptr<const model::Service> service_;
  std::unique_ptr<plan::Planner> planner_;
  const call::Caller caller_{.kind = call::Caller::Kind::kOperator, .principal = {}, .id = "operator"};
  std::deque<call::Call> calls_;  // which plans refer to
  std::optional<std::string> search_;
  std::unique_ptr<Store> store_;
};

TEST_F(PostgresStoreTest, KeepsARowAndGivesItBack) {
  EXPECT_EQ(CodeOf(Create(R"({"name": "a", "number": 21, "price": "1.50", "due": "2024-02-29T12:00:00.000001Z"})")),
            "well");
  Unit unit;
  AddTo(unit, OperationKind::kGet, "", "1");
  auto outcomes = Run(unit);
  ASSERT_EQ(CodeOf(outcomes), "well");
  const call::Outcome& outcome = *outcomes->at(0);
  EXPECT_EQ(outcome.version, 1);
  ASSERT_EQ(outcome.rows.rows.size(), 1u);
  const model::Resource& item = service_->resource(service_->FindResource("Item"));
  std::string shown;
  json::Writer out(shown);
  out.BeginObject();
  for (const call::RowSet::Column& column : outcome.rows.columns) {
    const model::Field& field = item.field(column.field);
    if (field.system != model::SystemField::kNone) continue;
    out.Key(field.name);
    field.type->Format(outcome.rows.rows.at(0, column.cell), out);
  }
  out.EndObject();
  EXPECT_THAT(shown, HasSubstr(R"("number":21,"price":"1.50","due":"2024-02-29T12:00:00.000001Z","twice":42)"));
}

TEST_F(PostgresStoreTest, WhatMayNotBeIsToldByItsName) {
  ASSERT_EQ(CodeOf(Create(R"({"name": "a"})")), "well");
  EXPECT_EQ(CodeOf(Create(R"({"name": "a"})")), "CONFLICT");
  EXPECT_EQ(CodeOf(Create(R"({"name": "b", "number": 13})")), "VALIDATION_ERROR");
  EXPECT_EQ(CodeOf(Create(R"({"itemId": 99, "label": "x"})", "Part")), "VALIDATION_ERROR");
  EXPECT_EQ(Total(), 1);
}

TEST_F(PostgresStoreTest, AUnitIsKeptWholeOrNotAtAll) {
  Unit unit;
  AddTo(unit, OperationKind::kCreate, R"({"name": "first"})");
  AddTo(unit, OperationKind::kCreate, R"({"name": "second"})");
  AddTo(unit, OperationKind::kCreate, R"({"name": "first"})");
  EXPECT_EQ(CodeOf(Run(unit)), "CONFLICT");
  EXPECT_EQ(Total(), 0);
}

// Each refusal is told, though the server ends a transaction at the first.
TEST_F(PostgresStoreTest, AllRefusalsAreTold) {
  ASSERT_EQ(CodeOf(Create(R"({"name": "a"})")), "well");
  Unit unit;
  unit.collect_all = true;
  for (const char* name : {"a", "b", "a"})
    AddTo(unit, OperationKind::kCreate, fmt::format(R"({{"name": "{}"}})", name));
  auto outcomes = Run(unit);
  ASSERT_TRUE(outcomes) << outcomes.error().message;
  ASSERT_EQ(outcomes->size(), 3u);
  EXPECT_FALSE((*outcomes)[0]);
  EXPECT_TRUE((*outcomes)[1]);
  EXPECT_FALSE((*outcomes)[2]);
  EXPECT_EQ(Total(), 1);
}

TEST_F(PostgresStoreTest, OfManyWhoChangeOneVersionOneDoes) {
  ASSERT_EQ(CodeOf(Create(R"({"name": "a", "number": 0})")), "well");
  std::vector<Unit> units(16);
  for (size_t i = 0; i < units.size(); ++i) {
    AddTo(units[i], OperationKind::kUpdate, fmt::format(R"({{"number": {}}})", i + 100), "1", 1);
  }
  const std::vector<std::string> told = RunTogether(units);
  EXPECT_EQ(std::ranges::count(told, "well"), 1) << fmt::format("{}", fmt::join(told, " "));
  EXPECT_EQ(std::ranges::count(told, "PRECONDITION_FAILED"), 15) << fmt::format("{}", fmt::join(told, " "));
}

TEST_F(PostgresStoreTest, AContractMayGrow) {
  ASSERT_EQ(CodeOf(Create(R"({"name": "a"})")), "well");
  std::string grown = kContract;
  grown.replace(grown.find("      number: int\n"), 18,
                "      number: int\n      colour: { type: string!, default: \"'red'\" }\n");
  EXPECT_EQ(OpenStore(grown), "");
  EXPECT_EQ(Total(), 1);
  EXPECT_THAT(OpenStore("service: keeping\nresources:\n  Other: { fields: { a: int }, access: { read: public } }\n"),
              HasSubstr("resource Item is gone"));
}

TEST_F(PostgresStoreTest, WhatIsSearchedIsMadeOfTheRowsThatAreThere) {
  const std::string long_word(5000, 'x');
  std::string plain = kContract;
  plain.replace(plain.find("      number: int\n"), 18, "      number: int\n      about: text\n");
  ASSERT_EQ(OpenStore(plain), "");
  ASSERT_EQ(CodeOf(Create(R"({"name": "Straße nach Süden"})")), "well");
  ASSERT_EQ(CodeOf(Create(fmt::format(R"({{"name": "strasse", "about": "of {}"}})", long_word))), "well");
  for (int i = 0; i < 50; ++i) ASSERT_EQ(CodeOf(Create(fmt::format(R"({{"name": "other {}"}})", i))), "well");
  std::string searched = plain;
  searched.replace(searched.find("unique: true }"), 14, "unique: true, search: true }");
  searched.replace(searched.find("about: text"), 11, "about: { type: text, search: true }");
  ASSERT_EQ(OpenStore(searched), "");
  EXPECT_EQ(Found("STRASSE"), 2);
  EXPECT_EQ(Found("suden strasse"), 1);
  EXPECT_EQ(Found("strasse " + long_word), 1);
  EXPECT_EQ(Found("other"), 50);
  ASSERT_EQ(CodeOf(Create(R"({"name": "Another street: strasse"})")), "well");
  EXPECT_EQ(Found("strasse"), 3);
  EXPECT_EQ(OpenStore(plain), "");
  EXPECT_EQ(OpenStore(searched), "");
  EXPECT_EQ(Found("strasse"), 3);
}

TEST_F(PostgresStoreTest, TheWordsOfSeveralFieldsFitIntoTheirIndexTogether) {
  ASSERT_EQ(OpenStore(std::string(kContract) +
                      "  Note:\n    fields: { a: { type: text, search: true }, b: { type: text, search: true } }\n"
                      "    access: { read: public, write: public }\n"),
            "");
  std::string a, b;
  for (int i = 0; i < 60'000; ++i) {
    a += fmt::format("a{} ", i);
    b += fmt::format("b{} ", i);
  }
  EXPECT_EQ(CodeOf(Create(fmt::format(R"({{"a": "{}", "b": "{}"}})", a, b), "Note")), "well");
}

TEST_F(PostgresStoreTest, WhatIsNotBuiltIsRefusedByItsName) {
  EXPECT_THAT(OpenStore("service: keeping\nresources:\n  Note: { fields: { text: string, mail: { type: email, "
                        "computed: text } }, access: { read: public } }\n"),
              HasSubstr("Note.mail: a computed field's type may have bounds, but no pattern and no form"));
}

}  // namespace
}  // namespace ashlar::store::postgres
