// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "call/api_error.h"
#include "base/json/json.h"

namespace ashlar::identity {

// 422 with these details.
call::ApiError Invalid(std::vector<call::ErrorDetail> details);

// What a body of /auth may hold.
struct Texts {
  std::initializer_list<std::string_view> needed;
  std::initializer_list<std::string_view> optional = {};
  bool more = false;  // whether other members may stand there
};
// Those texts, in the order of their names, empty for what is left out; or every mistake at once.
call::Answer<std::vector<std::string>> ReadTexts(const json::Json& body, const Texts& texts);

}  // namespace ashlar::identity
