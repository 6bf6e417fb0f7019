// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "base/result.h"
#include "model/service.h"
#include "store/sql/dialect.h"

namespace ashlar::store::sql {

struct Change {
  std::vector<std::string> statements;  // what takes the store from `applied` to the service
  std::vector<model::ResourceId> words;  // whose words are made of the rows, behind them (Dialect::words_within)
  std::vector<std::string> refused;     // what would need a migration, in words; nothing is applied then
};

// Why nothing was changed, and what is left to do (docs/guides/production.md); `anew`: with what one begins anew.
// REQUIRES: something is refused.
Error Refusal(const Change& change, std::string_view anew);

// What became of a contract since `applied` (what Describe gave) was applied: new resources, optional fields, fields
// with a literal default and plain indexes come by themselves, plain indexes go by themselves; anything else is
// refused, all of it at once (docs/decisions/0006-changed-contracts.md).
Change Compare(const json::Json& applied, const model::Service& service, const Dialect& dialect);

}  // namespace ashlar::store::sql
