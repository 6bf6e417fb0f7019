// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "plan/plan.h"
#include "plan/selection.h"

namespace ashlar::plan {

// Brings what the children of a shape show: one statement for each selected relation, level by level.
class IncludeLoader {
 public:
  // REQUIRES: both outlive the loader.
  IncludeLoader(const model::Service& service, const Shape& shape) : service_(&service), shape_(&shape) {}

  // The statements of the first level, given the root's rows. `root` is filled in place.
  std::vector<Statement> Begin(call::RowSet* root);
  // Takes the answers to the last statements and gives the next level's; none when all is there.
  std::vector<Statement> Advance(std::vector<Answer> answers);
  // More rows were included than one answer may carry.
  bool too_many() const { return total_ > kMaxIncluded; }

 private:
  static constexpr int64_t kMaxIncluded = 10'000;
  static constexpr int64_t kPerParent = 100;
  struct Pending {
    const Shape::Child* child;
    call::RowSet* parent;
    size_t place;  // in parent->included
  };
  void Ask(const Shape& shape, call::RowSet& parent, std::vector<Statement>& statements);
  void Attach(const Pending& pending, types::Rows rows);

  const model::Service* service_;
  const Shape* shape_;
  std::vector<Pending> pending_;
  int64_t total_ = 0;
};

// The query for rows of a shape: its cells and masks.
Query QueryFor(const Shape& shape);

// GET of a collection.
struct ListPlan {
  std::shared_ptr<const Shape> shape;
  Query query;            // limit: one more than a page
  std::optional<Count> count;
  int64_t per_page = 20;
  int64_t page = 1;
  bool cursor = false;
  bool backwards = false;
  bool from_start = false;  // of a cursor walk: there is nothing before
  std::shared_ptr<const class Cursors> cursors;
  std::vector<uint32_t> order_cells;
};
std::unique_ptr<Program> MakeListProgram(const model::Service& service, ListPlan plan);

// GET of one row.
struct GetPlan {
  std::shared_ptr<const Shape> shape;
  Lookup lookup;
  std::optional<std::vector<int64_t>> versions;  // If-Match: the row must have one of them
};
std::unique_ptr<Program> MakeGetProgram(const model::Service& service, GetPlan plan);

// The outcome of one row that stands in `set`, as get, create and update give it.
call::Outcome OneRow(const model::Service& service, const Shape& shape, call::RowSet set);

}  // namespace ashlar::plan
