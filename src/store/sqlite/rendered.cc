// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/rendered.h"

#include "store/sql/signature.h"

namespace ashlar::store::sqlite {
namespace {

bool AllDiffer(const sql::Signature& signature) {
  std::vector<const types::Value*> seen;
  for (size_t i = 0; i < signature.values.size(); ++i) {
    if (i >= signature.among_begin && i < signature.among_end) continue;
    auto same = [&](const types::Value* other) { return *other == signature.values[i]; };
    if (std::ranges::any_of(seen, same)) return false;
    seen.push_back(&signature.values[i]);
  }
  return true;
}

// Without the values of the row that it came with, which may be large, or nobody else's business.
sql::Sql WithoutRow(const model::Resource& resource, sql::Sql sql) {
  auto stored = std::ranges::count_if(resource.fields, [](const model::Field& field) { return !field.computed; });
  std::fill_n(sql.parameters.begin(), stored, types::Value{});
  return sql;
}

// Puts in what only Render knows; false where the two are not of one length.
bool PutRendered(const types::Values& parameters, sql::Signature& signature) {
  if (parameters.size() != signature.values.size()) return false;
  for (size_t i : signature.rendered) signature.values[i] = parameters[i];
  return true;
}

}  // namespace

Rendered::Ready Rendered::Of(const model::Service& service, const plan::Statement& statement) {
  const auto* lookup = std::get_if<plan::Lookup>(&statement);
  if (lookup != nullptr && lookup->kept) return {OfLookup(service, *lookup)};
  const auto* probe = std::get_if<plan::Probe>(&statement);
  if (probe != nullptr && probe->kept && !probe->expressions.empty()) return OfProbe(service, *probe);
  if (const auto* insert = std::get_if<plan::Insert>(&statement)) return OfInsert(service, *insert);
  if (const auto* query = std::get_if<plan::Query>(&statement)) return {OfQuery(service, *query)};
  other_ = sql::Render(service, sql::Sqlite(), statement);
  return {other_};
}

const sql::Sql& Rendered::OfLookup(const model::Service& service, const plan::Lookup& lookup) {
  auto found = lookups_.find(lookup.form.get());
  if (found == lookups_.end()) {
    MakeRoom();
    Kept kept{{lookup.form}, sql::Render(service, sql::Sqlite(), lookup)};
    return lookups_.emplace(lookup.form.get(), std::move(kept)).first->second.sql;
  }
  sql::Sql& sql = found->second.sql;
  std::ranges::copy(lookup.key, sql.parameters.begin());  // the first ones
  return sql;
}

Rendered::Ready Rendered::OfProbe(const model::Service& service, const plan::Probe& probe) {
  auto is_same = [&](const Kept& kept) {
    return std::ranges::equal(kept.held, probe.expressions,
                              [](const auto& held, const auto& expression) { return held.get() == expression.get(); });
  };
  std::vector<Kept>& alike = probes_[probe.expressions.front().get()];
  auto found = std::ranges::find_if(alike, is_same);
  const model::Resource& resource = service.resource(probe.resource);
  if (found != alike.end()) return {found->sql, &resource, &probe.row};
  MakeRoom();
  std::vector<Kept>& home = probes_[probe.expressions.front().get()];  // there may be more room now
  Kept kept{{probe.expressions.begin(), probe.expressions.end()},
            WithoutRow(resource, sql::Render(service, sql::Sqlite(), probe))};
  return {home.emplace_back(std::move(kept)).sql, &resource, &probe.row};
}

// A signature is believed once it has named the parameters that Render made of a query whose values all differ: then
// none can have changed places.
const sql::Sql& Rendered::OfQuery(const model::Service& service, const plan::Query& query) {
  std::optional<sql::Signature> signature = sql::SignatureOf(service, query);
  // Those with decimals are many, one for each, and have a place of their own.
  auto& kept = signature && !signature->rendered.empty() ? with_decimals_ : queries_;
  auto found = signature ? kept.find(signature->shape) : kept.end();
  if (found != kept.end() && PutRendered(found->second.parameters, *signature)) {
    found->second.parameters = std::move(signature->values);
    return found->second;
  }
  other_ = sql::Render(service, sql::Sqlite(), query);
  if (!signature || !PutRendered(other_.parameters, *signature)) return other_;
  if (!AllDiffer(*signature) || signature->values != other_.parameters) return other_;
  if (&kept == &queries_) {
    MakeRoom();
  } else if (kept.size() == kMostWithDecimals) {
    kept.clear();
  }
  return kept.insert_or_assign(std::move(signature->shape), std::move(other_)).first->second;
}

Rendered::Ready Rendered::OfInsert(const model::Service& service, const plan::Insert& insert) {
  const model::Resource& resource = service.resource(insert.resource);
  auto found = inserts_.find(insert.resource.value);
  if (found == inserts_.end()) {
    found = inserts_.emplace(insert.resource.value, WithoutRow(resource, sql::Render(service, sql::Sqlite(), insert)))
                .first;
  }
  return {found->second, &resource, &insert.row};
}

void Rendered::MakeRoom() {
  if (++count_ <= kMost) return;
  lookups_.clear();
  probes_.clear();
  queries_.clear();
  count_ = 1;
}

}  // namespace ashlar::store::sqlite
