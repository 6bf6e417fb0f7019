// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/strong.h"
#include "types/type.h"
#include "types/value.h"

namespace ashlar::cel {

// Places in the model, by number; model/ gives them their meaning.
using ResourceId = Id<struct ResourceTag>;
using FieldId = Id<struct FieldTag>;        // index into the fields of one resource
using RelationId = Id<struct RelationTag>;  // index into the relations of one resource

// The static type of an expression. `nullable` says that the value may be null without that being an error.
struct Type {
  enum class Tag : uint8_t {
    kNull,
    kBool,
    kInt,
    kDouble,
    kDecimal,
    kString,
    kBytes,
    kUuid,
    kDate,
    kTimestamp,
    kDuration,
    kJson,  // decided only when it runs (CEL's dyn): json fields and claims
    kList,
    kRow,
    kRows,
    kAuth,
  };
  Tag tag = Tag::kNull;
  bool nullable = false;
  int scale = 0;                         // of kDecimal: digits after the point
  ResourceId resource;                   // of kRow (to-one or a variable) and kRows (to-many)
  std::shared_ptr<const Type> element;   // of kList
  std::vector<std::string> constants;    // of an enum's kString: its constants; empty otherwise
  bool operator==(const Type&) const = default;
};
Type TypeOf(const types::Type& type, bool nullable);
std::string ToText(const Type& type);  // for messages: "decimal", "list of string"

struct Expr;
// Trees are immutable and share their branches, so that folding costs only what it changes. Thread safe.
using ExprPtr = std::shared_ptr<const Expr>;

struct Literal {
  types::Value value;
};
// Always an error (overflow folded, null selected): in a condition it is false.
struct Failure {
  std::string what;
};
// A row at hand, or an element of a list: slot 0 is the row that the expression is about; each comprehension and
// each guard binds a slot of its own, unique within the whole expression.
struct Variable {
  int slot = 0;
};
struct Field {
  ExprPtr row;  // type kRow; selecting from an absent row is an error
  FieldId field;
};
// What else must hold of a row that a path crosses: a bool over Variable{slot}. Where it is not true, the row is as if
// it were not there.
struct Gate {
  ExprPtr rule;   // null: none
  int slot = -1;  // -1 without a rule
};
// Rows that belong to `row`: kRow for a to-one, kRows for a to-many, each row once. Guarded, so that a caller's path
// meets the rules of what it touches: the rows themselves, and those in between of a many-to-many.
struct Relation {
  ExprPtr row;
  RelationId relation;
  Gate guard;
  Gate between;
};
struct Auth {
  enum class Member : uint8_t { kSelf, kId, kKind, kEmail, kRoles, kScopes, kClaims };
  Member member = Member::kSelf;
};
struct Now {};

// Operators and functions; one row each in cel/functions.cc.
enum class Op : uint8_t {
  kAnd,
  kOr,
  kNot,
  kConditional,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIn,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kNegate,
  kHas,
  kIndex,
  kMember,  // kMember: (json, name literal)
  kSize,
  kSum,
  kStartsWith,
  kEndsWith,
  kContains,
  kMatches,
  kEqualIgnoringCase,
  kContainsIgnoringCase,  // only of query operators ieq, icontains: no CEL name
  kTimestamp,
  kDuration,
  kHasRole,
  kHasScope,
};
struct Call {
  Op op;
  std::vector<ExprPtr> arguments;
};
// A list of expressions in brackets.
struct ListOf {
  std::vector<ExprPtr> items;
};
enum class Macro : uint8_t { kAll, kExists, kExistsOne, kMap, kFilter };
struct Comprehension {
  Macro macro;
  ExprPtr range;  // kList or kRows
  int slot;       // of the element, Variable{slot}
  ExprPtr body;
};

struct Expr {
  Type type;
  std::variant<Literal, Failure, Variable, Field, Relation, Auth, Now, Call, ListOf, Comprehension> node;
  int offset = 0;  // byte in the source text, for messages
  template <class T>
  const T* get() const {
    return std::get_if<T>(&node);
  }
};

ExprPtr MakeLiteral(types::Value value, Type type);
ExprPtr True();
ExprPtr False();
bool IsTrue(const ExprPtr& expr);   // the literal true
bool IsFalse(const ExprPtr& expr);  // the literal false, or a Failure: as a condition it never holds
// Conjunction that drops literals; null pointers count as true.
ExprPtr And(ExprPtr a, ExprPtr b);
ExprPtr Or(ExprPtr a, ExprPtr b);
ExprPtr Not(ExprPtr a);

}  // namespace ashlar::cel
