// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::surface::oauth {

// What a scope lets a client do, in the words that Users are shown.
std::vector<std::string> WantsOf(std::string_view scope);

}  // namespace ashlar::surface::oauth
