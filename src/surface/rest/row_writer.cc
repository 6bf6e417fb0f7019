// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/row_writer.h"

#include "base/base64.h"
#include "base/crypto/sha256.h"
#include "model/row_id.h"
#include "types/datetime.h"

namespace ashlar::surface::rest {
namespace {

void OptionalText(json::Writer& out, std::string_view key, const std::optional<std::string>& text) {
  out.Key(key);
  text ? out.String(*text) : out.Null();
}

void RawOrNull(json::Writer& out, std::string_view key, const std::string& json) {
  out.Key(key);
  json.empty() ? out.Null() : out.Raw(json);
}

}  // namespace

std::string Place::Text() const {
  std::string text = in == nullptr ? std::string() : in->Text() + ".";
  text += name;
  return index < 0 ? text : fmt::format("{}[{}]", text, index);
}

bool IsShown(const call::RowSet& set, const call::RowSet::Column& column, size_t row) {
  if (column.mask < 0) return true;
  const types::Cell& mask = set.rows.at(row, static_cast<size_t>(column.mask));
  return !mask.is_null() && mask.integer != 0;
}

std::string IdOf(const model::Resource& resource, const call::RowSet& set, size_t row) {
  types::Values key;
  for (size_t i = 0; i < set.key_cells.size(); ++i) {
    key.push_back(resource.field(resource.key[i]).type->ToValue(set.rows.at(row, set.key_cells[i])));
  }
  return model::FormatId(resource, key);
}

void RowWriter::Write(const call::RowSet& set, size_t row, const Place& place) {
  const model::Resource& resource = service_.resource(set.resource);
  out_.BeginObject();
  Before(set, row);
  if (set.shows_key) out_.Field("id", IdOf(resource, set, row));
  // Of one row they are written as they come.
  const std::vector<std::string>* names = set.rows.size() > 1 ? &NamesOf(set, resource) : nullptr;
  for (size_t i = 0; i < set.columns.size(); ++i) {
    const call::RowSet::Column& column = set.columns[i];
    if (!IsShown(set, column, row)) continue;
    const types::Cell& cell = set.rows.at(row, column.cell);
    names == nullptr ? out_.Key(resource.field(column.field).name) : out_.QuotedKey((*names)[i]);
    if (cell.is_null()) {
      out_.Null();
    } else {
      resource.field(column.field).type->Format(cell, out_);
    }
  }
  Behind(set, row, place);
  out_.EndObject();
}

const std::vector<std::string>& RowWriter::NamesOf(const call::RowSet& set, const model::Resource& resource) {
  for (const Names& names : names_) {
    if (names.set == &set) return names.quoted;
  }
  Names& names = names_.emplace_back(Names{&set, {}});
  names.quoted.reserve(set.columns.size());
  for (const call::RowSet::Column& column : set.columns) {
    std::string& quoted = names.quoted.emplace_back();
    json::AppendQuoted(resource.field(column.field).name, quoted);
    quoted += ':';
  }
  return names.quoted;
}

void RowWriter::Behind(const call::RowSet& set, size_t row, const Place& place) {
  for (const call::Included& included : set.included) WriteIncluded(included, row, place);
}

void RowWriter::WriteIncluded(const call::Included& included, size_t row, const Place& place) {
  out_.Key(included.key);
  const std::vector<uint32_t>& mine = included.of_parent[row];
  if (!included.to_many) {
    if (mine.empty()) {
      out_.Null();
    } else {
      Write(included.set, mine.front(), {included.key, -1, &place});
    }
    return;
  }
  out_.BeginArray();
  for (size_t i = 0; i < mine.size(); ++i) {
    Write(included.set, mine[i], {included.key, static_cast<int64_t>(i), &place});
  }
  out_.EndArray();
  if (std::find(included.more.begin(), included.more.end(), row) != included.more.end())
    more_.push_back(Place{included.key, -1, &place}.Text());
}

void WriteMore(json::Writer& out, std::string_view key, const std::vector<std::string>& more) {
  if (more.empty()) return;
  out.Key(key);
  out.BeginArray();
  for (const std::string& place : more) out.String(place);
  out.EndArray();
}

void WritePage(json::Writer& out, const call::PageInfo& page) {
  if (page.cursor) {
    out.Field("perPage", page.per_page);
    OptionalText(out, "next", page.next);
    OptionalText(out, "previous", page.previous);
    return;
  }
  out.Field("page", page.page);
  out.Field("perPage", page.per_page);
  if (!page.total) return;
  out.Field("total", *page.total);
  out.Field("totalPages", (*page.total + page.per_page - 1) / page.per_page);
}

void WriteHistory(json::Writer& out, const std::vector<call::HistoryEntry>& history) {
  out.BeginArray();
  for (const call::HistoryEntry& entry : history) {
    out.BeginObject();
    out.Field("id", entry.id);
    out.Field("action", entry.action);
    out.Field("version", entry.version);
    out.Field("at", types::FormatTimestamp(entry.at));
    OptionalText(out, "callerId", entry.caller_id.empty() ? std::nullopt : std::optional(entry.caller_id));
    out.Field("requestId", entry.request_id);
    RawOrNull(out, "before", entry.before);
    RawOrNull(out, "after", entry.after);
    out.EndObject();
  }
  out.EndArray();
}

void WriteGroups(json::Writer& out, const call::GroupSet& groups) {
  out.BeginArray();
  for (size_t row = 0; row < groups.rows.size(); ++row) {
    out.BeginObject();
    for (size_t i = 0; i < groups.columns.size(); ++i) {
      const call::GroupSet::Column& column = groups.columns[i];
      const types::Cell& cell = groups.rows.at(row, i);
      bool nested = !column.field.empty();
      bool begins = nested && (i == 0 || groups.columns[i - 1].member != column.member);
      bool ends = nested && (i + 1 == groups.columns.size() || groups.columns[i + 1].member != column.member);
      if (begins) {
        out.Key(column.member);
        out.BeginObject();
      }
      out.Key(nested ? column.field : column.member);
      cell.is_null() ? out.Null() : column.type->Format(cell, out);
      if (ends) out.EndObject();
    }
    out.EndObject();
  }
  out.EndArray();
}

std::string HashOf(std::string_view text) {
  auto digest = Sha256(text);
  return Base64UrlEncode({reinterpret_cast<const char*>(digest.data()), 12});
}

}  // namespace ashlar::surface::rest
