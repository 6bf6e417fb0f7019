// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <vector>

#include "plan/statement.h"

namespace ashlar::recipes {

// The rows of a service in memory, and what each statement of a plan answers: the reference that other stores must
// equal. Conditions are cel::Evaluate over every row. Copying it is its transaction. One thread.
class Tables {
 public:
  // REQUIRES: the service outlives it.
  explicit Tables(const model::Service& service);

  plan::Answer Run(const plan::Statement& statement);

 private:
  using Row = types::Values;
  using Table = std::map<std::string, Row>;  // by id, as paths write it

  // Shows the rows to expressions: soft-deleted ones are absent wherever a relation is crossed.
  class View final : public cel::Environment {
   public:
    explicit View(const Tables& tables) : tables_(tables) {}
    types::Value FieldOf(cel::RowRef row, cel::FieldId field) const override;
    std::optional<cel::RowRef> ToOne(cel::RowRef row, cel::RelationId relation) const override;
    std::vector<cel::RowRef> ToMany(cel::RowRef row, cel::RelationId relation,
                                    const std::function<bool(cel::RowRef)>& between) const override;

   private:
    // The live rows whose field has one of those values; never null.
    std::vector<cel::RowRef> Live(plan::ResourceId resource, plan::FieldId field, const types::Values& keys) const;

    const Tables& tables_;
  };

  plan::Answer Run(const plan::Query& query);
  plan::Answer RunBetween(const plan::Query& query) const;
  void Show(const plan::Query& query, const Row& row, types::Rows& found) const;
  plan::Answer Run(const plan::Lookup& lookup) { return Run(plan::Whole(*service_, lookup)); }
  plan::Answer Run(const plan::Count& count);
  plan::Answer Run(const plan::Aggregate& aggregate);
  plan::Answer Run(const plan::Probe& probe);
  plan::Answer Run(const plan::Insert& insert);
  plan::Answer Run(const plan::Update& update);
  plan::Answer Run(const plan::Delete& remove);

  std::vector<const Row*> Select(plan::ResourceId resource, const cel::ExprPtr& where, call::Deleted deleted,
                                 const std::vector<std::string>& words) const;
  // What a constraint says to `row` in the place of `own`, its row as it is (or null).
  std::optional<plan::Answer> Violation(const model::Resource& resource, const Row& row, const Row* own) const;
  bool Taken(const model::Resource& resource, const std::vector<plan::FieldId>& fields, const Row& row, const Row* own,
             bool live_only) const;
  bool Refers(const model::Resource& resource, const types::Value& id) const;
  bool IsLive(const model::Resource& resource, const Row& row) const;
  Table& TableOf(plan::ResourceId resource) { return tables_[resource.index()]; }
  const Table& TableOf(plan::ResourceId resource) const { return tables_[resource.index()]; }

  const model::Service* service_;
  std::vector<Table> tables_;         // by resource
  std::vector<int64_t> last_ids_;     // of resources whose ids are counted up
};

}  // namespace ashlar::recipes
