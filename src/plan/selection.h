// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "call/outcome.h"
#include "plan/conditions.h"
#include "plan/rules.h"
#include "plan/statement.h"

namespace ashlar::plan {

// What a caller gets of the rows of one resource: which cells a query must bring, and which of them are shown.
// Fields that the caller may never read are left out; those that depend on the row come with a mask.
struct Shape {
  struct Child {
    std::string key;
    model::RelationId relation;
    cel::ExprPtr rule;  // the target's get (to-one) or list (to-many) rule, folded
    cel::ExprPtr between;  // the list rule of the rows in between of a many-to-many, folded; null for others
    std::unique_ptr<Shape> shape;
    uint32_t parent_cell = 0;  // what the parent's row gives: the key of the to-one, or its own id
    uint32_t child_cell = 0;   // what meets it in the child's row; of a many-to-many: behind that row's cells
  };
  model::ResourceId resource;
  std::vector<FieldId> fields;          // the cells of a row, in order; shown or needed
  std::vector<cel::ExprPtr> flags;      // masks, behind the fields
  std::vector<call::RowSet::Column> columns;
  std::vector<uint32_t> key_cells;
  bool shows_key = false;               // a composite id is shown as "id"
  bool shaped = false;                  // not simply every field of the row
  std::vector<Child> children;

  // The cell of that field; asks for it if no one has yet.
  uint32_t Need(FieldId field);
};

// Resolves a selection for the caller of `rules`; depth is bounded. Mistakes are added to `errors`.
std::unique_ptr<Shape> MakeShape(const call::Selection& selection, const model::Resource& resource, const Rules& rules,
                                 ClauseErrors& errors);

// An empty RowSet of that shape, without the included ones.
call::RowSet MakeRowSet(const Shape& shape, types::Rows rows);

}  // namespace ashlar::plan
