// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "surface/rest/describe.h"

namespace ashlar::surface::auth {

// The routes of /auth for the OpenAPI document; none where the service has no identity.
rest::OtherOperations Describe(const model::Service& service);

}  // namespace ashlar::surface::auth
