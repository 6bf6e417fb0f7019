// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/postgres/ask.h"
#include "store/postgres/connect.h"
#include "store/postgres/result.h"
#include "store/postgres/server.h"

namespace ashlar::store::postgres {

// The state of a Trouble that is no statement's: the connection is lost.
inline constexpr std::string_view kLostState = "08006";

// A connection whose calls block, for what an operator's command or a start has to do. One thread at a time.
class Blocking {
 public:
  // To the first of the server's places that answers. kUnavailable, or kInvalid where the server will not do.
  static Result<std::unique_ptr<Blocking>> Open(const Server& server, const Settings& settings);

  // Runs statements that give no rows, several only without parameters: they are one transaction then, where they name
  // none themselves. How many rows the last one touched.
  std::expected<int64_t, Trouble> Execute(const std::string& sql, std::span<const types::Value> parameters = {});
  // The first column of the first row as PostgreSQL writes it; nullopt without a row, or where it is null.
  std::expected<std::optional<std::string>, Trouble> QueryText(const std::string& sql,
                                                               std::span<const types::Value> parameters = {});
  // All rows, their columns in the same form.
  using Texts = std::vector<std::vector<std::optional<std::string>>>;
  std::expected<Texts, Trouble> QueryTexts(const std::string& sql);

 private:
  explicit Blocking(ConnectionPtr connection) : connection_(std::move(connection)) {}
  std::expected<ResultPtr, Trouble> Run(const std::string& sql, std::span<const types::Value> parameters);

  ConnectionPtr connection_;
};

}  // namespace ashlar::store::postgres
