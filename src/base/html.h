// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace ashlar {

// A text as it stands in an element or in a quoted attribute of HTML.
std::string EscapeHtml(std::string_view text);

}  // namespace ashlar
