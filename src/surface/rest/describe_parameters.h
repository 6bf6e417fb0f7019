// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/json/writer.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// Writes the member "parameters" of an operation: the row's id, all that its query takes, the headers that matter.
void WriteParameters(const model::Service& service, const model::Operation& operation, json::Writer& out);
// The same of a batch.
void WriteBatchParameters(json::Writer& out);

// Writes the member "parameters" of the document's components: those that are alike everywhere.
void WriteParameterComponents(json::Writer& out);

}  // namespace ashlar::surface::rest
