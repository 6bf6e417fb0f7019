// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Common Expression Language (cel.dev), the subset of contract.md "Rules: CEL": compile (parse and type-check),
// fold for a caller, evaluate in memory. store/sql renders the same Expr to SQL; tests/conformance/cel holds the
// table of cases that both answer alike. Everything here is pure and thread safe.
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cel/expr.h"

namespace ashlar::cel {

// How much a field adds to an expression that names it; a stored one is one part.
struct Weight {
  int parts = 1;
  int height = 0;  // as Usage::height
};

// What the names of a resource mean; model/ implements it.
class Schema {
 public:
  struct Member {
    enum class Kind : uint8_t { kField, kToOne, kToMany } kind = Kind::kField;
    FieldId field;        // of kField
    RelationId relation;  // of the others
    Type type;            // kRow or kRows for relations
  };
  virtual ~Schema() = default;
  // `order`, `orderId`, `lines`, `createdAt`; nullopt if there is none.
  virtual std::optional<Member> Find(ResourceId resource, std::string_view name) const = 0;
  // Every name that Find knows, for `did you mean`.
  virtual std::vector<std::string> Names(ResourceId resource) const = 0;
  // More than one part: the field is computed from others.
  virtual Weight WeightOf(ResourceId, FieldId) const { return {}; }
  // Whether a relation goes over rows in between.
  virtual bool IsManyToMany(ResourceId, RelationId) const { return false; }
  // As Find takes them.
  virtual std::string FieldName(ResourceId, FieldId) const { return "?"; }
  virtual std::string RelationName(ResourceId, RelationId) const { return "?"; }
};

// Where an expression stands, and what it may use.
struct Scope {
  const Schema* schema = nullptr;
  ResourceId resource;  // of the row in slot 0; invalid: there is no row
  // Named rules by name -> their expression, already compiled for this resource; nullptr-returning when unknown.
  std::function<ExprPtr(std::string_view name)> rule;
  std::vector<std::string> rule_names;
  std::vector<std::string> role_names;  // for `did you mean`: a role is asked for, it is no rule
  bool relations = true;     // may cross relations
  bool auth = true;          // may use auth, hasRole, hasScope
  bool now = true;           // may use now()
  bool matches = false;      // may use matches() over stored fields
  bool literals_only = false;  // only for tests of constants: no row
};

// A mistake in an expression's text; offset and length in bytes.
struct Mistake {
  int offset = 0;
  int length = 1;
  std::string message;
  std::string suggestion;  // a near name, or empty
  bool operator==(const Mistake&) const = default;
};

struct Limits {
  size_t bytes = 8192;  // of text
  int depth = 32;       // of nesting, brackets counted
  int nodes = 1000;
};
// Of what a text becomes, the rules that it names put in: parts, and how much parsers must bear (Usage::height).
inline constexpr int kMostNodes = 5000;
inline constexpr int kMostHeight = 84;

// Parses and checks `text`; the result has type `expected` (an int is taken where a decimal or double is expected and
// is a literal; an enum's bare constant where the enum is expected). All mistakes that can be told at once.
std::expected<ExprPtr, std::vector<Mistake>> Compile(std::string_view text, const Scope& scope, const Type& expected,
                                                     const Limits& limits = {});

// Who asks, as rules see it.
struct Principal {
  types::Value id;  // the User's uuid; null for services
  std::string kind = "user";  // user, apiKey, service
  types::Value email;
  std::vector<std::string> roles;  // inherited ones included
  std::vector<std::string> scopes;
  json::Json claims;
};
struct Bindings {
  const Principal* principal = nullptr;  // null: anonymous
  int64_t now_micros = 0;
};

// Replaces auth, hasRole, hasScope and now() by what they are and computes all that no longer depends on a row.
// `&&`, `||` and conditionals shrink with CEL's absorption; guards and comprehension bodies are folded too.
ExprPtr Fold(const ExprPtr& expr, const Bindings& bindings);
// The same of a rule, of which only the truth counts: under && and || an error is as good as false.
ExprPtr FoldCondition(const ExprPtr& rule, const Bindings& bindings);
// A class of callers: what is known of each of them.
struct CallerClass {
  bool anonymous = false;
  std::string kind = "user";  // of the others; all but services have an id
  std::optional<std::vector<std::string>> roles;  // inherited ones included; nothing: any
};
// As FoldCondition for all callers of a class, at any time: what is not known of them stays, and so does now().
ExprPtr FoldForClass(const ExprPtr& rule, const CallerClass& callers);
// Only constants: what holds for every caller. Used when a contract is read.
ExprPtr FoldConstants(const ExprPtr& expr);

// The rows that an expression may look at, in memory.
struct RowRef {
  ResourceId resource;
  const void* row = nullptr;
};
class Environment {
 public:
  virtual ~Environment() = default;
  virtual types::Value FieldOf(RowRef row, FieldId field) const = 0;
  virtual std::optional<RowRef> ToOne(RowRef row, RelationId relation) const = 0;
  // Each row once. Of a many-to-many only over rows in between that `between` takes; null takes all.
  virtual std::vector<RowRef> ToMany(RowRef row, RelationId relation,
                                     const std::function<bool(RowRef)>& between) const = 0;
};

struct EvalError {
  std::string message;
};
// The value, or why there is none. REQUIRES: folded (no Auth, no Now). At most `cost` nodes are visited.
std::expected<types::Value, EvalError> Evaluate(const Expr& expr, const Environment& environment, RowRef row,
                                                int cost = 100'000);
// True only if it evaluates to true; an error is false.
bool Holds(const Expr& expr, const Environment& environment, RowRef row);

// What an expression looks at.
struct Usage {
  bool relations = false;  // crosses any
  bool row = false;        // looks at the row in slot 0 at all
  bool caller = false;     // auth, roles, scopes
  bool now = false;
  bool matches = false;
  int nodes = 0;
  int depth = 0;           // of nesting
  int height = 0;          // of nesting, weighed by what it costs a database's parser
  int predicates = 0;      // comparisons and boolean functions
  int relation_depth = 0;  // relations in a chain, the longest
  int rows_depth = 0;      // loops over to-many relations, one in another
  int list_values = 0;     // items of the longest literal list
  std::vector<std::pair<ResourceId, FieldId>> fields;  // every field it reads, of any resource
  std::vector<std::pair<ResourceId, RelationId>> crossed;  // every relation it crosses
};
// With a schema, computed fields count as what they are made of.
Usage Measure(const Expr& expr, const Schema* schema = nullptr);

// What a relation leads to, and the resource in between of a many-to-many; otherwise that is invalid.
struct Crossing {
  ResourceId target;
  ResourceId between;
};
// The same tree with every Relation of `expr` that has no guard given one by `guard(resource)`, for its target and what
// is in between: an expression over Variable{0} that is re-slotted; null means no guard needed.
ExprPtr Guard(const ExprPtr& expr, const std::function<Crossing(ResourceId, RelationId)>& crossing,
              const std::function<ExprPtr(ResourceId)>& guard);

// The same expression about another row: slot 0 replaced by `row`, all other slots made fresh from *next_slot.
ExprPtr Rebase(const ExprPtr& expr, const ExprPtr& row, int* next_slot);
int MaxSlot(const Expr& expr);

// Whether a list lies in the store or is written out: only these are compared or chosen between.
bool IsStoredList(const Expr& expr);

}  // namespace ashlar::cel
