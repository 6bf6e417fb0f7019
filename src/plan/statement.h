// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "call/aggregation.h"
#include "call/call.h"
#include "cel/expr.h"
#include "model/service.h"
#include "types/period.h"
#include "types/rows.h"

namespace ashlar::plan {

using model::FieldId;
using model::ResourceId;
using types::Value;
using types::Values;

// What a store is asked to do, in terms of the model: no table, no SQL. Every condition is a folded Expr (no Auth, no
// Now) over Variable{0}; it counts as false where it is an error. Soft-deleted rows are absent wherever an expression
// crosses a relation.

struct Order {
  FieldId field;
  bool descending = false;  // null sorts first ascending, last descending
};

// Live rows of a join resource, of those for which `where` holds; `far` is the key of the rows that they lead to.
struct Between {
  ResourceId resource;
  FieldId far;
  cel::ExprPtr where;
};

// Rows of one resource: `fields`, then one 0/1 cell for each of `flags`.
struct Query {
  ResourceId resource;
  std::vector<FieldId> fields;
  std::vector<cel::ExprPtr> flags;
  cel::ExprPtr where;  // null: all
  call::Deleted deleted = call::Deleted::kWithout;
  std::vector<std::string> words;  // only rows whose `search` fields have all of these, folded (base/utf8_words.h)
  bool ranked = false;             // the rows that the words fit best come first, then by `order`
  std::vector<Order> order;  // ends with the key, so that it is total
  std::optional<int64_t> limit;
  int64_t offset = 0;
  // Only rows after (in `order`) the row with these values of the order's fields.
  std::optional<Values> after;
  // Only rows whose `among` is one of `among_values`; with `per_value`, at most that many for each, by key.
  FieldId among;
  Values among_values;
  int64_t per_value = 0;
  // With rows in between, `among` is a field of those, and a row comes once for each value that leads to it: the value
  // is a cell behind the flags. REQUIRES: per_value.
  std::optional<Between> between;
  size_t cells() const { return fields.size() + flags.size() + (between ? 1 : 0); }
};

// The one row with that key, if it is among the rows of `form`: what differs between requests apart from what does not,
// so that a store may keep what it makes of a form that is kept, by its address, which is its own while it is held.
struct Lookup {
  ResourceId resource;
  Values key;
  std::shared_ptr<const Query> form;  // limit: 1
  bool kept = false;  // the form will be asked again
};
// The same as a query, for whoever keeps nothing.
Query Whole(const model::Service& service, const Lookup& lookup);

// One row, one cell: how many rows there are, counting up to `limit` if that is positive.
struct Count {
  ResourceId resource;
  cel::ExprPtr where;
  call::Deleted deleted = call::Deleted::kWithout;
  int64_t limit = 0;
  std::vector<std::string> words;  // as Query::words
};

// One row for each group of rows that are alike in `keys` (all rows, where there are none): the keys, then the
// measures. Null is a value like any other of a key, and is passed over by measures; of no value they are null, but for
// the count. A sum or mean that does not fit is an empty text.
struct GroupKey {
  FieldId field;
  types::Period period = types::Period::kNone;  // of days and moments: the period that they lie in
  bool operator==(const GroupKey&) const = default;
};
struct Measured {
  call::Function function = call::Function::kCount;
  FieldId field;  // none of a count
  types::TypePtr type;  // of what it gives
};
// Only groups of which it holds. Like the operators of a condition: null is equal to null alone; what does not fit
// counts as null.
struct Having {
  size_t measure = 0;
  call::Operator op = call::Operator::kEq;
  Values values;
};
struct Aggregate {
  ResourceId resource;
  std::vector<GroupKey> keys;
  std::string zone = "UTC";  // whose clocks tell the periods of moments
  std::vector<Measured> measures;
  cel::ExprPtr where;
  call::Deleted deleted = call::Deleted::kWithout;
  std::vector<std::string> words;  // as Query::words
  std::vector<Having> having;
  struct Term {
    size_t cell = 0;  // of an answer's row
    bool descending = false;
  };
  std::vector<Term> order;  // holds every key, so that it is total
  std::optional<int64_t> limit;
  int64_t offset = 0;
  bool counts = false;  // instead: one row, one cell, how many groups there are; without order and limits
};

// One row: the value of each expression over a row that is not (yet) stored as it is given here, by field.
// A cell is null where the expression is null or an error.
struct Probe {
  ResourceId resource;
  Values row;
  std::vector<cel::ExprPtr> expressions;
  bool kept = false;  // the same expressions, by their addresses, will be asked again about other rows
};

struct Insert {
  ResourceId resource;
  Values row;  // by field; a null int id is counted up by the store
};
// The row with that key gets these values. Answers Written{0} if it is not there.
struct Update {
  ResourceId resource;
  Values key;
  std::vector<std::pair<FieldId, Value>> set;
};
struct Delete {
  ResourceId resource;
  Values key;
};
using Statement = std::variant<Query, Lookup, Count, Aggregate, Probe, Insert, Update, Delete>;

// What a statement gave. A violation leaves the row as it was; the program decides what becomes of the unit.
struct Written {
  int64_t rows = 0;
  Value id;  // of an Insert with a null int id: the id that the store gave
};
struct UniqueViolation {
  ResourceId resource;
  std::vector<FieldId> fields;  // of the unique constraint; the key's fields for the id
};
struct CheckViolation {
  ResourceId resource;
  int check = -1;  // index into Resource::checks; -1: another constraint (not null, foreign key)
};
using Answer = std::variant<types::Rows, Written, UniqueViolation, CheckViolation>;
inline bool IsViolation(const Answer& answer) {
  return std::holds_alternative<UniqueViolation>(answer) || std::holds_alternative<CheckViolation>(answer);
}

}  // namespace ashlar::plan
