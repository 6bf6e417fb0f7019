// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "http/message.h"
#include "surface/front/cors.h"

namespace ashlar::surface {

// Whether a request that comes with a cookie may write, as far as its page goes: one of this origin, or of one that
// CORS lets in with cookies. A browser says so by Sec-Fetch-Site, an older one by Origin; what says neither is no
// browser, or so old that the token alone guards it.
bool IsOwnPage(const http::Request& request, const Cors& cors);

}  // namespace ashlar::surface
