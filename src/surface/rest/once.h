// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "call/api_error.h"
#include "call/once.h"
#include "http/message.h"

namespace ashlar::surface::rest {

// What `Idempotency-Key` says: nothing where there is none, a refusal where it is none or not of a POST or PATCH.
call::Answer<std::optional<call::Once>> ReadOnce(const http::Request& request);

}  // namespace ashlar::surface::rest
