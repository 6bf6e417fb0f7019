// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "base/json/json.h"
#include "model/service.h"

namespace ashlar::store::sql {

// What the tables of a service are, as far as a store must know to tell whether they still fit: kept in the store as
// JSON. Bounds of types, rules and texts are the process's and do not stand in it.
std::string Describe(const model::Service& service);

// The statements that make the tables of every resource, in order.
std::vector<std::string> CreateAll(const model::Service& service);

struct Change {
  std::vector<std::string> statements;  // what takes the store from `applied` to the service
  std::vector<std::string> refused;     // what would need a migration, in words; nothing is applied then
};
// What became of a contract: new resources, optional fields, fields with a literal default and plain indexes come by
// themselves, plain indexes go by themselves; anything else is refused.
Change Compare(const json::Json& applied, const model::Service& service);

}  // namespace ashlar::store::sql
