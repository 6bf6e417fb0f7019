// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json/writer.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// {"$ref": "#/components/KIND/NAME"}
void WriteReference(std::string_view kind, std::string_view name, json::Writer& out);
// Whether what is written so far refers to that component; those that nobody refers to are left out, so each comes
// behind all that may refer to it.
bool IsReferredTo(std::string_view kind, std::string_view name, const json::Writer& out);
// "KEY": ["TEXT", ...]
void WriteStrings(std::string_view key, const std::vector<std::string>& texts, json::Writer& out);

// The name of a schema that is no resource's: "Meta", "ListMeta", "ApiError". None is a resource's name.
std::string CommonSchemaName(const model::Service& service, std::string_view name);
// Writes those schemas, inside the open object of all of them.
void WriteCommonSchemas(const model::Service& service, json::Writer& out);

}  // namespace ashlar::surface::rest
