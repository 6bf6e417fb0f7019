// SPDX-License-Identifier: Apache-2.0
#include "recipes/surface/encode.h"

#include "base/json/writer.h"
#include "model/row_id.h"

namespace ashlar::recipes {
namespace {

// The parts of a composite id have columns of their own, but the id itself has none.
void WriteId(const model::Resource& resource, const call::RowSet& set, size_t row, json::Writer& out) {
  types::Values key;
  for (size_t i = 0; i < set.key_cells.size(); ++i) {
    key.push_back(resource.field(resource.key[i]).type->ToValue(set.rows.at(row, set.key_cells[i])));
  }
  out.Field("id", model::FormatId(resource, key));
}

void WriteRow(const model::Service& service, const call::RowSet& set, size_t row, json::Writer& out) {
  const model::Resource& resource = service.resource(set.resource);
  out.BeginObject();
  if (set.shows_key) WriteId(resource, set, row, out);
  for (const call::RowSet::Column& column : set.columns) {
    // Whether this caller may see the field of this row; a cell that is not 1 says no.
    if (column.mask >= 0 && set.rows.at(row, static_cast<size_t>(column.mask)).integer != 1) continue;
    const model::Field& field = resource.field(column.field);
    const types::Cell& cell = set.rows.at(row, column.cell);
    out.Key(field.name);
    if (cell.is_null()) {
      out.Null();
    } else {
      field.type->Format(cell, out);
    }
  }
  out.EndObject();
}

std::string EncodeError(const call::ApiError& error) {
  std::string line = "NO ";
  json::Writer out(line);
  out.BeginObject();
  out.Field("code", call::RowOf(error.code).name);
  out.Key("details");
  out.BeginArray();
  for (const call::ErrorDetail& detail : error.details) {
    out.String(fmt::format("{} {}", detail.field, types::NameOf(detail.code)));
  }
  out.EndArray();
  out.Field("message", error.message);
  out.EndObject();
  return line;
}

}  // namespace

std::string Encode(const model::Service& service, const call::Answer<call::Outcome>& answer) {
  if (!answer) return EncodeError(answer.error());
  std::string line = "OK";
  const call::RowSet& set = answer->rows;
  json::Writer out(line);
  if (answer->page) {
    line += fmt::format(" {} ", answer->page->total.value_or(0));
    out.BeginArray();
    for (size_t row = 0; row < set.rows.size(); ++row) WriteRow(service, set, row, out);
    out.EndArray();
  } else if (!set.rows.empty()) {
    line += ' ';
    WriteRow(service, set, 0, out);
  }
  return line;
}

}  // namespace ashlar::recipes
