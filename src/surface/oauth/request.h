// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <optional>
#include <string_view>

#include "base/task.h"
#include "identity/authorization.h"
#include "surface/oauth/asked.h"

namespace ashlar::surface::oauth {

// What a client asks a User for, and whom it means. REQUIRES: the parameters live until the answer is there.
Task<std::expected<identity::Authorization, identity::NotAuthorized>> ReadRequest(Asked& asked,
                                                                                  const http::Parameters& parameters);
// An id_token_hint, over or not; nothing where it is no ID token of ours.
std::optional<identity::IdToken> ReadHint(const Asked& asked, std::string_view hint);

}  // namespace ashlar::surface::oauth
