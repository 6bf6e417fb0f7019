// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "call/call.h"
#include "call/caller.h"
#include "http/message.h"
#include "model/service.h"

namespace ashlar::surface {

// Cache-Control (RFC 9111) of a success: how long it may be kept, and by whom. Empty where it may not: what changes
// something, histories, and rows of a resource whose contract says nothing of it. What is included lowers it: the
// shortest time of all, and nothing where one of them may not be kept. `public` only where the contract says so and no
// credential came with the request.
std::string FreshnessOf(const model::Service& service, const call::Call& call, const call::Caller& caller,
                        const http::Request& request);

}  // namespace ashlar::surface
