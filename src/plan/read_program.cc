// SPDX-License-Identifier: Apache-2.0
#include "plan/read_program.h"

#include "model/row_id.h"
#include "plan/cursor.h"

namespace ashlar::plan {
namespace {

// A cell as a key of a map; cells that are equal give equal texts.
std::string KeyOf(const types::Cell& cell) {
  if (cell.tag == types::Cell::Tag::kInteger) return fmt::format("{}", cell.integer);
  return std::string(cell.text());
}

class ListProgram final : public Program {
 public:
  ListProgram(const model::Service& service, ListPlan plan)
      : service_(service), plan_(std::move(plan)), includes_(service, *plan_.shape) {}

  void Start() override {
    asked_ = false;
    outcome_ = {};
    includes_ = IncludeLoader(service_, *plan_.shape);
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    if (!asked_) {
      asked_ = true;
      std::vector<Statement> statements{plan_.query};
      if (plan_.count) statements.push_back(*plan_.count);
      return statements;
    }
    if (outcome_.page.has_value()) return includes_.Advance(std::move(answers));
    TakePage(answers);
    return includes_.Begin(&outcome_.rows);
  }

  call::Answer<call::Outcome> Take() override {
    if (includes_.too_many()) return call::Refuse(call::Code::kInvalidQuery, "'include' brings more than 10000 rows");
    outcome_.shaped = true;
    return std::move(outcome_);
  }

 private:
  void TakePage(std::vector<Answer>& answers) {
    types::Rows rows = std::get<types::Rows>(std::move(answers[0]));
    bool more = rows.size() > static_cast<size_t>(plan_.per_page);
    if (more) rows.Truncate(static_cast<size_t>(plan_.per_page));
    if (plan_.backwards) rows.Reverse();
    call::PageInfo page;
    page.page = plan_.page;
    page.per_page = plan_.per_page;
    page.cursor = plan_.cursor;
    page.has_next = more;
    if (plan_.count) page.total = std::get<types::Rows>(answers[1]).at(0, 0).integer;
    if (plan_.cursor && !rows.empty()) {
      bool next = plan_.backwards ? !plan_.from_start : more;
      bool previous = plan_.backwards ? more : !plan_.from_start;
      if (next) page.next = plan_.cursors->Encode(rows, rows.size() - 1, plan_.order_cells);
      if (previous) page.previous = plan_.cursors->Encode(rows, 0, plan_.order_cells);
    }
    outcome_.rows = MakeRowSet(*plan_.shape, std::move(rows));
    outcome_.page = std::move(page);
  }

  const model::Service& service_;
  ListPlan plan_;
  IncludeLoader includes_;
  bool asked_ = false;
  call::Outcome outcome_;
};

class GetProgram final : public Program {
 public:
  GetProgram(const model::Service& service, GetPlan plan)
      : service_(service), plan_(std::move(plan)), includes_(service, *plan_.shape) {}

  void Start() override {
    step_ = 0;
    set_ = {};
    includes_ = IncludeLoader(service_, *plan_.shape);
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    switch (step_++) {
      case 0: {
        std::vector<Statement> statements;
        statements.emplace_back(plan_.lookup);
        return statements;
      }
      case 1:
        set_ = MakeRowSet(*plan_.shape, std::get<types::Rows>(std::move(answers[0])));
        return includes_.Begin(&set_);
      default: return includes_.Advance(std::move(answers));
    }
  }

  call::Answer<call::Outcome> Take() override {
    if (set_.rows.empty()) return call::Refuse(call::Code::kNotFound, "there is no such row");
    if (includes_.too_many()) return call::Refuse(call::Code::kInvalidQuery, "'include' brings more than 10000 rows");
    call::Outcome outcome = OneRow(service_, *plan_.shape, std::move(set_));
    if (plan_.versions && std::ranges::find(*plan_.versions, outcome.version) == plan_.versions->end()) {
      return call::Refuse(call::Code::kPreconditionFailed, "the row has changed since");
    }
    return outcome;
  }

 private:
  const model::Service& service_;
  GetPlan plan_;
  IncludeLoader includes_;
  int step_ = 0;
  call::RowSet set_;
};

}  // namespace

std::vector<Statement> IncludeLoader::Begin(call::RowSet* root) {
  std::vector<Statement> statements;
  pending_.clear();
  Ask(*shape_, *root, statements);
  return statements;
}

void IncludeLoader::Ask(const Shape& shape, call::RowSet& parent, std::vector<Statement>& statements) {
  const model::Resource& resource = service_->resource(shape.resource);
  parent.included.resize(shape.children.size());
  for (size_t i = 0; i < shape.children.size(); ++i) {
    const Shape::Child& child = shape.children[i];
    const model::Relation& relation = resource.relation(child.relation);
    call::Included& included = parent.included[i];
    included.key = child.key;
    included.to_many = relation.to_many;
    included.of_parent.resize(parent.rows.size());
    included.set = MakeRowSet(*child.shape, types::Rows(child.shape->fields.size() + child.shape->flags.size()));
    Query query = QueryFor(*child.shape);
    std::map<std::string, Value> keys;
    const model::Field& key = resource.field(relation.local);
    for (size_t row = 0; row < parent.rows.size(); ++row) {
      const types::Cell& cell = parent.rows.at(row, child.parent_cell);
      if (!cell.is_null()) keys.try_emplace(KeyOf(cell), key.type->ToValue(cell));
    }
    if (keys.empty() || cel::IsFalse(child.rule) || (child.between != nullptr && cel::IsFalse(child.between))) {
      Ask(*child.shape, included.set, statements);  // no rows: shows the keys, asks for nothing
      continue;
    }
    for (auto& [text, value] : keys) query.among_values.push_back(std::move(value));
    query.among = relation.through ? relation.through->near : relation.remote;
    if (relation.through) query.between = {relation.through->resource, relation.through->far, child.between};
    query.where = child.rule;
    if (relation.to_many) query.per_value = kPerParent + 1;
    // Of each parent one row more than is shown may come.
    query.limit = kMaxIncluded + 1 + static_cast<int64_t>(query.among_values.size());
    for (FieldId id : service_->resource(relation.target).key) query.order.push_back({id, false});
    statements.push_back(std::move(query));
    pending_.push_back({&child, &parent, i});
  }
}

std::vector<Statement> IncludeLoader::Advance(std::vector<Answer> answers) {
  std::vector<Pending> done = std::move(pending_);
  pending_.clear();
  std::vector<Statement> statements;
  for (size_t i = 0; i < done.size() && i < answers.size(); ++i) {
    Attach(done[i], std::get<types::Rows>(std::move(answers[i])));
    if (too_many()) return {};
    Ask(*done[i].child->shape, done[i].parent->included[done[i].place].set, statements);
  }
  return statements;
}

void IncludeLoader::Attach(const Pending& pending, types::Rows rows) {
  call::Included& included = pending.parent->included[pending.place];
  std::map<std::string, std::vector<uint32_t>> by_key;
  for (size_t row = 0; row < rows.size(); ++row) {
    by_key[KeyOf(rows.at(row, pending.child->child_cell))].push_back(static_cast<uint32_t>(row));
  }
  for (size_t row = 0; row < pending.parent->rows.size(); ++row) {
    const types::Cell& cell = pending.parent->rows.at(row, pending.child->parent_cell);
    auto found = cell.is_null() ? by_key.end() : by_key.find(KeyOf(cell));
    if (found == by_key.end()) continue;
    std::vector<uint32_t> mine = found->second;
    if (included.to_many && mine.size() > static_cast<size_t>(kPerParent)) {
      mine.resize(kPerParent);
      included.more.push_back(static_cast<uint32_t>(row));
    }
    total_ += static_cast<int64_t>(mine.size());
    included.of_parent[row] = std::move(mine);
  }
  included.set.rows = std::move(rows);
}

Query QueryFor(const Shape& shape) {
  Query query;
  query.resource = shape.resource;
  query.fields = shape.fields;
  query.flags = shape.flags;
  return query;
}

call::Outcome OneRow(const model::Service& service, const Shape& shape, call::RowSet set) {
  const model::Resource& resource = service.resource(shape.resource);
  call::Outcome outcome;
  outcome.shaped = shape.shaped;
  types::Values key;
  key.reserve(resource.key.size());
  for (size_t i = 0; i < resource.key.size(); ++i) {
    key.push_back(resource.field(resource.key[i]).type->ToValue(set.rows.at(0, shape.key_cells[i])));
  }
  outcome.id = model::FormatId(resource, key);
  FieldId version = resource.FindSystem(model::SystemField::kVersion);
  auto cell = std::find(shape.fields.begin(), shape.fields.end(), version);
  if (cell != shape.fields.end()) {
    outcome.version = set.rows.at(0, static_cast<size_t>(cell - shape.fields.begin())).integer;
  }
  outcome.rows = std::move(set);
  return outcome;
}

std::unique_ptr<Program> MakeListProgram(const model::Service& service, ListPlan plan) {
  return std::make_unique<ListProgram>(service, std::move(plan));
}

std::unique_ptr<Program> MakeGetProgram(const model::Service& service, GetPlan plan) {
  return std::make_unique<GetProgram>(service, std::move(plan));
}

}  // namespace ashlar::plan
