// SPDX-License-Identifier: Apache-2.0
// One connection: how it is set up, how values lie in it, what its violations tell, which indexes its reads use.
#include "store/sqlite/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <limits>

#include "contract/contract.h"
#include "plan/rules.h"
#include "store/sql/schema.h"
#include "store/sqlite/functions.h"
#include "store/sqlite/run.h"

namespace ashlar::store::sqlite {
namespace {

using model::FieldId;
using plan::Statement;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using types::Value;
using types::Values;

constexpr const char* kContract = R"(
service: connecting
resources:
  Kind:
    fields:
      bool: bool
      int: int
      long: int64
      float: float
      decimal: decimal(18,4)
      text: text
      bytes: bytes
      uuid: uuid
      date: date
      time: datetime
      span: duration
      json: json
      list: '[decimal(5,2)]'
    access: { read: public }
  Shop:
    id: int
    fields: { name: string!, goods: { many: Good, via: shop } }
    access: { read: public }
  Good:
    id: string
    softDelete: true
    fields:
      code: { type: string, unique: true }
      price: { type: 'decimal(8,2)!', index: true }
      size: { type: int, index: true }
      'select': string
      shop: Shop
    unique:
      - [select, size]
    indexes:
      - [select, price]
    checks:
      - { rule: size > 0, message: too small }
      - { rule: 'select != "it''s"', message: no quotes }
    access: { read: public }
)";

class Silent final : public Observer {
 public:
  void Observe(const Observation&) override {}
};

class ConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<contract::Source> sources{{"test.yaml", kContract}};
    auto compiled = contract::Compile(sources, {});
    ASSERT_TRUE(compiled) << contract::Render(compiled.error(), false);
    service_ = *compiled;
    std::string pattern = std::filesystem::temp_directory_path() / "ashlar_connection_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ / "store.db";
    writer_ = Connection::Open(path_, Connection::Role::kWriter).value();
    for (const std::string& statement : sql::CreateAll(*service_, sql::Sqlite())) {
      auto made = writer_->Execute(statement);
      ASSERT_TRUE(made) << made.error().message << " in " << statement;
    }
  }
  void TearDown() override {
    writer_.reset();
    std::filesystem::remove_all(folder_);
  }

  const model::Resource& In(std::string_view name) { return service_->resource(service_->FindResource(name)); }
  FieldId F(std::string_view resource, std::string_view field) { return In(resource).FindField(field); }
  // A row with these fields and what every row needs.
  plan::Insert InsertOf(std::string_view name, std::vector<std::pair<std::string, Value>> values) {
    const model::Resource& resource = In(name);
    plan::Insert insert{resource.id, Values(resource.fields.size())};
    for (size_t i = 0; i < resource.fields.size(); ++i) {
      const model::Field& field = resource.fields[i];
      if (field.system == model::SystemField::kVersion) insert.row[i] = int64_t{1};
      if (field.system == model::SystemField::kCreatedAt) insert.row[i] = types::Timestamp{1};
      if (field.system == model::SystemField::kUpdatedAt) insert.row[i] = types::Timestamp{1};
      if (field.type->kind() == types::Kind::kList) insert.row[i] = types::List{};
    }
    for (auto& [field, value] : values) insert.row[resource.FindField(field).index()] = std::move(value);
    return insert;
  }
  plan::Answer Run(const Statement& statement) {
    auto answer = writer_->Run(*service_, statement);
    if (!answer) ADD_FAILURE() << answer.error().message;
    return std::move(answer).value();
  }
  cel::ExprPtr Compiled(std::string_view resource, const std::string& text) {
    cel::Scope scope;
    scope.schema = service_.get();
    scope.resource = In(resource).id;
    cel::Type boolean;
    boolean.tag = cel::Type::Tag::kBool;
    auto made = cel::Compile(text, scope, boolean);
    if (!made) ADD_FAILURE() << made.error()[0].message;
    return cel::FoldConstants(*made);
  }
  // How SQLite goes about a query, a line each.
  std::string PlanOf(const plan::Query& query) {
    sql::Sql sql = sql::Render(*service_, sql::Sqlite(), query);
    sqlite3* raw = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &raw), SQLITE_OK);
    EXPECT_TRUE(AddFunctions(raw));
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(raw, ("EXPLAIN QUERY PLAN " + sql.text).c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(raw) << sql.text;
    std::string lines;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      lines += reinterpret_cast<const char*>(sqlite3_column_text(statement, 3));
      lines += '\n';
    }
    sqlite3_finalize(statement);
    sqlite3_close(raw);
    return lines;
  }
  plan::Query GoodsBy(std::vector<plan::Order> order) {
    plan::Query query{.resource = In("Good").id, .fields = {F("Good", "id")}};
    query.deleted = call::Deleted::kWith;
    query.order = std::move(order);
    return query;
  }

  std::shared_ptr<const model::Service> service_;
  std::filesystem::path folder_;
  std::string path_;
  std::unique_ptr<Connection> writer_;
};

TEST_F(ConnectionTest, IsSetUpToLastAndToMistrust) {
  auto reader = Connection::Open(path_, Connection::Role::kReader).value();
  EXPECT_EQ(writer_->QueryText("PRAGMA journal_mode").value(), "wal");
  EXPECT_EQ(writer_->QueryText("PRAGMA synchronous").value(), "2");
  EXPECT_EQ(writer_->QueryText("PRAGMA foreign_keys").value(), "1");
  EXPECT_EQ(writer_->QueryText("PRAGMA wal_autocheckpoint").value(), "0");
  EXPECT_EQ(reader->QueryText("PRAGMA query_only").value(), "1");
  for (Connection* one : {writer_.get(), reader.get()}) {
    EXPECT_EQ(one->QueryText("PRAGMA trusted_schema").value(), "0");
    EXPECT_EQ(one->QueryText("PRAGMA mmap_size").value(), "0");
  }
  EXPECT_FALSE(writer_->Execute("PRAGMA writable_schema=ON; DELETE FROM sqlite_schema")) << "defensive";
  auto refused = reader->Execute("DELETE FROM \"goods\"");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(Connection::Open(folder_ / "none.db", Connection::Role::kReader)) << "a reader makes no file";
}

TEST_F(ConnectionTest, ValuesOfEveryKindComeBack) {
  types::Uuid uuid;
  for (size_t i = 0; i < 16; ++i) uuid.bytes[i] = static_cast<uint8_t>(i * 16);
  const std::vector<std::pair<std::string, Value>> values = {
      {"id", uuid},
      {"bool", true},
      {"int", int64_t{-9007199254740991}},
      {"long", std::numeric_limits<int64_t>::min()},
      {"float", -0.1},
      {"decimal", types::Decimal{-999'999'999'999'999'999, 4}},
      {"text", std::string("'; DROP TABLE kinds; -- \xF0\x9F\x98\x80")},
      {"bytes", types::Bytes{std::string("\0\xFF'", 3)}},
      {"uuid", uuid},
      {"date", types::Date{-719162}},
      {"time", types::Timestamp{-1}},
      {"span", types::Duration{-1}},
      {"json", types::JsonText{R"({"a":[null,1.50]})"}},
      {"list", types::List{{types::Decimal{150, 2}, types::Decimal{-1, 2}}}},
  };
  Run(InsertOf("Kind", values));
  plan::Query query{.resource = In("Kind").id};
  for (const auto& [name, value] : values) query.fields.push_back(F("Kind", name));
  auto rows = std::get<types::Rows>(Run(query));
  ASSERT_EQ(rows.size(), 1u);
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(In("Kind").field(query.fields[i]).type->ToValue(rows.at(0, i)), values[i].second) << values[i].first;
  }
}

TEST_F(ConnectionTest, EmptyIsNotNull) {
  Run(InsertOf("Kind", {{"id", types::Uuid{}}, {"text", std::string()}, {"bytes", types::Bytes{}}}));
  plan::Query query{.resource = In("Kind").id};
  for (const char* name : {"text", "bytes", "list", "json"}) query.fields.push_back(F("Kind", name));
  auto rows = std::get<types::Rows>(Run(query));
  EXPECT_FALSE(rows.at(0, 0).is_null());
  EXPECT_FALSE(rows.at(0, 1).is_null());
  EXPECT_EQ(rows.at(0, 2).text(), "[]");
  EXPECT_TRUE(rows.at(0, 3).is_null());
}

TEST_F(ConnectionTest, AnInsertTellsTheIdThatTheStoreCounted) {
  EXPECT_EQ(std::get<plan::Written>(Run(InsertOf("Shop", {{"name", std::string("a")}}))).id, Value(int64_t{1}));
  Run(InsertOf("Shop", {{"id", int64_t{41}}, {"name", std::string("b")}}));
  EXPECT_EQ(std::get<plan::Written>(Run(InsertOf("Shop", {{"name", std::string("c")}}))).id, Value(int64_t{42}));
}

TEST_F(ConnectionTest, ViolationsNameWhatTheyAreAbout) {
  auto good = [&](std::vector<std::pair<std::string, Value>> values) {
    values.emplace_back("price", types::Decimal{100, 2});
    if (std::none_of(values.begin(), values.end(), [](const auto& one) { return one.first == "size"; })) {
      values.emplace_back("size", int64_t{1});
    }
    return Run(InsertOf("Good", std::move(values)));
  };
  EXPECT_EQ(std::get<plan::Written>(good({{"id", std::string("a")}, {"code", std::string("1")}})).rows, 1);
  EXPECT_THAT(std::get<plan::UniqueViolation>(good({{"id", std::string("a")}})).fields, ElementsAre(F("Good", "id")));
  EXPECT_THAT(std::get<plan::UniqueViolation>(good({{"id", std::string("b")}, {"code", std::string("1")}})).fields,
              ElementsAre(F("Good", "code")));
  good({{"id", std::string("c")}, {"select", std::string("s")}});
  EXPECT_THAT(std::get<plan::UniqueViolation>(good({{"id", std::string("d")}, {"select", std::string("s")}})).fields,
              ElementsAre(F("Good", "select"), F("Good", "size")));
  EXPECT_EQ(std::get<plan::CheckViolation>(good({{"id", std::string("e")}, {"size", int64_t{0}}})).check, 0);
  EXPECT_EQ(std::get<plan::CheckViolation>(good({{"id", std::string("e")}, {"size", Value{}}})).check, 0)
      << "null is not more than 0";
  EXPECT_EQ(std::get<plan::CheckViolation>(good({{"id", std::string("e")}, {"shopId", int64_t{9}}})).check, -1);
  auto none = Run(plan::Delete{In("Good").id, {std::string("nobody")}});
  EXPECT_EQ(std::get<plan::Written>(none).rows, 0);
}

TEST_F(ConnectionTest, PreparesAStatementOnceAndKeepsABoundedNumber) {
  for (int64_t i = 0; i < 300; ++i) {
    plan::Query query{.resource = In("Good").id, .fields = {F("Good", "id")}};
    for (int64_t n = 0; n <= i; ++n) query.fields.push_back(F("Good", "code"));
    auto rows = std::get<types::Rows>(Run(query));
    EXPECT_EQ(rows.columns(), static_cast<size_t>(i) + 2);
  }
  EXPECT_LE(writer_->prepared(), 200u);
}

TEST_F(ConnectionTest, AStatementIsInterruptedAndTheConnectionLives) {
  for (int64_t i = 1; i <= 1500; ++i) Run(InsertOf("Shop", {{"name", fmt::format("{}", i)}}));
  int looks = 0;
  auto expired = [](void* count) { return ++*static_cast<int*>(count) == 2; };
  writer_->SetInterrupt(expired, &looks);
  plan::Count count{.resource = In("Shop").id, .where = Compiled("Shop", "name.contains('x') || name.contains('y')")};
  auto answer = writer_->Run(*service_, count);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(looks, 2);
  writer_->SetInterrupt(nullptr, nullptr);
  EXPECT_EQ(std::get<types::Rows>(Run(count)).at(0, 0).integer, 0);
  EXPECT_EQ(looks, 2);
}

// A program that is written by hand.
class Steps final : public plan::Program {
 public:
  explicit Steps(std::vector<Statement> statements, bool throws = false)
      : statements_(std::move(statements)), throws_(throws) {}
  void Start() override {
    ++started_;
    done_ = false;
  }
  std::vector<Statement> Advance(std::vector<plan::Answer> answers) override {
    answers_ = std::move(answers);
    if (throws_ && done_) throw std::runtime_error("a defect");
    if (std::exchange(done_, true)) return {};
    return statements_;
  }
  call::Answer<call::Outcome> Take() override { return call::Outcome{}; }
  const std::vector<plan::Answer>& answers() const { return answers_; }

 private:
  std::vector<Statement> statements_;
  std::vector<plan::Answer> answers_;
  bool throws_;
  bool done_ = false;
  int started_ = 0;
};

TEST_F(ConnectionTest, RunsAProgramAndCountsWhatIsNotAudit) {
  Silent observer;
  Context context{.clock = SystemClock(), .observer = observer};
  plan::Insert audit{service_->audit, Values(service_->resource(service_->audit).fields.size())};
  Steps steps({InsertOf("Shop", {{"name", std::string("a")}}), plan::Count{.resource = In("Shop").id}, audit});
  auto outcome = RunProgram(*writer_, *service_, context, steps);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(*outcome);
  EXPECT_EQ(context.statements, 2);
  ASSERT_EQ(steps.answers().size(), 3u);
  EXPECT_EQ(std::get<types::Rows>(steps.answers()[1]).at(0, 0).integer, 1);
  EXPECT_EQ(std::get<plan::CheckViolation>(steps.answers()[2]).check, -1) << "an audit row needs values";
}

TEST_F(ConnectionTest, AProgramThatThrowsIsAnErrorOfItsOwn) {
  Silent observer;
  Context context{.clock = SystemClock(), .observer = observer};
  Steps steps({plan::Count{.resource = In("Shop").id}}, true);
  auto outcome = RunProgram(*writer_, *service_, context, steps);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(), (Error{ErrorKind::kInternal, "a defect"}));
  context.deadline = Deadline{0};
  Steps late({plan::Count{.resource = In("Shop").id}});
  EXPECT_EQ(RunProgram(*writer_, *service_, context, late).error().kind, ErrorKind::kTimeout);
}

TEST_F(ConnectionTest, ConditionsUseTheirIndexes) {
  plan::Query query = GoodsBy({});
  auto plan_for = [&](std::string_view text) {
    query.where = Compiled("Good", std::string(text));
    return PlanOf(query);
  };
  EXPECT_THAT(plan_for("id == 'a'"), HasSubstr("(id=?)"));
  EXPECT_THAT(plan_for("size == 3"), HasSubstr("(size=?)"));
  EXPECT_THAT(plan_for("price >= 1.5 && price < 2.5"), HasSubstr("(price>? AND price<?)"));
  EXPECT_THAT(plan_for("size in [1, 2, 3]"), HasSubstr("(size=?)"));
  EXPECT_THAT(plan_for("select == 'x' && price > 1"), HasSubstr("(select=? AND price>?)"));
  EXPECT_THAT(plan_for("shop.name == 'x'"), HasSubstr("INTEGER PRIMARY KEY"));
  query.resource = In("Shop").id;
  query.fields = {F("Shop", "id")};
  query.where = Compiled("Shop", "goods.exists(g, g.size > 1)");
  EXPECT_THAT(PlanOf(query), HasSubstr("(shop_id=?)"));
}

TEST_F(ConnectionTest, SeeksAndManyValuesUseTheirIndexes) {
  FieldId id = F("Good", "id");
  plan::Query seek = GoodsBy({{F("Good", "price")}, {id}});
  seek.after = Values{types::Decimal{100, 2}, std::string("a")};
  EXPECT_THAT(PlanOf(seek), AllOf(HasSubstr("(price>?)"), Not(HasSubstr("SCAN"))));
  seek.order = {{F("Good", "price"), true}, {id}};
  EXPECT_THAT(PlanOf(seek), HasSubstr("(price<?)"));
  seek.order = {{F("Good", "size")}, {id}};
  seek.after = Values{int64_t{5}, std::string("a")};
  EXPECT_THAT(PlanOf(seek), HasSubstr("(size>?)"));
  plan::Query among = GoodsBy({{id}});
  among.among = F("Good", "shopId");
  among.among_values = {int64_t{1}, int64_t{2}};
  EXPECT_THAT(PlanOf(among), HasSubstr("(shop_id=?)"));
  among.among = id;
  among.among_values = {std::string("a")};
  EXPECT_THAT(PlanOf(among), HasSubstr("(id=?)"));
  plan::Query kinds{.resource = In("Kind").id, .fields = {F("Kind", "id")}};
  kinds.among = F("Kind", "id");
  kinds.among_values = {types::Uuid{}};
  EXPECT_THAT(PlanOf(kinds), HasSubstr("(id=?)"));
}

TEST_F(ConnectionTest, StatementsOfOneShapeHaveOneText) {
  plan::Query query = GoodsBy({{F("Good", "id")}});
  query.among = F("Good", "shopId");
  query.among_values = {int64_t{1}};
  query.limit = 5;
  sql::Sql one = sql::Render(*service_, sql::Sqlite(), query);
  query.among_values = {int64_t{1}, int64_t{2}, int64_t{3}};
  query.limit = 7;
  sql::Sql many = sql::Render(*service_, sql::Sqlite(), query);
  EXPECT_EQ(one.text, many.text);
  EXPECT_EQ(one.parameters.size(), many.parameters.size());
  EXPECT_EQ(
      sql::Render(*service_, sql::Sqlite(), InsertOf("Shop", {{"name", std::string("a")}})).text,
      sql::Render(*service_, sql::Sqlite(), InsertOf("Shop", {{"id", int64_t{1}}, {"name", std::string("b")}})).text);
}

}  // namespace
}  // namespace ashlar::store::sqlite
