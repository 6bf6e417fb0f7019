// SPDX-License-Identifier: Apache-2.0
#include "plan/audit.h"

#include "base/json/writer.h"
#include "model/row_id.h"
#include "types/uuid.h"

namespace ashlar::plan {
namespace {

Value Image(const model::Resource& resource, const Values* row) {
  if (row == nullptr) return {};
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  for (size_t i = 0; i < resource.fields.size(); ++i) {
    if (resource.fields[i].write_only || resource.fields[i].computed) continue;
    out.Key(resource.fields[i].name);
    if ((*row)[i].is_null()) {
      out.Null();
    } else {
      resource.fields[i].type->Format((*row)[i], out);
    }
  }
  out.EndObject();
  return types::JsonText{std::move(text)};
}

}  // namespace

Actor ActorOf(const Rules& rules, const std::string& request_id) {
  const call::Caller& caller = rules.caller();
  // What is done with the operator's rights for somebody is theirs.
  const bool own = caller.is_operator() && caller.principal.id.is_null();
  std::string kind = own ? "operator" : caller.anonymous() ? "anonymous" : caller.principal.kind;
  return {std::move(kind), caller.id, request_id, rules.now_micros()};
}

std::optional<Statement> MakeAudit(const model::Service& service, const model::Resource& resource, const Actor& actor,
                                   std::string_view action, const Values* before, const Values* after) {
  if (!resource.audit || !service.audit.valid()) return std::nullopt;
  const model::Resource& audit = service.resource(service.audit);
  const Values& row = after == nullptr ? *before : *after;
  FieldId version = resource.FindSystem(model::SystemField::kVersion);
  Insert insert{audit.id, Values(audit.fields.size())};
  auto set = [&](std::string_view name, Value value) { insert.row[audit.FindField(name).index()] = std::move(value); };
  set("id", types::NewUuidV7(actor.now_micros));
  set("version", int64_t{1});
  set("createdAt", types::Timestamp{actor.now_micros});
  set("updatedAt", types::Timestamp{actor.now_micros});
  set("resource", resource.name);
  set("rowId", model::FormatId(resource, KeyOf(resource, row)));
  set("action", std::string(action));
  set("rowVersion", version.valid() ? row[version.index()] : Value{int64_t{1}});
  set("before", Image(resource, before));
  set("after", Image(resource, after));
  if (!actor.id.empty()) set("callerId", actor.id);
  set("callerKind", actor.kind);
  set("requestId", actor.request_id);
  return insert;
}

Values KeyOf(const model::Resource& resource, const Values& row) {
  Values key;
  for (FieldId part : resource.key) key.push_back(row[part.index()]);
  return key;
}

}  // namespace ashlar::plan
