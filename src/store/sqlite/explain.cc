// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/explain.h"

#include "store/sql/schema.h"
#include "store/sql/statement.h"

namespace ashlar::store::sqlite {
namespace {

// What statements call their own table: store/sql/statement.cc.
constexpr std::string_view kRow = "t";
constexpr std::string_view kSort = "USE TEMP B-TREE FOR ORDER BY";
constexpr std::string_view kGroup = "USE TEMP B-TREE FOR GROUP BY";

// The verb of a step that is about the statement's own table: "SCAN ", "SEARCH "; empty if it is about another.
std::string_view VerbOf(std::string_view step) {
  for (std::string_view verb : {"SCAN ", "SEARCH "}) {
    if (!step.starts_with(verb)) continue;
    std::string_view rest = step.substr(verb.size());
    if (rest.starts_with(kRow) && (rest.size() == kRow.size() || rest[kRow.size()] == ' ')) return verb;
  }
  return "";
}

}  // namespace

Result<std::unique_ptr<Explainer>> Explainer::Open(const model::Service& service) {
  TRY(connection, Connection::OpenInMemory());
  for (const std::string& statement : sql::CreateAll(service, sql::Sqlite())) TRY_VOID(connection->Execute(statement));
  return std::unique_ptr<Explainer>(new Explainer(service, std::move(connection)));
}

Result<std::unique_ptr<Explainer>> Explainer::OpenStore(const model::Service& service, const std::string& path) {
  TRY(connection, Connection::Open(path, Connection::Role::kReader));
  auto text = connection->QueryText("SELECT description FROM ashlar_schema");
  if (!text || *text != sql::Describe(service, sql::Sqlite())) {
    return Fail(ErrorKind::kInvalid, fmt::format("{} does not hold the tables of this contract", path));
  }
  return std::unique_ptr<Explainer>(new Explainer(service, std::move(connection)));
}

Result<QueryPlan> Explainer::Explain(const plan::Statement& statement) {
  const model::Resource& resource =
      service_.resource(std::visit([](const auto& one) { return one.resource; }, statement));
  QueryPlan plan;
  plan.sql = sql::Render(service_, sql::Sqlite(), statement).text;
  TRY(steps, connection_->Explain(plan.sql));
  // A probe's own table is the one row that it is given.
  bool probes = std::holds_alternative<plan::Probe>(statement);
  for (auto& [depth, step] : steps) {
    std::string_view verb = VerbOf(step);
    plan.scans = plan.scans || (verb == "SCAN " && !probes);
    plan.sorts = plan.sorts || step == kSort || step == kGroup;
    if (!verb.empty()) step.replace(verb.size(), kRow.size(), probes ? "(the given row)" : resource.table);
    plan.steps.push_back(std::string(static_cast<size_t>(depth) * 2, ' ') + step);
  }
  return plan;
}

}  // namespace ashlar::store::sqlite
