// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/hal.h"

#include "model/row_id.h"
#include "surface/rest/row_writer.h"

namespace ashlar::surface::rest {
namespace {

using model::OperationKind;

struct RelationOfOperation {
  OperationKind kind;
  std::string_view relation, method, behind;
};
constexpr RelationOfOperation kOfRow[] = {
    {OperationKind::kUpdate, "update", "PATCH", ""},
    {OperationKind::kReplace, "replace", "PUT", ""},
    {OperationKind::kDelete, "delete", "DELETE", ""},
    {OperationKind::kHistory, "history", "GET", "/history"},
};

class HalWriter final : public RowWriter {
 public:
  HalWriter(const HalRequest& request, json::Writer& out) : RowWriter(request.service, out), request_(request) {}

  void Link(std::string_view relation, std::string_view target, std::string_view title = "") {
    out_.Key(relation);
    out_.BeginObject();
    out_.Field("href", target);
    if (!title.empty()) out_.Field("title", title);
    out_.EndObject();
  }

  std::string Collection(const model::Resource& resource) const {
    return fmt::format("/{}/{}", service_.version, resource.collection);
  }

  // Whether the caller has a chance of that operation of the resource.
  bool May(const model::Resource& resource, OperationKind kind) const {
    for (const model::Operation& operation : service_.operations) {
      if (operation.resource == resource.id && operation.kind == kind) {
        return !operation.internal && request_.may(operation);
      }
    }
    return false;
  }

 protected:
  void Before(const call::RowSet& set, size_t row) override {
    const model::Resource& resource = service_.resource(set.resource);
    std::string self = Collection(resource) + "/" + IdOf(resource, set, row);
    out_.Key("_links");
    out_.BeginObject();
    if (resource.routed) Link("self", self);
    bool deleted = IsDeleted(resource, set, row);
    for (const RelationOfOperation& of : kOfRow) {
      if (deleted && of.kind != OperationKind::kHistory) continue;
      if (May(resource, of.kind)) Link(of.relation, self + std::string(of.behind), of.method);
    }
    if (deleted && May(resource, OperationKind::kRestore)) Link("restore", self + "/restore", "POST");
    if (resource.routed && request_.may_purge(resource)) Link("purge", self + "?purge=true", "DELETE");
    for (const model::Relation& relation : resource.relations) {
      if (!relation.to_many) LinkToOne(resource, relation, set, row);
    }
    out_.EndObject();
  }

  void Behind(const call::RowSet& set, size_t row, const Place& place) override {
    if (set.included.empty()) return;
    out_.Key("_embedded");
    out_.BeginObject();
    bool root = place.name.empty();
    RowWriter::Behind(set, row, {"_embedded", -1, root ? nullptr : &place});
    out_.EndObject();
    if (root) WriteMore(out_, "_more", more());
  }

 private:
  static const types::Cell* Shown(const call::RowSet& set, model::FieldId field, size_t row) {
    for (const call::RowSet::Column& column : set.columns) {
      if (column.field == field && IsShown(set, column, row)) return &set.rows.at(row, column.cell);
    }
    return nullptr;
  }

  static bool IsDeleted(const model::Resource& resource, const call::RowSet& set, size_t row) {
    model::FieldId field = resource.FindSystem(model::SystemField::kDeletedAt);
    const types::Cell* at = field.valid() ? Shown(set, field, row) : nullptr;
    return at != nullptr && !at->is_null();
  }

  void LinkToOne(const model::Resource& resource, const model::Relation& relation, const call::RowSet& set,
                 size_t row) {
    const types::Cell* cell = Shown(set, relation.local, row);
    const model::Resource& target = service_.resource(relation.target);
    if (cell == nullptr || cell->is_null() || !target.routed || !May(target, OperationKind::kGet)) return;
    std::string id = model::FormatId(target, {resource.field(relation.local).type->ToValue(*cell)});
    Link(relation.name, Collection(target) + "/" + id);
  }

  const HalRequest& request_;
};

// Links of a page, before what it holds.
void WritePageLinks(HalWriter& rows, const HalRequest& request, const model::Resource* resource, json::Writer& out) {
  out.Key("_links");
  out.BeginObject();
  rows.Link("self", request.self);
  for (const auto& [relation, target] : request.neighbours) rows.Link(relation, target);
  if (resource != nullptr && rows.May(*resource, OperationKind::kCreate)) {
    rows.Link("create", rows.Collection(*resource), "POST");
  }
  out.EndObject();
}

}  // namespace

Envelope HalRow(const HalRequest& request, const call::Outcome& outcome) {
  Envelope envelope;
  json::Writer out(envelope.body);
  HalWriter rows(request, out);
  if (outcome.rows.rows.empty()) {
    out.BeginObject();  // written, and not readable by who wrote it
    out.EndObject();
  } else {
    rows.Write(outcome.rows, 0, {""});
  }
  envelope.data_hash = HashOf(envelope.body);
  return envelope;
}

Envelope HalList(const HalRequest& request, const model::Resource& resource, const call::Outcome& outcome) {
  Envelope envelope;
  json::Writer out(envelope.body);
  HalWriter rows(request, out);
  out.BeginObject();
  WritePageLinks(rows, request, &resource, out);
  out.Key("_embedded");
  out.BeginObject();
  out.Key(resource.plural);
  out.BeginArray();
  const Place embedded{"_embedded"};
  for (size_t i = 0; i < outcome.rows.rows.size(); ++i) {
    rows.Write(outcome.rows, i, {resource.plural, static_cast<int64_t>(i), &embedded});
  }
  out.EndArray();
  out.EndObject();
  WritePage(out, *outcome.page);
  WriteMore(out, "more", rows.more());
  out.EndObject();
  return envelope;
}

namespace {

// A page of what are no rows of a resource; `write` writes the array.
template <class Write>
Envelope HalPage(const HalRequest& request, const call::Outcome& outcome, std::string_view name, const Write& write) {
  Envelope envelope;
  json::Writer out(envelope.body);
  HalWriter rows(request, out);
  out.BeginObject();
  WritePageLinks(rows, request, nullptr, out);
  out.Key("_embedded");
  out.BeginObject();
  out.Key(name);
  write(out);
  out.EndObject();
  WritePage(out, *outcome.page);
  out.EndObject();
  return envelope;
}

}  // namespace

Envelope HalGroups(const HalRequest& request, const call::Outcome& outcome) {
  return HalPage(request, outcome, "groups", [&](json::Writer& out) { WriteGroups(out, *outcome.groups); });
}

Envelope HalHistory(const HalRequest& request, const call::Outcome& outcome) {
  return HalPage(request, outcome, "history", [&](json::Writer& out) { WriteHistory(out, outcome.history); });
}

}  // namespace ashlar::surface::rest
