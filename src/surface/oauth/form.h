// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "http/message.h"
#include "http/path.h"
#include "identity/oauth_error.h"

namespace ashlar::surface::oauth {

inline constexpr size_t kMostForm = 32 * 1024;  // bytes
inline constexpr size_t kMostParameters = 50;

// Parameters as RFC 6749, 3.1 and 3.2 have them: what is empty was not given, none is given twice.
identity::OauthAnswer<http::Parameters> CheckParameters(http::Parameters parameters);
// Those of a body of application/x-www-form-urlencoded.
identity::OauthAnswer<http::Parameters> ReadForm(std::string_view content_type, std::string_view body);

// The same as a text that ReadForm takes.
std::string WriteForm(const http::Parameters& parameters);

}  // namespace ashlar::surface::oauth
