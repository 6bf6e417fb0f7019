// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/encode.h"

#include <array>

#include "http/message.h"
#include "surface/rest/row_writer.h"
#include "types/datetime.h"

namespace ashlar::surface::rest {
namespace {

// What a set of rows takes as text, nearly.
size_t BytesOf(const call::RowSet& set) {
  constexpr size_t kEnvelope = 256;
  constexpr size_t kCell = 24;  // of a name with its marks, and of what is longer as text
  return kEnvelope + set.rows.bytes() + set.rows.size() * set.rows.columns() * kCell;
}

void BeginMeta(json::Writer& out, const Meta& meta) {
  out.QuotedKey(R"("meta":)");
  out.BeginObject();
  out.QuotedKey(R"("timestamp":)");
  std::array<char, types::kTimestampLength + 2> time;
  time.front() = time.back() = '"';
  types::FormatTimestamp(types::Timestamp{meta.now_micros}, time.data() + 1);
  out.Raw({time.data(), time.size()});
  out.QuotedKey(R"("requestId":)");
  out.String(meta.request_id);
}

void WriteDetails(const call::ApiError& error, json::Writer& out) {
  if (error.details.empty()) return;
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

void WriteOperation(const OperationPlace* of, json::Writer& out) {
  if (of == nullptr) return;
  out.Key("operation");
  out.BeginObject();
  out.Field("index", static_cast<int64_t>(of->index));
  if (!of->id.empty()) out.Field("id", of->id);
  out.EndObject();
}

}  // namespace

Envelope EncodeRow(const model::Service& service, const call::Outcome& outcome, const Meta& meta, bool hash) {
  Envelope envelope;
  envelope.body.reserve(BytesOf(outcome.rows));
  json::Writer out(envelope.body);
  RowWriter rows(service, out);
  out.BeginObject();
  out.Key("data");
  size_t start = envelope.body.size();
  if (outcome.rows.rows.empty()) {
    out.Null();
  } else {
    rows.Write(outcome.rows, 0, {"data"});
  }
  if (hash) envelope.data_hash = HashOf(std::string_view(envelope.body).substr(start));
  BeginMeta(out, meta);
  WriteMore(out, "more", rows.more());
  out.EndObject();
  out.EndObject();
  return envelope;
}

Envelope EncodeList(const model::Service& service, const call::Outcome& outcome, const Meta& meta) {
  Envelope envelope;
  envelope.body.reserve(BytesOf(outcome.rows));
  json::Writer out(envelope.body);
  RowWriter rows(service, out);
  out.BeginObject();
  out.Key("data");
  out.BeginArray();
  for (size_t i = 0; i < outcome.rows.rows.size(); ++i) rows.Write(outcome.rows, i, {"data", static_cast<int64_t>(i)});
  out.EndArray();
  BeginMeta(out, meta);
  WritePage(out, *outcome.page);
  WriteMore(out, "more", rows.more());
  out.EndObject();
  out.EndObject();
  return envelope;
}

namespace {

// A page of what are no rows of a resource; `write` writes the array.
template <class Write>
Envelope EncodePage(const call::Outcome& outcome, const Meta& meta, const Write& write) {
  Envelope envelope;
  json::Writer out(envelope.body);
  out.BeginObject();
  out.Key("data");
  write(out);
  BeginMeta(out, meta);
  WritePage(out, *outcome.page);
  out.EndObject();
  out.EndObject();
  return envelope;
}

}  // namespace

Envelope EncodeGroups(const call::Outcome& outcome, const Meta& meta) {
  return EncodePage(outcome, meta, [&](json::Writer& out) { WriteGroups(out, *outcome.groups); });
}

Envelope EncodeHistory(const call::Outcome& outcome, const Meta& meta) {
  return EncodePage(outcome, meta, [&](json::Writer& out) { WriteHistory(out, outcome.history); });
}

void WriteMeta(json::Writer& out, const Meta& meta) {
  BeginMeta(out, meta);
  out.EndObject();
}

std::string EncodeError(const call::ApiError& error, const Meta& meta, const OperationPlace* of) {
  std::string body;
  json::Writer out(body);
  out.BeginObject();
  out.Key("error");
  out.BeginObject();
  out.Field("code", RowOf(error.code).name);
  out.Field("message", error.message);
  WriteDetails(error, out);
  WriteOperation(of, out);
  out.EndObject();
  WriteMeta(out, meta);
  out.EndObject();
  return body;
}

std::string EncodeProblem(const call::ApiError& error, const Meta& meta, const OperationPlace* of) {
  const call::CodeRow& row = RowOf(error.code);
  std::string body;
  json::Writer out(body);
  out.BeginObject();
  out.Field("type", "about:blank");
  out.Field("title", http::ReasonOf(row.status));
  out.Field("status", row.status);
  out.Field("detail", error.message);
  out.Field("code", row.name);
  WriteDetails(error, out);
  WriteOperation(of, out);
  out.Field("timestamp", types::FormatTimestamp(types::Timestamp{meta.now_micros}));
  out.Field("requestId", meta.request_id);
  out.EndObject();
  return body;
}

}  // namespace ashlar::surface::rest
