// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/statement.h"
#include "store/sqlite/connection.h"

namespace ashlar::store::sqlite {

// How SQLite runs one statement of a plan.
struct QueryPlan {
  std::string sql;
  std::vector<std::string> steps;  // as EXPLAIN QUERY PLAN says them, indented, tables by their names
  bool scans = false;  // looks at every row of the statement's table
  bool sorts = false;  // puts all rows in order before it gives the first
};

// Asks SQLite for its plans of the very statements that the store runs. Nothing is run.
class Explainer {
 public:
  // In memory, with the tables of the service and no rows.
  static Result<std::unique_ptr<Explainer>> Open(const model::Service& service);
  // In a store, with what SQLite knows of its rows; read only, beside a server. kInvalid: it is not the service's.
  static Result<std::unique_ptr<Explainer>> OpenStore(const model::Service& service, const std::string& path);

  Result<QueryPlan> Explain(const plan::Statement& statement);

 private:
  Explainer(const model::Service& service, std::unique_ptr<Connection> connection)
      : service_(service), connection_(std::move(connection)) {}

  const model::Service& service_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace ashlar::store::sqlite
