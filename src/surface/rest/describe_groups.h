// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "base/json/writer.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// What an aggregate of the resource may compute ("count", "sum(price)") and be grouped by ("categoryId",
// "createdAt:month"), of fields that somebody may read.
std::vector<std::string> MeasuresOf(const model::Resource& resource);
std::vector<std::string> GroupKeysOf(const model::Resource& resource);

// Writes the schema of one group.
void WriteGroupSchema(const model::Resource& resource, json::Writer& out);

}  // namespace ashlar::surface::rest
