// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace ashlar {

// RFC 4648, section 6, without padding: the form in which secrets are typed and shown.
std::string Base32Encode(std::string_view bytes);

}  // namespace ashlar
