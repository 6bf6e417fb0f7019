// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "model/service.h"

namespace ashlar::plan {

// What to say of a name that a resource has no field or relation for: ` (did you mean 'price'?)`, or nothing where none
// is near. Names are no secret; values are.
std::string FieldMeant(const model::Resource& resource, std::string_view name);
std::string RelationMeant(const model::Resource& resource, std::string_view name);
// The same of a condition's name, which may be what other services call a parameter: "limit" is 'perPage' here.
std::string ConditionMeant(const model::Resource& resource, std::string_view name);

}  // namespace ashlar::plan
