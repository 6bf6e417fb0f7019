// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe_groups.h"

#include "call/aggregation.h"
#include "model/reach.h"
#include "surface/rest/describe_schemas.h"
#include "types/aggregate_types.h"
#include "types/period.h"

namespace ashlar::surface::rest {
namespace {

bool Readable(const model::Field& field) { return model::ReachOf(field.read) != model::Reach::kNobody; }

void WriteNullable(std::string_view name, const types::Type& type, json::Writer& out) {
  json::Object schema = SchemaOf(type);
  AllowNull(schema);
  out.Key(name);
  out.Raw(json::ToText(json::Json(std::move(schema))));
}

// Whether the field has such periods: hours have moments alone.
bool Has(const model::Field& field, types::Period period) {
  if (field.type->kind() == types::Kind::kTimestamp) return true;
  return field.type->kind() == types::Kind::kDate && period != types::Period::kHour;
}

void WritePeriods(const model::Field& field, json::Writer& out) {
  for (const types::PeriodRow& row : types::Periods()) {
    bool hour = row.period == types::Period::kHour;
    if (!Has(field, row.period)) continue;
    WriteNullable(fmt::format("{}:{}", field.name, row.name), hour ? *types::TypeOfMoment() : *types::TypeOfDay(), out);
  }
}

}  // namespace

std::vector<std::string> MeasuresOf(const model::Resource& resource) {
  std::vector<std::string> measures;
  for (const call::FunctionRow& row : call::Functions()) {
    if (row.fits.empty()) measures.emplace_back(row.name);
    for (const model::Field& field : resource.fields) {
      if (!row.fits.empty() && Readable(field) && call::TypeOf(row.function, field.type) != nullptr) {
        measures.push_back(fmt::format("{}({})", row.name, field.name));
      }
    }
  }
  return measures;
}

std::vector<std::string> GroupKeysOf(const model::Resource& resource) {
  std::vector<std::string> keys;
  for (const model::Field& field : resource.fields) {
    if (!Readable(field) || !field.type->sortable()) continue;
    keys.push_back(field.name);
    for (const types::PeriodRow& row : types::Periods()) {
      if (Has(field, row.period)) keys.push_back(fmt::format("{}:{}", field.name, row.name));
    }
  }
  return keys;
}

void WriteGroupSchema(const model::Resource& resource, json::Writer& out) {
  out.BeginObject();
  out.Field("type", "object");
  out.Field("description", fmt::format("Rows of {} that are alike: what `groupBy` named, and what `select` asked for.",
                                       resource.name));
  out.Key("properties");
  out.BeginObject();
  for (const model::Field& field : resource.fields) {
    bool function = std::ranges::any_of(call::Functions(), [&](const auto& row) { return row.name == field.name; });
    if (Readable(field) && field.type->sortable() && !function) WriteNullable(field.name, *field.type, out);
  }
  for (const model::Field& field : resource.fields) {
    if (Readable(field)) WritePeriods(field, out);
  }
  for (const call::FunctionRow& row : call::Functions()) {
    out.Key(row.name);
    if (row.fits.empty()) {
      out.Raw(R"({"type":"integer","format":"int64","minimum":0,"maximum":9007199254740991,)"
              R"("description":"How many rows the group has."})");
      continue;
    }
    out.BeginObject();
    out.Field("type", "object");
    out.Field("description", fmt::format("By field: {}; null where no row has a value.", row.doc));
    out.Key("properties");
    out.BeginObject();
    for (const model::Field& field : resource.fields) {
      auto type = Readable(field) ? call::TypeOf(row.function, field.type) : nullptr;
      if (type != nullptr) WriteNullable(field.name, *type, out);
    }
    out.EndObject();
    out.EndObject();
  }
  out.EndObject();
  out.EndObject();
}

}  // namespace ashlar::surface::rest
