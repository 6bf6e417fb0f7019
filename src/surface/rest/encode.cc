// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/encode.h"

#include "base/base64.h"
#include "base/crypto/sha256.h"
#include "base/json/writer.h"
#include "model/row_id.h"
#include "types/datetime.h"

namespace ashlar::surface::rest {
namespace {

// Writes rows, and remembers where an include was cut short.
class RowWriter {
 public:
  RowWriter(const model::Service& service, json::Writer& out) : service_(service), out_(out) {}

  void Write(const call::RowSet& set, size_t row, const std::string& path) {
    const model::Resource& resource = service_.resource(set.resource);
    out_.BeginObject();
    if (!set.key_cells.empty()) WriteKey(resource, set, row);
    for (const call::RowSet::Column& column : set.columns) {
      if (column.mask >= 0 && !Holds(set.rows.at(row, static_cast<size_t>(column.mask)))) continue;
      const model::Field& field = resource.field(column.field);
      const types::Cell& cell = set.rows.at(row, column.cell);
      out_.Key(field.name);
      if (cell.is_null()) {
        out_.Null();
      } else {
        field.type->Format(cell, out_);
      }
    }
    for (const call::Included& included : set.included) WriteIncluded(included, row, path);
    out_.EndObject();
  }

  const std::vector<std::string>& more() const { return more_; }

 private:
  static bool Holds(const types::Cell& mask) { return !mask.is_null() && mask.integer != 0; }

  void WriteKey(const model::Resource& resource, const call::RowSet& set, size_t row) {
    types::Values key;
    for (size_t i = 0; i < set.key_cells.size(); ++i) {
      key.push_back(resource.field(resource.key[i]).type->ToValue(set.rows.at(row, set.key_cells[i])));
    }
    out_.Field("id", model::FormatId(resource, key));
  }

  void WriteIncluded(const call::Included& included, size_t row, const std::string& path) {
    std::string place = path + "." + included.key;
    out_.Key(included.key);
    const std::vector<uint32_t>& mine = included.of_parent[row];
    if (!included.to_many) {
      if (mine.empty()) {
        out_.Null();
      } else {
        Write(included.set, mine.front(), place);
      }
      return;
    }
    out_.BeginArray();
    for (size_t i = 0; i < mine.size(); ++i) Write(included.set, mine[i], fmt::format("{}[{}]", place, i));
    out_.EndArray();
    if (std::find(included.more.begin(), included.more.end(), row) != included.more.end()) more_.push_back(place);
  }

  const model::Service& service_;
  json::Writer& out_;
  std::vector<std::string> more_;
};

void BeginMeta(json::Writer& out, const Meta& meta) {
  out.Key("meta");
  out.BeginObject();
  out.Field("timestamp", types::FormatTimestamp(types::Timestamp{meta.now_micros}));
  out.Field("requestId", meta.request_id);
}

void WriteMore(json::Writer& out, const std::vector<std::string>& more) {
  if (more.empty()) return;
  out.Key("more");
  out.BeginArray();
  for (const std::string& place : more) out.String(place);
  out.EndArray();
}

void OptionalText(json::Writer& out, std::string_view key, const std::optional<std::string>& text) {
  out.Key(key);
  if (text) {
    out.String(*text);
  } else {
    out.Null();
  }
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

void RawOrNull(json::Writer& out, std::string_view key, const std::string& json) {
  out.Key(key);
  if (json.empty()) {
    out.Null();
  } else {
    out.Raw(json);
  }
}

}  // namespace

Envelope EncodeRow(const model::Service& service, const call::Outcome& outcome, const Meta& meta, bool hash) {
  Envelope envelope;
  json::Writer out(envelope.body);
  RowWriter rows(service, out);
  out.BeginObject();
  out.Key("data");
  size_t start = envelope.body.size();
  if (outcome.rows.rows.empty()) {
    out.Null();
  } else {
    rows.Write(outcome.rows, 0, "data");
  }
  if (hash) {
    auto digest = Sha256(std::string_view(envelope.body).substr(start));
    envelope.data_hash = Base64UrlEncode({reinterpret_cast<const char*>(digest.data()), 12});
  }
  BeginMeta(out, meta);
  WriteMore(out, rows.more());
  out.EndObject();
  out.EndObject();
  return envelope;
}

Envelope EncodeList(const model::Service& service, const call::Outcome& outcome, const Meta& meta) {
  Envelope envelope;
  json::Writer out(envelope.body);
  RowWriter rows(service, out);
  out.BeginObject();
  out.Key("data");
  out.BeginArray();
  for (size_t i = 0; i < outcome.rows.rows.size(); ++i) rows.Write(outcome.rows, i, fmt::format("data[{}]", i));
  out.EndArray();
  BeginMeta(out, meta);
  WritePage(out, *outcome.page);
  WriteMore(out, rows.more());
  out.EndObject();
  out.EndObject();
  return envelope;
}

Envelope EncodeHistory(const call::Outcome& outcome, const Meta& meta) {
  Envelope envelope;
  json::Writer out(envelope.body);
  out.BeginObject();
  out.Key("data");
  out.BeginArray();
  for (const call::HistoryEntry& entry : outcome.history) {
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
  BeginMeta(out, meta);
  WritePage(out, *outcome.page);
  out.EndObject();
  out.EndObject();
  return envelope;
}

std::string EncodeError(const call::ApiError& error, const Meta& meta) {
  std::string body;
  json::Writer out(body);
  out.BeginObject();
  out.Key("error");
  out.BeginObject();
  out.Field("code", RowOf(error.code).name);
  out.Field("message", error.message);
  if (!error.details.empty()) {
    out.Key("details");
    out.BeginArray();
    for (const call::ErrorDetail& detail : error.details) {
      out.BeginObject();
      out.Field("field", detail.field);
      out.Field("code", types::NameOf(detail.code));
      out.Field("message", detail.message);
      out.EndObject();
    }
    out.EndArray();
  }
  out.EndObject();
  BeginMeta(out, meta);
  out.EndObject();
  out.EndObject();
  return body;
}

}  // namespace ashlar::surface::rest
