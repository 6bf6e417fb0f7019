// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar::sender {

// The bytes of a GET.
std::string EncodeGet(std::string_view path);

// The bytes of every request of a file: a JSON object a line, with method, path, headers and body. kInvalid names the
// line that is none.
Result<std::vector<std::string>> ReadRequests(const std::string& file);

}  // namespace ashlar::sender
