// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "call/api_error.h"

namespace ashlar::identity {

using Details = std::vector<call::ErrorDetail>;

// 422 with these details.
call::ApiError Invalid(Details details);
// What is wrong with a body that is no object, or one of too many members.
std::optional<call::ApiError> WrongShape(const json::Json& body);
// Of a text that is not there, or is something else.
call::ErrorDetail MissingText(std::string_view name, bool there);

// What a body of /auth may hold.
struct Texts {
  std::initializer_list<std::string_view> needed;
  std::initializer_list<std::string_view> optional = {};
  bool more = false;  // whether other members may stand there
};
// Those texts, in the order of their names, empty for what is left out; or every mistake at once.
call::Answer<std::vector<std::string>> ReadTexts(const json::Json& body, const Texts& texts);

}  // namespace ashlar::identity
