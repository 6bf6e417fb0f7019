// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "store/postgres/blocking.h"
#include "store/sql/expression_world.h"

namespace ashlar::store::postgres {

// A schema of one's own in the server of TEST_POSTGRES_URL, for the world that tests of expressions share.
class PostgresDatabase final : public sql::Database {
 public:
  static bool Reachable();
  PostgresDatabase();
  ~PostgresDatabase() override { (void)connection_->Execute("DROP SCHEMA " + schema_ + " CASCADE"); }

  const sql::Dialect& dialect() const override { return sql::Postgres(); }
  Result<void> Execute(const std::string& sql) override;
  Result<Told> Run(const model::Service& service, const plan::Statement& statement) override;

 private:
  void Must(const std::string& sql);
  const std::string schema_;
  std::unique_ptr<Blocking> connection_;
};

}  // namespace ashlar::store::postgres
