// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cel/expr.h"
#include "model/service.h"
#include "types/period.h"
#include "types/type.h"

namespace ashlar::store::sql {

// What engines say differently: SQL of parts that are SQL already. Booleans are TRUE and FALSE, an error is NULL. One
// object for each engine; safe to share between threads.
//
// Held: a value in a form in which null is a value like any other and equals itself, so that NULL is an error alone.
class Dialect {
 public:
  using Type = cel::Type;
  using Op = cel::Op;

  virtual ~Dialect() = default;

  // Values. A parameter's place by its number from 1, of that value; the value that is bound there.
  virtual std::string Mark(size_t number, const types::Value& value) const = 0;
  virtual std::string MarkFor(size_t number, const types::Type& type) const = 0;
  virtual types::Value Bound(types::Value value) const = 0;
  // The value as a literal, for CHECK constraints, which take no parameters; nothing: there is none.
  virtual std::optional<std::string> Literal(const types::Value& value) const = 0;
  virtual std::string Null(const Type& type) const = 0;
  // a equals b, null equalling null; never NULL.
  virtual std::string Same(std::string_view a, std::string_view b) const = 0;

  // A value of type `own` as one of type `as`, which takes all of them: numbers of another kind, anything as json.
  virtual std::string As(std::string value, const Type& own, const Type& as) const = 0;
  enum class NullMeans : uint8_t { kNever, kNull, kError };  // what NULL means in the value
  virtual std::string Held(std::string value, const Type& own, const Type& as, NullMeans null) const = 0;
  virtual std::string HeldNull(const Type& type) const = 0;
  virtual std::string IsHeldNull(std::string_view held, const Type& type) const = 0;
  // The value; NULL where it was null or an error. `nullable`: it may be null.
  virtual std::string Released(std::string held, const Type& type, bool nullable) const = 0;

  // Decimals. Whether they are whole numbers of units, which can only be compared at one scale.
  virtual bool unscaled() const = 0;
  // REQUIRES for these three: unscaled. A mark of null stays one.
  virtual std::string Rescaled(std::string_view value, int from, int to) const = 0;
  virtual std::string DecimalsEqual(std::string_view held_a, int scale_a, std::string_view held_b,
                                    int scale_b) const = 0;
  virtual std::string DecimalOrder(std::string_view a, int scale_a, std::string_view b, int scale_b) const = 0;

  struct Operation {
    Op op;
    const Type& type;  // of what it gives
    std::string_view left, right;  // no right of a negation
    const Type& left_type;
    const Type& right_type;
    bool right_is_deeper = false;
  };
  virtual std::string Arithmetic(const Operation& operation) const = 0;

  // Texts.
  virtual std::string Place(std::string_view text, std::string_view part) const = 0;  // of the first, from 1; 0: none
  virtual std::string Folded(std::string_view text) const = 0;
  virtual std::string EndsWith(std::string_view text, std::string_view part) const = 0;
  virtual std::string LastOf(std::string_view text, size_t code_points) const = 0;
  virtual std::string Length(std::string_view value, const Type& type) const = 0;

  // json. A member, held or not; whether it equals a value of another type, both held, that one as json; how it stands
  // to one that is not held: -1, 0 or 1, NULL without order.
  virtual std::string Member(std::string_view json, std::string_view name, bool held) const = 0;
  virtual std::string JsonEqual(std::string_view json, std::string_view other, const Type& type) const = 0;
  virtual std::string JsonOrder(std::string_view json, std::string_view other, const Type& type) const = 0;

  // Lists that are stored, or bound whole: what stands behind FROM to go over one; an element of it, as a column has
  // it; SQL that is not null where there is one; how many.
  virtual std::string Elements(std::string_view list, std::string_view alias) const = 0;
  virtual std::string Element(const Type& type, std::string_view alias) const = 0;
  virtual std::string IsElement(std::string_view alias) const = 0;
  virtual std::string Size(std::string_view list) const = 0;
  virtual std::string Sum(std::string_view value, const Type& type) const = 0;

  // Groups: the period of a day or of a moment, the least or the most, a sum or mean of a column, and what of a measure
  // is a value (a sum that does not fit is none).
  virtual std::string FirstDay(std::string_view day, types::Period period) const = 0;
  virtual std::string Period(std::string_view moment, types::Period period, std::string_view zone) const = 0;
  virtual std::string Extreme(bool most, std::string_view column, const types::Type& type) const = 0;
  virtual std::string Tally(bool mean, std::string_view column, const types::Type& type,
                            const types::Type& result) const = 0;
  virtual std::string Fitting(std::string_view measure) const = 0;

  // Behind a term of ORDER BY: null sorts first ascending, last descending.
  virtual std::string_view Direction(bool descending, bool nullable) const = 0;

  // Whether the words of a searched field stand in a column beside it, else in tables of their own (sql/search.h).
  virtual bool words_within() const = 0;

  // Tables. A column's type; what stands behind the type of an id that is counted up.
  virtual std::string ColumnType(const types::Type& type) const = 0;
  virtual std::string_view CountedKey() const = 0;
  // Whether such an id is asked for by DEFAULT, not by null.
  virtual bool counts_by_default() const = 0;
  // An id of such a column that was not counted up, as it is; what is counted up goes on behind it. REQUIRES:
  // counts_by_default. The table's name is in double quotes.
  virtual std::string CountedAs(std::string_view table, std::string_view column, std::string_view id) const = 0;
  virtual std::string_view TableEnd() const = 0;
  // Whether a table can only refer to one that is there.
  virtual bool references_later() const = 0;
  virtual std::string IndexColumn(std::string_view column, bool nullable) const = 0;
  // A name as the engine keeps it; different ones stay different.
  virtual std::string Name(std::string_view name) const = 0;
  virtual std::string ConstraintName(std::string_view table, std::string_view text) const = 0;

  // A computed field's value as its type takes it, else NULL.
  virtual std::string Conformed(std::string_view value, const Type& type, const model::Resource& resource,
                                model::FieldId field) const = 0;
};

const Dialect& Sqlite();
const Dialect& Postgres();

}  // namespace ashlar::store::sql
