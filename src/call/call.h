// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "call/api_error.h"
#include "call/once.h"
#include "call/operator.h"
#include "model/service.h"

namespace ashlar::call {

// A structured condition as its surface read it: names and texts that the planner resolves, all errors at once. Most
// compare one field; a tree comes of call::ReadWhere.
struct Condition {
  enum class Kind : uint8_t {
    kCompare,
    kAll,      // `of` all hold
    kAny,      // one of them does
    kNot,      // not all of them do
    kRelated,  // `path` ends with a relation: of the row there, or of one row there, all of them hold
  };
  std::string place;              // as the caller wrote it, for messages: "price[gte]"
  std::vector<std::string> path;  // {"category", "name"}
  Operator op = Operator::kEq;
  std::vector<std::string> values;  // texts, unescaped; several for in, nin
  std::vector<json::Json> typed;    // instead of `values`, from a surface whose values have types
  Kind kind = Kind::kCompare;
  std::vector<Condition> of;
};

struct SortTerm {
  std::string field;
  bool descending = false;
};

// What to give back of a row. An empty `fields` means every readable field. A relation may occur twice.
struct Selection {
  std::vector<std::string> fields;
  struct Include;
  std::vector<Include> includes;
};
struct Selection::Include {
  std::string key;       // in the answer
  std::string relation;
  Selection selection;
};

enum class Deleted : uint8_t { kWithout, kWith, kOnly };

// A page by number (with exact totals unless `total` is off) or by cursor.
struct Paging {
  int64_t page = 1;
  std::optional<int64_t> per_page;  // the resource's default otherwise
  bool total = true;
  bool cursor = false;              // `after` or `before` was given
  bool backwards = false;           // `before`
  std::string at;                   // the cursor; empty starts
};

// If-Match / If-None-Match as read: `any` is `*`; a version is the number before the hash.
struct Preconditions {
  bool if_match = false;
  bool if_match_any = false;
  std::vector<int64_t> if_match_versions;
  bool if_none_match_any = false;  // PUT: only create
};

struct Aggregation;

// What is asked, of which operation; who asks is the Caller. Carries raw names and texts: only the planner resolves.
struct Call {
  model::OperationId operation;
  std::string id;         // of the row, as the path wrote it, decoded; empty for list and create
  json::Json body;        // create, update, replace
  bool json_patch = false;  // update: the body is a JSON Patch (RFC 6902), else a JSON Merge Patch
  Selection selection;
  std::vector<Condition> where;
  std::string filter;     // CEL, empty: none
  std::optional<std::string> search;  // words that all must occur, as they were typed
  std::vector<SortTerm> sort;
  Paging paging;
  Deleted deleted = Deleted::kWithout;
  std::shared_ptr<const Aggregation> aggregation;  // of an aggregate alone
  bool purge = false;     // delete: for good, on resources that keep deleted rows
  Preconditions preconditions;
  bool dry_run = false;   // of what writes: does everything but commit
  std::optional<Once> once;  // of what writes; a dry run is no use of it
  // What the surface found wrong with the request's form (400, 415, ...). It is told only once the operation's
  // rule has admitted the caller, and then before anything else.
  std::optional<ApiError> malformed;
};

}  // namespace ashlar::call
