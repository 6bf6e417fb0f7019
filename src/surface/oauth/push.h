// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "surface/oauth/asked.h"

namespace ashlar::surface::oauth {

// The parameters of an authorization request: those given, or those that were pushed and that request_uri stands for
// (RFC 9126, 4). Nothing where these are over, or another client's.
std::optional<http::Parameters> TakePushed(const Asked& asked, const http::Parameters& given);

}  // namespace ashlar::surface::oauth
