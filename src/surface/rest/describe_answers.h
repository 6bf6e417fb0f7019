// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/json/writer.h"
#include "call/api_error.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// Writes the member "responses" of an operation: what it answers, and every error that it can give.
void WriteResponses(const model::Service& service, const model::Operation& operation, json::Writer& out);
// The same of a batch.
void WriteBatchResponses(const model::Service& service, json::Writer& out);
// The same for one of the addresses under /health.
void WriteHealthResponses(bool ready, json::Writer& out);

// What is answered by something that is no operation of a resource.
struct OtherAnswer {
  int status = 200;
  std::string description;
  std::string data;                // JSON Schema of what is enveloped; empty: nothing is answered but the status
  std::vector<call::Code> errors;  // besides those that anything gives
};
void WriteOtherResponses(const model::Service& service, const OtherAnswer& answer, json::Writer& out);

// Writes the members "responses", "headers" and "examples" of the document's components.
void WriteAnswerComponents(const model::Service& service, std::span<const OtherAnswer* const> others,
                           json::Writer& out);

}  // namespace ashlar::surface::rest
