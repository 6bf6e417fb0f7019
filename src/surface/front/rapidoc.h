// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace ashlar::surface {

// RapiDoc (MIT), which draws the reference page, and its licence: files of web/node_modules that the build puts into
// the binary. Empty where it found none.
std::string_view RapidocScript();
std::string_view RapidocLicense();

}  // namespace ashlar::surface
