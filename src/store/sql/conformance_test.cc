// SPDX-License-Identifier: Apache-2.0
// One table of expressions (tests/conformance/cel): the evaluator and SQLite must both give its answers.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "cel/functions.h"
#include "contract/contract.h"
#include "store/sql/schema.h"
#include "store/sqlite/connection.h"

namespace ashlar::store {
namespace {

using types::Value;
using types::Values;

std::string ReadFile(const std::string& name) {
  std::ifstream stream(std::string(ASHLAR_SOURCE_DIR) + "/tests/conformance/cel/" + name);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string TextOf(const json::Json& object, std::string_view name) {
  const json::Json* member = object.Find(name);
  return member == nullptr || member->string() == nullptr ? "" : *member->string();
}

// The rows of the table, in memory and in SQLite.
class World : public cel::Environment {
 public:
  World() {
    contract::Source source{"model.yaml", ReadFile("model.yaml")};
    auto compiled = contract::Compile({&source, 1}, {});
    if (!compiled) throw std::runtime_error(contract::Render(compiled.error(), false));
    service_ = *compiled;
    table_ = *json::Parse(ReadFile("expressions.json"), {.depth = 64, .bytes = 1 << 22});
    path_ = std::filesystem::temp_directory_path() / fmt::format("ashlar-cel-{}.db", getpid());
    std::filesystem::remove(path_);
    connection_ = std::move(*sqlite::Connection::Open(path_, sqlite::Connection::Role::kWriter));
    for (const std::string& statement : sql::CreateAll(*service_)) Must(connection_->Execute(statement));
    for (const json::Member& member : *table_.Find("rows")->object()) {
      for (const json::Json& row : *member.value.array()) Add(member.name, row);
    }
  }
  ~World() override {
    connection_.reset();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + end);
  }

  const json::Json& table() const { return table_; }
  const model::Resource& thing() const { return service_->resource(service_->FindResource("Thing")); }

  std::expected<cel::ExprPtr, std::vector<cel::Mistake>> Compile(const std::string& text) const {
    cel::Scope scope;
    scope.schema = service_.get();
    scope.resource = thing().id;
    cel::Type boolean;
    boolean.tag = cel::Type::Tag::kBool;
    return cel::Compile(text, scope, boolean);
  }

  std::string InMemory(const cel::Expr& expr, const std::string& key) const {
    auto value = cel::Evaluate(expr, *this, {thing().id, &named_.at(key)});
    if (!value || value->get<bool>() == nullptr) return "error";
    return *value->get<bool>() ? "true" : "false";
  }

  std::string InSqlite(const cel::ExprPtr& expr, const std::string& key) {
    auto answer = connection_->Run(*service_, plan::Probe{thing().id, named_.at(key), {expr}});
    if (!answer) return answer.error().message;
    const types::Cell& cell = std::get<types::Rows>(*answer).at(0, 0);
    return cell.is_null() ? "error" : cell.integer != 0 ? "true" : "false";
  }

  Value FieldOf(cel::RowRef row, cel::FieldId field) const override {
    return (*static_cast<const Values*>(row.row))[field.index()];
  }
  std::optional<cel::RowRef> ToOne(cel::RowRef row, cel::RelationId id) const override {
    const model::Relation& relation = service_->resource(row.resource).relation(id);
    for (cel::RowRef target : Matching(relation, FieldOf(row, relation.local))) return target;
    return std::nullopt;
  }
  std::vector<cel::RowRef> ToMany(cel::RowRef row, cel::RelationId id) const override {
    const model::Relation& relation = service_->resource(row.resource).relation(id);
    return Matching(relation, FieldOf(row, relation.local));
  }

 private:
  static void Must(const Result<void>& done) {
    if (!done) throw std::runtime_error(done.error().message);
  }

  std::vector<cel::RowRef> Matching(const model::Relation& relation, const Value& key) const {
    std::vector<cel::RowRef> found;
    auto rows = rows_.find(relation.target);
    if (key.is_null() || rows == rows_.end()) return found;
    model::FieldId deleted = service_->resource(relation.target).FindSystem(model::SystemField::kDeletedAt);
    for (const Values& row : rows->second) {
      bool live = !deleted.valid() || row[deleted.index()].is_null();
      if (live && row[relation.remote.index()] == key) found.push_back({relation.target, &row});
    }
    return found;
  }

  void Add(const std::string& name, const json::Json& given) {
    const model::Resource& resource = service_->resource(service_->FindResource(name));
    Values row(resource.fields.size());
    for (size_t i = 0; i < resource.fields.size(); ++i) {
      const model::Field& field = resource.fields[i];
      if (const json::Json* value = given.Find(field.name)) {
        auto parsed = field.type->Parse(*value);
        if (!parsed) throw std::runtime_error(name + "." + field.name + ": " + parsed.error()[0].message);
        row[i] = *parsed;
      } else if (field.type->kind() == types::Kind::kList) {
        row[i] = types::List{};
      } else if (field.system == model::SystemField::kVersion) {
        row[i] = int64_t{1};
      } else if (field.system == model::SystemField::kCreatedAt || field.system == model::SystemField::kUpdatedAt) {
        row[i] = types::Timestamp{0};
      }
    }
    auto written = connection_->Run(*service_, plan::Insert{resource.id, row});
    if (!written) throw std::runtime_error(written.error().message);
    if (!std::holds_alternative<plan::Written>(*written)) throw std::runtime_error("a row of the table is refused");
    if (!TextOf(given, "key").empty()) named_[TextOf(given, "key")] = row;
    rows_[resource.id].push_back(std::move(row));
  }

  std::shared_ptr<const model::Service> service_;
  json::Json table_;
  std::string path_;
  std::unique_ptr<sqlite::Connection> connection_;
  std::map<cel::ResourceId, std::vector<Values>> rows_;
  std::map<std::string, Values> named_;
};

World& Shared() {
  static World world;
  return world;
}

void Visit(const cel::Expr& expr, std::set<cel::Op>& seen) {
  if (const auto* call = expr.get<cel::Call>()) {
    seen.insert(call->op);
    for (const auto& argument : call->arguments) Visit(*argument, seen);
  }
  if (const auto* field = expr.get<cel::Field>()) Visit(*field->row, seen);
  if (const auto* relation = expr.get<cel::Relation>()) Visit(*relation->row, seen);
  if (const auto* list = expr.get<cel::ListOf>()) {
    for (const auto& item : list->items) Visit(*item, seen);
  }
  if (const auto* loop = expr.get<cel::Comprehension>()) {
    Visit(*loop->range, seen);
    Visit(*loop->body, seen);
  }
}

TEST(Expressions, HaveTheAnswersOfTheTableInMemoryAndInSqlite) {
  World& world = Shared();
  for (const json::Json& test : *world.table().Find("cases")->array()) {
    std::string text = TextOf(test, "expr");
    std::string row = TextOf(test, "row");
    auto expr = world.Compile(text);
    if (!expr) {
      ADD_FAILURE() << text << ": " << expr.error()[0].message << " at " << expr.error()[0].offset;
      continue;
    }
    std::string answer = TextOf(test, "answer");
    EXPECT_EQ(world.InMemory(**expr, row), answer) << text << " in memory, row " << row;
    EXPECT_EQ(world.InSqlite(*expr, row), answer) << text << " in SQLite, row " << row;
    // Folding must not change an answer, in either place.
    cel::ExprPtr folded = cel::Fold(*expr, {});
    EXPECT_EQ(world.InMemory(*folded, row), answer) << text << " folded";
    EXPECT_EQ(world.InSqlite(folded, row), answer) << text << " folded, in SQLite";
  }
}

TEST(Expressions, MistakesAreToldAtTheirPlaces) {
  World& world = Shared();
  for (const json::Json& test : *world.table().Find("mistakes")->array()) {
    std::string text = TextOf(test, "expr");
    auto expr = world.Compile(text);
    ASSERT_FALSE(expr.has_value()) << text;
    const cel::Mistake& mistake = expr.error()[0];
    EXPECT_EQ(std::to_string(mistake.offset), test.Find("offset")->number()->token) << text << ": " << mistake.message;
    EXPECT_NE(mistake.message.find(TextOf(test, "message")), std::string::npos) << text << ": " << mistake.message;
  }
}

// Every operator and function stands in a case that holds; those that can fail stand in one that is an error.
TEST(Expressions, EveryOperatorHasItsCases) {
  World& world = Shared();
  std::set<cel::Op> fine;
  std::set<cel::Op> failing;
  for (const json::Json& test : *world.table().Find("cases")->array()) {
    auto expr = world.Compile(TextOf(test, "expr"));
    if (expr) Visit(**expr, TextOf(test, "answer") == "error" ? failing : fine);
  }
  // Literals alone; of the caller, tested with the rules; of query operators, tested over HTTP; of checks.
  const std::set<cel::Op> elsewhere = {
      cel::Op::kIndex,    cel::Op::kTimestamp,         cel::Op::kDuration, cel::Op::kHasRole,
      cel::Op::kHasScope, cel::Op::kEqualIgnoringCase, cel::Op::kMatches,  cel::Op::kContainsIgnoringCase};
  const std::set<cel::Op> never_fails = {cel::Op::kHas};
  for (const cel::FunctionRow& row : cel::Functions()) {
    if (elsewhere.contains(row.op)) continue;
    EXPECT_TRUE(fine.contains(row.op)) << "no case for '" << row.name << "'";
    bool covered = failing.contains(row.op) || never_fails.contains(row.op);
    EXPECT_TRUE(covered) << "no error case for '" << row.name << "'";
  }
}

// Conditions joined at random: absorption must agree in all of them.
TEST(Expressions, JoinedAtRandomTheyAgree) {
  World& world = Shared();
  const json::Array& cases = *world.table().Find("cases")->array();
  uint64_t state = 20261121;
  auto next = [&state](size_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<size_t>((state >> 33) % below);
  };
  int rounds = std::getenv("ASHLAR_EXTENDED") != nullptr ? 20'000 : 600;
  for (int round = 0; round < rounds; ++round) {
    std::string text;
    for (size_t parts = 2 + next(3); parts > 0; --parts) {
      std::string part = TextOf(cases[next(cases.size())], "expr");
      if (part.starts_with("//")) continue;
      const char* join = next(2) == 0 ? " && " : " || ";
      text += (text.empty() ? "" : join) + std::string(next(3) == 0 ? "!" : "") + "(" + part + ")";
    }
    auto expr = world.Compile(text);
    if (!expr) continue;
    for (const char* row : {"a", "b", "c"}) {
      std::string answer = world.InMemory(**expr, row);
      EXPECT_EQ(world.InSqlite(*expr, row), answer) << text << " row " << row;
      EXPECT_EQ(world.InMemory(*cel::Fold(*expr, {}), row), answer) << text << " folded, row " << row;
    }
  }
}

}  // namespace
}  // namespace ashlar::store
