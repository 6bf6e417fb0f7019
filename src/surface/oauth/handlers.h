// SPDX-License-Identifier: Apache-2.0
// What answers each route of the provider (api.md, Identity).
#pragma once
#include "base/task.h"
#include "surface/oauth/asked.h"

namespace ashlar::surface::oauth {

// discovery.cc
Task<http::Response> ShowMetadata(Asked& asked);
// authorize.cc
Task<http::Response> Authorize(Asked& asked);
Task<http::Response> Continue(Asked& asked);
// device.cc
Task<http::Response> BeginDevice(Asked& asked);
Task<http::Response> Activate(Asked& asked);
Task<http::Response> ConfirmDevice(Asked& asked);
// push.cc
Task<http::Response> Push(Asked& asked);
// register.cc
Task<http::Response> RegisterClient(Asked& asked);
// token.cc
Task<http::Response> GiveTokens(Asked& asked);
Task<http::Response> Introspect(Asked& asked);
Task<http::Response> Revoke(Asked& asked);
Task<http::Response> ShowUser(Asked& asked);
// logout.cc
Task<http::Response> Logout(Asked& asked);
Task<http::Response> ConfirmLogout(Asked& asked);

}  // namespace ashlar::surface::oauth
