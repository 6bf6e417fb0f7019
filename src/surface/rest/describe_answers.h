// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/json/writer.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// Writes the member "responses" of an operation: what it answers, and every error that it can give.
void WriteResponses(const model::Service& service, const model::Operation& operation, json::Writer& out);
// The same of a batch.
void WriteBatchResponses(const model::Service& service, json::Writer& out);
// The same for one of the addresses under /health.
void WriteHealthResponses(bool ready, json::Writer& out);

// Writes the members "responses", "headers" and "examples" of the document's components.
void WriteAnswerComponents(const model::Service& service, json::Writer& out);

}  // namespace ashlar::surface::rest
