// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json/writer.h"
#include "call/outcome.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// The body of a success (api.md, REST): {"data": ..., "meta": {"timestamp", "requestId", ...}}. Written straight from
// the cells of the outcome.
struct Envelope {
  std::string body;
  std::string data_hash;  // of "data", for the ETag of a shaped row; empty unless asked for
};

struct Meta {
  int64_t now_micros = 0;
  std::string_view request_id;  // the request's own
};

Envelope EncodeRow(const model::Service& service, const call::Outcome& outcome, const Meta& meta, bool hash);
Envelope EncodeList(const model::Service& service, const call::Outcome& outcome, const Meta& meta);
Envelope EncodeGroups(const call::Outcome& outcome, const Meta& meta);
Envelope EncodeHistory(const call::Outcome& outcome, const Meta& meta);
// Which operation of a batch an error is about.
struct OperationPlace {
  size_t index = 0;
  std::string id;  // empty: it has none
};
// {"error": {...}, "meta": {...}}
std::string EncodeError(const call::ApiError& error, const Meta& meta, const OperationPlace* of = nullptr);
// The same as RFC 9457: about:blank, with `code`, `details` and `requestId` as extensions.
std::string EncodeProblem(const call::ApiError& error, const Meta& meta, const OperationPlace* of = nullptr);

// The member "meta" of an answer that has nothing else to say there.
void WriteMeta(json::Writer& out, const Meta& meta);

}  // namespace ashlar::surface::rest
