// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/json/writer.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// Writes the member "x-query" of a collection's path item: the QUERY of its list, whose body has the list's parameters.
// OpenAPI 3.1 has no word for that method.
void WriteQueryExtension(const model::Service& service, const model::Operation& list, json::Writer& out);

}  // namespace ashlar::surface::rest
