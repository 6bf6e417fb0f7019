// SPDX-License-Identifier: Apache-2.0
#include "app/access/trial.h"

#include "app/operator/request.h"
#include "http/head.h"
#include "http/syntax.h"
#include "model/row_id.h"
#include "surface/rest/decode.h"

namespace ashlar::app {

using call::Code;

call::Answer<Asked> Ask(const surface::rest::Router& router, std::string_view method, std::string_view target) {
  if (std::string_view wrong = http::WrongInTarget(target); !wrong.empty()) {
    return call::Refuse(Code::kBadRequest, std::string(wrong));
  }
  Asked asked;
  asked.request.method = method;
  asked.request.target = target;
  if (auto wrong = http::ReadTarget(target, asked.request)) {
    return call::Refuse(Code::kBadRequest, std::string(wrong->reason));
  }
  asked.match = router.Find(method, asked.request.segments);
  if (asked.match.batch) {
    return call::Refuse(Code::kRouteNotFound, "a batch is asked for one operation after the other");
  }
  if (asked.match.operation == nullptr) {
    if (!asked.match.options) return std::unexpected(asked.match.refusal);
    return call::Refuse(Code::kMethodNotAllowed, "OPTIONS asks nothing of anybody");
  }
  return asked;
}

call::Call DecodeAsked(const model::Service& service, const Asked& asked, const std::optional<json::Json>& body) {
  http::Request request = asked.request;
  if (body) {
    request.headers.push_back({"Content-Type", std::string(surface::rest::kJson)});
    json::Append(*body, request.body);
  }
  call::Call call = surface::rest::Decode(request, asked.match);
  const model::Operation& operation = *asked.match.operation;
  bool changes = model::Writes(operation.kind) && operation.kind != model::OperationKind::kCreate;
  call.dry_run = model::Writes(operation.kind);
  if (changes && service.resource(operation.resource).if_match_required) {
    call.preconditions.if_match = call.preconditions.if_match_any = true;
  }
  return call;
}

std::vector<std::string> ShownFields(const model::Service& service, const call::RowSet& rows, size_t which) {
  std::vector<std::string> names;
  const model::Resource& resource = service.resource(rows.resource);
  for (const call::RowSet::Column& column : rows.columns) {
    bool shown = column.mask < 0 || rows.rows.at(which, static_cast<size_t>(column.mask)).integer == 1;
    if (shown) names.push_back(resource.field(column.field).name);
  }
  return names;
}

std::string IdOf(const model::Service& service, const call::RowSet& rows, size_t which) {
  const model::Resource& resource = service.resource(rows.resource);
  types::Values key;
  for (size_t i = 0; i < resource.key.size(); ++i) {
    key.push_back(resource.field(resource.key[i]).type->ToValue(rows.rows.at(which, rows.key_cells[i])));
  }
  return model::FormatId(resource, key);
}

std::string Describe(const call::ApiError& error) {
  std::string text = fmt::format("{} {}", RowOf(error.code).status, RowOf(error.code).name);
  if (error.details.empty()) return fmt::format("{}: {}", text, error.message);
  return fmt::format("{}: {}", text, fmt::join(Explain(error), "; "));
}

}  // namespace ashlar::app
