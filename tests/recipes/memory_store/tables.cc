// SPDX-License-Identifier: Apache-2.0
#include "recipes/memory_store/tables.h"

#include "base/utf8_words.h"
#include "model/row_id.h"
#include "plan/draft.h"

namespace ashlar::recipes {
namespace {

using model::Resource;
using plan::FieldId;
using types::Value;
using types::Values;

Values KeyOf(const Resource& resource, const Values& row) {
  Values key;
  for (FieldId part : resource.key) key.push_back(row[part.index()]);
  return key;
}

// A value as a cell of its kind (types/rows.h).
void Append(const Value& value, types::Rows& rows) {
  if (!rows.Append(value)) throw std::length_error("a batch is full");
}

// Whether `row` stands behind `other` values of the order's fields.
std::weak_ordering CompareBy(const std::vector<plan::Order>& order, const Values& row, const Values& other) {
  for (size_t i = 0; i < order.size(); ++i) {
    std::weak_ordering way = types::Compare(row[order[i].field.index()], other[i]);
    if (way != 0) return order[i].descending ? 0 <=> way : way;
  }
  return std::weak_ordering::equivalent;
}

Values OrderedBy(const std::vector<plan::Order>& order, const Values& row) {
  Values values;
  for (const plan::Order& term : order) values.push_back(row[term.field.index()]);
  return values;
}

bool OneOf(const Values& values, const Value& value) {
  return std::any_of(values.begin(), values.end(), [&](const Value& one) { return one == value; });
}

// A row with what its computed fields come to, which this store keeps like any other field.
Values WithComputed(const Resource& resource, Values row) {
  plan::RecordEnvironment environment(resource);
  for (size_t i = 0; i < resource.fields.size(); ++i) {
    if (resource.fields[i].computed)
      row[i] = environment.FieldOf({resource.id, &row}, FieldId{static_cast<uint32_t>(i)});
  }
  return row;
}

// How often the words occur in what is searched of the row; 0 unless all of them do.
size_t Fit(const Resource& resource, const Values& row, const std::vector<std::string>& words) {
  std::vector<std::string> held;
  for (size_t i = 0; i < resource.fields.size(); ++i) {
    const auto* text = resource.fields[i].search ? row[i].get<std::string>() : nullptr;
    if (text == nullptr) continue;
    for (std::string& word : WordsOf(*text)) held.push_back(std::move(word));
  }
  size_t fits = 0;
  for (const std::string& word : words) {
    auto times = static_cast<size_t>(std::count(held.begin(), held.end(), word));
    if (times == 0) return 0;
    fits += times;
  }
  return fits;
}

}  // namespace

Tables::Tables(const model::Service& service)
    : service_(&service), tables_(service.resources.size()), last_ids_(service.resources.size(), 0) {}

plan::Answer Tables::Run(const plan::Statement& statement) {
  return std::visit([this](const auto& one) { return Run(one); }, statement);
}

bool Tables::IsLive(const Resource& resource, const Row& row) const {
  return !resource.soft_delete || row[resource.FindSystem(model::SystemField::kDeletedAt).index()].is_null();
}

types::Value Tables::View::FieldOf(cel::RowRef row, cel::FieldId field) const {
  return (*static_cast<const Row*>(row.row))[field.index()];
}

std::optional<cel::RowRef> Tables::View::ToOne(cel::RowRef row, cel::RelationId relation) const {
  std::vector<cel::RowRef> rows = ToMany(row, relation, nullptr);
  return rows.empty() ? std::nullopt : std::optional(rows[0]);
}

std::vector<cel::RowRef> Tables::View::ToMany(cel::RowRef row, cel::RelationId relation,
                                              const std::function<bool(cel::RowRef)>& between) const {
  const model::Relation& said = tables_.service_->resource(row.resource).relation(relation);
  Value key = FieldOf(row, said.local);
  if (!said.through) return Live(said.target, said.remote, {key});
  Values keys;
  for (cel::RowRef one : Live(said.through->resource, said.through->near, {key})) {
    if (between == nullptr || between(one)) keys.push_back(FieldOf(one, said.through->far));
  }
  return Live(said.target, said.remote, keys);
}

std::vector<cel::RowRef> Tables::View::Live(plan::ResourceId resource, FieldId field, const Values& keys) const {
  std::vector<cel::RowRef> rows;
  for (const auto& [id, row] : tables_.TableOf(resource)) {
    const Value& value = row[field.index()];
    bool wanted = !value.is_null() && OneOf(keys, value);
    if (wanted && tables_.IsLive(tables_.service_->resource(resource), row)) rows.push_back({resource, &row});
  }
  return rows;
}

std::vector<const Tables::Row*> Tables::Select(plan::ResourceId resource, const cel::ExprPtr& where,
                                               call::Deleted deleted, const std::vector<std::string>& words) const {
  const Resource& of = service_->resource(resource);
  std::vector<const Row*> rows;
  for (const auto& [id, row] : TableOf(resource)) {
    bool live = IsLive(of, row);
    if (of.soft_delete && deleted != call::Deleted::kWith && live != (deleted == call::Deleted::kWithout)) continue;
    if (!words.empty() && Fit(of, row, words) == 0) continue;
    if (where == nullptr || cel::Holds(*where, View(*this), {resource, &row})) rows.push_back(&row);
  }
  return rows;
}

plan::Answer Tables::Run(const plan::Query& query) {
  if (query.between) return RunBetween(query);
  std::vector<const Row*> rows = Select(query.resource, query.where, query.deleted, query.words);
  std::erase_if(rows, [&](const Row* row) {
    if (query.among.valid() && !OneOf(query.among_values, (*row)[query.among.index()])) return true;
    return query.after && CompareBy(query.order, *row, *query.after) <= 0;
  });
  const Resource& of = service_->resource(query.resource);
  std::sort(rows.begin(), rows.end(), [&](const Row* a, const Row* b) {
    size_t fits = query.ranked ? Fit(of, *a, query.words) : 0;
    size_t other = query.ranked ? Fit(of, *b, query.words) : 0;
    return fits != other ? fits > other : CompareBy(query.order, *a, OrderedBy(query.order, *b)) < 0;
  });
  if (query.per_value > 0) {
    std::vector<std::pair<Value, int64_t>> seen;
    std::erase_if(rows, [&](const Row* row) {
      const Value& value = (*row)[query.among.index()];
      auto found = std::find_if(seen.begin(), seen.end(), [&](const auto& one) { return one.first == value; });
      if (found == seen.end()) found = seen.insert(seen.end(), {value, 0});
      return ++found->second > query.per_value;
    });
  }
  rows.erase(rows.begin(), rows.begin() + std::min(query.offset, static_cast<int64_t>(rows.size())));
  if (query.limit && *query.limit < static_cast<int64_t>(rows.size())) rows.resize(static_cast<size_t>(*query.limit));
  types::Rows found(query.cells());
  for (const Row* row : rows) Show(query, *row, found);
  return found;
}

void Tables::Show(const plan::Query& query, const Row& row, types::Rows& found) const {
  for (FieldId field : query.fields) Append(row[field.index()], found);
  for (const cel::ExprPtr& flag : query.flags) {
    found.AppendInteger(cel::Holds(*flag, View(*this), {query.resource, &row}) ? 1 : 0);
  }
}

// Each row once for each of the values that rows in between lead from.
plan::Answer Tables::RunBetween(const plan::Query& query) const {
  types::Rows found(query.cells());
  const plan::Between& between = *query.between;
  std::vector<const Row*> joins = Select(between.resource, between.where, call::Deleted::kWithout, {});
  std::vector<const Row*> rows = Select(query.resource, query.where, query.deleted, query.words);
  const Resource& of = service_->resource(query.resource);
  std::sort(rows.begin(), rows.end(),
            [&](const Row* a, const Row* b) { return CompareBy(query.order, *a, OrderedBy(query.order, *b)) < 0; });
  for (const Value& value : query.among_values) {
    int64_t shown = 0;
    for (const Row* row : rows) {
      bool met = std::any_of(joins.begin(), joins.end(), [&](const Row* join) {
        return (*join)[query.among.index()] == value && (*join)[between.far.index()] == (*row)[of.key[0].index()];
      });
      if (!met || ++shown > query.per_value) continue;
      Show(query, *row, found);
      Append(value, found);
    }
  }
  return found;
}

plan::Answer Tables::Run(const plan::Count& count) {
  auto rows = static_cast<int64_t>(Select(count.resource, count.where, count.deleted, count.words).size());
  types::Rows found(1);
  found.AppendInteger(count.limit > 0 ? std::min(rows, count.limit) : rows);
  return found;
}

plan::Answer Tables::Run(const plan::Probe& probe) {
  types::Rows found(probe.expressions.size());
  Row row = WithComputed(service_->resource(probe.resource), probe.row);
  for (const cel::ExprPtr& expression : probe.expressions) {
    auto value = cel::Evaluate(*expression, View(*this), {probe.resource, &row});
    Append(value ? *value : Value{}, found);
  }
  return found;
}

bool Tables::Taken(const Resource& resource, const std::vector<FieldId>& fields, const Row& row, const Row* own,
                   bool live_only) const {
  for (FieldId field : fields) {
    if (row[field.index()].is_null()) return false;
  }
  if (live_only && !IsLive(resource, row)) return false;
  for (const auto& [id, other] : TableOf(resource.id)) {
    if (&other == own || (live_only && !IsLive(resource, other))) continue;
    bool same = std::all_of(fields.begin(), fields.end(),
                            [&](FieldId field) { return other[field.index()] == row[field.index()]; });
    if (same) return true;
  }
  return false;
}

std::optional<plan::Answer> Tables::Violation(const Resource& resource, const Row& row, const Row* own) const {
  for (size_t i = 0; i < resource.checks.size(); ++i) {
    if (cel::Holds(*resource.checks[i].rule, View(*this), {resource.id, &row})) continue;
    return plan::CheckViolation{resource.id, static_cast<int>(i)};
  }
  for (size_t i = 0; i < resource.fields.size(); ++i) {
    if (resource.fields[i].required && row[i].is_null()) return plan::CheckViolation{resource.id, -1};
  }
  if (Taken(resource, resource.key, row, own, false)) return plan::UniqueViolation{resource.id, resource.key};
  for (const auto& unique : resource.uniques) {
    if (Taken(resource, unique, row, own, true)) return plan::UniqueViolation{resource.id, unique};
  }
  for (const model::Relation& relation : resource.relations) {
    if (relation.to_many || row[relation.local.index()].is_null()) continue;
    const Value& key = row[relation.local.index()];
    bool itself = relation.target == resource.id && row[relation.remote.index()] == key;
    const Table& target = TableOf(relation.target);
    bool there = itself || std::any_of(target.begin(), target.end(),
                                       [&](const auto& other) { return other.second[relation.remote.index()] == key; });
    if (!there) return plan::CheckViolation{resource.id, -1};
  }
  return std::nullopt;
}

plan::Answer Tables::Run(const plan::Insert& insert) {
  const Resource& resource = service_->resource(insert.resource);
  Row row = insert.row;
  plan::Written written{1, Value{}};
  if (resource.id_kind == model::IdKind::kInt) {
    Value& id = row[resource.key[0].index()];
    if (id.is_null()) id = last_ids_[insert.resource.index()] + 1;
    written.id = id;
  }
  row = WithComputed(resource, std::move(row));
  if (auto violation = Violation(resource, row, nullptr)) return std::move(*violation);
  if (const auto* id = written.id.get<int64_t>()) {
    last_ids_[insert.resource.index()] = std::max(last_ids_[insert.resource.index()], *id);
  }
  TableOf(insert.resource).emplace(model::FormatId(resource, KeyOf(resource, row)), row);
  return written;
}

plan::Answer Tables::Run(const plan::Update& update) {
  const Resource& resource = service_->resource(update.resource);
  auto found = TableOf(update.resource).find(model::FormatId(resource, update.key));
  if (found == TableOf(update.resource).end()) return plan::Written{0, Value{}};
  Row row = found->second;
  for (const auto& [field, value] : update.set) row[field.index()] = value;
  row = WithComputed(resource, std::move(row));
  if (auto violation = Violation(resource, row, &found->second)) return std::move(*violation);
  found->second = std::move(row);
  return plan::Written{1, Value{}};
}

bool Tables::Refers(const Resource& resource, const Value& id) const {
  for (const Resource& child : service_->resources) {
    for (const model::Relation& relation : child.relations) {
      if (relation.to_many || relation.target != resource.id) continue;
      for (const auto& [name, row] : TableOf(child.id)) {
        if (row[relation.local.index()] == id) return true;
      }
    }
  }
  return false;
}

plan::Answer Tables::Run(const plan::Delete& remove) {
  const Resource& resource = service_->resource(remove.resource);
  auto found = TableOf(remove.resource).find(model::FormatId(resource, remove.key));
  if (found == TableOf(remove.resource).end()) return plan::Written{0, Value{}};
  Row row = std::move(found->second);
  TableOf(remove.resource).erase(found);
  if (resource.key.size() == 1 && Refers(resource, remove.key[0])) {
    TableOf(remove.resource).emplace(model::FormatId(resource, remove.key), std::move(row));
    return plan::CheckViolation{remove.resource, -1};
  }
  return plan::Written{1, Value{}};
}

}  // namespace ashlar::recipes
