// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>

#include "model/provider.h"

namespace ashlar::identity {

// Whether the client proves itself as it must: by its secret, or, where it is public, by nothing. One that is not known
// (null) does not, in the same time as one whose secret is wrong.
bool ProvesItself(const model::Client* client, std::optional<std::string_view> secret);

}  // namespace ashlar::identity
