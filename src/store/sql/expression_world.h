// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the tests of expressions share: rows that are both in memory and in a database, and one question asked in both.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "plan/statement.h"
#include "store/sql/expression.h"
#include "store/sql/schema.h"
#include "store/sqlite/connection.h"

namespace ashlar::store::sql {

// A database of one's own, empty at first.
class Database {
 public:
  virtual ~Database() = default;
  virtual const Dialect& dialect() const = 0;
  virtual Result<void> Execute(const std::string& sql) = 0;
  // What the first cell of the first row is.
  enum class Told { kNothing, kNull, kFalse, kElse };
  virtual Result<Told> Run(const model::Service& service, const plan::Statement& statement) = 0;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase() {
    static int databases = 0;
    path_ = std::filesystem::temp_directory_path() / fmt::format("ashlar-cel-{}-{}.db", getpid(), ++databases);
    RemoveFiles();
    auto opened = sqlite::Connection::Open(path_, sqlite::Connection::Role::kWriter);
    if (!opened) throw std::runtime_error(opened.error().message);
    connection_ = std::move(*opened);
    (void)connection_->Execute("PRAGMA synchronous = OFF");
  }
  ~SqliteDatabase() override {
    connection_.reset();
    RemoveFiles();
  }
  const Dialect& dialect() const override { return Sqlite(); }
  Result<void> Execute(const std::string& sql) override { return connection_->Execute(sql); }
  Result<Told> Run(const model::Service& service, const plan::Statement& statement) override {
    TRY(answer, connection_->Run(service, statement));
    if (plan::IsViolation(answer)) return Fail(ErrorKind::kInvalid, "a row is refused");
    const auto* rows = std::get_if<types::Rows>(&answer);
    if (rows == nullptr || rows->empty()) return Told::kNothing;
    const types::Cell& cell = rows->at(0, 0);
    return cell.is_null() ? Told::kNull : cell.integer != 0 ? Told::kElse : Told::kFalse;
  }

 private:
  void RemoveFiles() {
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + end);
  }
  std::string path_;
  std::unique_ptr<sqlite::Connection> connection_;
};

// Rows of a service's resources. "true", "false" and "error" (which null is, too) are the answers. Throws where a test
// is set up wrongly.
class ExpressionWorld : public cel::Environment {
 public:
  explicit ExpressionWorld(std::shared_ptr<const model::Service> service,
                           std::unique_ptr<Database> database = std::make_unique<SqliteDatabase>())
      : service_(std::move(service)), database_(std::move(database)) {
    for (const std::string& statement : CreateAll(*service_, dialect())) Must(database_->Execute(statement));
  }
  ExpressionWorld(const ExpressionWorld&) = delete;

  const Dialect& dialect() const { return database_->dialect(); }

  const model::Service& service() const { return *service_; }
  const model::Resource& resource(std::string_view name) const {
    return service_->resource(service_->FindResource(name));
  }

  // A row as JSON has it; `key` names it for the questions.
  void Add(const std::string& name, const json::Json& given, const std::string& key) {
    const model::Resource& resource = this->resource(name);
    types::Values row(resource.fields.size());
    for (size_t i = 0; i < resource.fields.size(); ++i) row[i] = ReadField(resource.fields[i], given);
    auto written = database_->Run(*service_, plan::Insert{resource.id, row});
    if (!written) throw std::runtime_error(written.error().message);
    auto& rows = rows_[resource.id];
    rows.push_back(std::make_unique<types::Values>(std::move(row)));
    if (!key.empty()) named_[key] = {resource.id, rows.back().get()};
  }

  std::expected<cel::ExprPtr, std::vector<cel::Mistake>> Compile(const std::string& text, cel::Type::Tag tag,
                                                                 bool matches = false) const {
    cel::Scope scope;
    scope.schema = service_.get();
    scope.resource = resource("Thing").id;
    scope.matches = matches;
    cel::Type type;
    type.tag = tag;
    type.nullable = tag != cel::Type::Tag::kBool;
    return cel::Compile(text, scope, type);
  }

  std::string InMemory(const cel::Expr& expr, const std::string& key) const {
    auto value = cel::Evaluate(expr, *this, named_.at(key));
    if (!value || value->get<bool>() == nullptr) return "error";
    return *value->get<bool>() ? "true" : "false";
  }

  // Of a row that is not stored, its relations aside.
  std::string InProbe(const cel::ExprPtr& expr, const std::string& key) {
    auto answer = database_->Run(*service_, plan::Probe{named_.at(key).resource, RowOf(key), {expr}});
    if (!answer) return answer.error().message;
    return *answer == Database::Told::kNull ? "error" : *answer == Database::Told::kElse ? "true" : "false";
  }

  // Of the stored row, asked by a condition and by its opposite.
  std::string InTable(const cel::ExprPtr& expr, const std::string& key) {
    bool holds = Finds(expr, key);
    bool not_holds = Finds(cel::Not(expr), key);
    if (holds && not_holds) return "both";
    return holds ? "true" : not_holds ? "false" : "error";
  }

  // Of a CHECK constraint: whether the row may stand in a table that has it; nullopt where no built-in SQL says it.
  std::optional<bool> PassesCheck(const cel::Expr& expr, const std::string& key) {
    const model::Resource& resource = service_->resource(named_.at(key).resource);
    ExpressionRenderer renderer(*service_, dialect(), Mode::kCheck);
    types::Values none;
    std::string check = renderer.Render(expr, "", none);
    if (renderer.failed()) return std::nullopt;
    std::string columns;
    for (const model::Field& field : resource.fields) {
      if (field.computed) continue;
      columns += (columns.empty() ? "" : ", ") + DefineColumn(*service_, dialect(), resource, field);
    }
    Must(database_->Execute("DROP TABLE IF EXISTS checked"));
    Must(database_->Execute(
        fmt::format("CREATE TABLE checked ({}, CHECK (({}) IS TRUE){}", columns, check, dialect().TableEnd())));
    return database_
        ->Execute(fmt::format("INSERT INTO checked SELECT * FROM \"{}\" WHERE id = {}", resource.table,
                              *dialect().Literal(RowOf(key)[0])))
        .has_value();
  }

  types::Value FieldOf(cel::RowRef row, cel::FieldId id) const override {
    const model::Field& field = service_->resource(row.resource).field(id);
    if (field.computed) return model::Compute(*field.computed, *field.type, *this, row);
    return (*static_cast<const types::Values*>(row.row))[id.index()];
  }
  std::optional<cel::RowRef> ToOne(cel::RowRef row, cel::RelationId id) const override {
    for (cel::RowRef target : ToMany(row, id, nullptr)) return target;
    return std::nullopt;
  }
  std::vector<cel::RowRef> ToMany(cel::RowRef row, cel::RelationId id,
                                  const std::function<bool(cel::RowRef)>& between) const override {
    const model::Relation& relation = service_->resource(row.resource).relation(id);
    types::Value key = FieldOf(row, relation.local);
    if (!relation.through) return Live(relation.target, relation.remote, key);
    std::vector<types::Value> keys;
    for (cel::RowRef one : Live(relation.through->resource, relation.through->near, key)) {
      if (between == nullptr || between(one)) keys.push_back(FieldOf(one, relation.through->far));
    }
    std::vector<cel::RowRef> found;
    for (const types::Value& far : keys) {
      for (cel::RowRef one : Live(relation.target, relation.remote, far)) {
        auto same = [&](cel::RowRef other) { return other.row == one.row; };
        if (std::ranges::none_of(found, same)) found.push_back(one);
      }
    }
    return found;
  }

 private:
  // The live rows of a resource that have this value there; none for null.
  std::vector<cel::RowRef> Live(cel::ResourceId resource, cel::FieldId field, const types::Value& value) const {
    std::vector<cel::RowRef> found;
    auto rows = rows_.find(resource);
    if (value.is_null() || rows == rows_.end()) return found;
    model::FieldId deleted = service_->resource(resource).FindSystem(model::SystemField::kDeletedAt);
    for (const auto& one : rows->second) {
      bool live = !deleted.valid() || (*one)[deleted.index()].is_null();
      if (live && (*one)[field.index()] == value) found.push_back({resource, one.get()});
    }
    return found;
  }

  static void Must(const Result<void>& done) {
    if (!done) throw std::runtime_error(done.error().message);
  }

  const types::Values& RowOf(const std::string& key) const {
    return *static_cast<const types::Values*>(named_.at(key).row);
  }

  bool Finds(const cel::ExprPtr& expr, const std::string& key) {
    const model::Resource& resource = service_->resource(named_.at(key).resource);
    plan::Query query;
    query.resource = resource.id;
    query.fields = resource.key;
    query.where = expr;
    query.among = resource.key[0];
    query.among_values = {RowOf(key)[resource.key[0].index()]};
    query.order = {{resource.key[0], false}};
    auto answer = database_->Run(*service_, query);
    if (!answer) throw std::runtime_error(answer.error().message);
    return *answer != Database::Told::kNothing;
  }

  static types::Value ReadField(const model::Field& field, const json::Json& given) {
    if (const json::Json* value = given.Find(field.name); value != nullptr && !value->is_null()) {
      auto parsed = field.type->Parse(*value);
      if (!parsed) throw std::runtime_error(field.name + ": " + parsed.error()[0].message);
      return *parsed;
    }
    if (field.type->kind() == types::Kind::kList) return types::List{};
    if (field.system == model::SystemField::kVersion) return int64_t{1};
    bool time = field.system == model::SystemField::kCreatedAt || field.system == model::SystemField::kUpdatedAt;
    return time ? types::Value(types::Timestamp{0}) : types::Value();
  }

  std::shared_ptr<const model::Service> service_;
  std::unique_ptr<Database> database_;
  std::map<cel::ResourceId, std::vector<std::unique_ptr<types::Values>>> rows_;
  std::map<std::string, cel::RowRef> named_;
};

}  // namespace ashlar::store::sql
