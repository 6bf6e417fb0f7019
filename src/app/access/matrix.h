// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "cel/cel.h"
#include "model/service.h"

namespace ashlar::app {

// Callers who are alike in all that a contract's rules can tell beforehand.
struct CallerKind {
  std::string name;  // "anonymous", "user", "role staff", "apiKey", "service"
  cel::CallerClass callers;
};
// Anonymous; a user without a role; a user with one role, for each role; API keys and services, with whatever roles.
std::vector<CallerKind> CallerKindsOf(const model::Service& service);

// What callers of a kind may: never, always, or for rows of which a condition in CEL holds.
struct Cell {
  enum class May : uint8_t { kNo, kYes, kWhere } may = May::kNo;
  std::string where;
  bool operator==(const Cell&) const = default;
};
struct Right {
  std::string name;  // "list", "update to"; of a field "read", "create", "update"
  std::vector<Cell> cells;  // by kind of caller
};
struct ResourceRights {
  std::string name;
  std::vector<Right> operations;
  struct Field {
    std::string name;
    std::vector<Right> rights;
  };
  std::vector<Field> fields;
};

// Who may do what: the rules of the contract as the planner applies them, folded for each kind of caller. In the order
// of the contract.
struct Matrix {
  std::string service;
  std::vector<CallerKind> kinds;
  std::vector<ResourceRights> resources;
};
Matrix MakeMatrix(const model::Service& service);

// For people and for git: a line for each right and what comes of it, with the callers for whom it does.
std::string Render(const Matrix& matrix);
// {"service", "callers": [...], "resources": [{"name", "operations": {"list": {"anonymous": false, "user": true,
// "role staff": "CONDITION"}}, "fields": {"total": {"read": {...}, "create": {...}, "update": {...}}}}]}
std::string RenderJson(const Matrix& matrix);

}  // namespace ashlar::app
