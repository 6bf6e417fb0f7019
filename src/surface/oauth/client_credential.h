// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/task.h"
#include "surface/oauth/asked.h"

namespace ashlar::surface::oauth {

// The client that asks, proved by HTTP Basic, by client_id and client_secret of the form, or, where it is public, by
// client_id alone (RFC 6749, 2.3.1). invalid_client (401) where it is not.
Task<identity::OauthAnswer<model::ClientPtr>> ReadClient(Asked& asked);
// Such an error, with the challenge that belongs to it.
http::Response ClientError(const Asked& asked, const identity::OauthError& error);

}  // namespace ashlar::surface::oauth
