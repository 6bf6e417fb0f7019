// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>

#include "model/provider.h"

namespace ashlar::identity {

// The client of that id, if it proves itself as it must: by its secret, or, where it is public, by nothing. Null
// otherwise; in the same time whether it is not known or its secret is wrong.
const model::Client* ProveClient(const model::Provider& provider, std::string_view id,
                                 std::optional<std::string_view> secret);

}  // namespace ashlar::identity
