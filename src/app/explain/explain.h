// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "app/explain/questions.h"
#include "store/sqlite/explain.h"

namespace ashlar::app {

// How one statement of an operation is run.
struct Explained {
  const model::Resource* resource = nullptr;  // the operation's
  std::string operation;                      // "listOrders"
  Question::What what = Question::What::kPlain;
  std::string name;                  // of the field or relation
  std::string part;                  // of the operation: "total", or the resource that is looked into besides
  std::vector<std::string> callers;  // whose it is; none: a filter or sort by itself, without rules
  bool everybody = false;            // all of them
  store::sqlite::QueryPlan plan;
  bool indexed = true;               // false: it looks at every row, or puts all rows in order
  const model::Resource* declares = nullptr;  // where the missing index belongs; null: none would help
  std::vector<std::string> index;             // its fields, as the contract names them
};

// Every statement of every operation that looks for rows; what is run alike for several callers is told once. A list
// that nobody may ask for is left out.
Result<std::vector<Explained>> ExplainAll(const model::Service& service, store::sqlite::Explainer& explainer);

// For people: by resource, one line each, and behind a statement without an index what to declare.
std::string Render(const std::vector<Explained>& all);
// For programs: {"plans": [{resource, operation, what, name?, part?, callers?, sql, steps, indexed, declare?}]}.
std::string RenderJson(const std::vector<Explained>& all);

}  // namespace ashlar::app
