// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "model/service.h"

namespace ashlar::surface::rest {

// The OpenAPI 3.1 document of a service's REST surface: every operation that the Router serves, from the same list.
// The same service gives the same text, byte for byte.
std::string DescribeOpenApi(const model::Service& service);

}  // namespace ashlar::surface::rest
