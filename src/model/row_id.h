// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "model/service.h"

namespace ashlar::model {

// Reads the id of a row as paths write it ("42", a uuid, "1,17") into the values of the resource's key, in its order.
// nullopt: no row can have it.
std::optional<types::Values> ParseId(const Service& service, const Resource& resource, std::string_view text);
// Words that stand where an id could stand in paths: no row can have one as its id.
bool IsReservedId(std::string_view text);
// The same id as paths and JSON write it.
std::string FormatId(const Resource& resource, const types::Values& key);

}  // namespace ashlar::model
