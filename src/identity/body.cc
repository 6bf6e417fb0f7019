// SPDX-License-Identifier: Apache-2.0
#include "identity/body.h"

#include <algorithm>

namespace ashlar::identity {
namespace {

using call::Code;
using types::Detail;

constexpr size_t kMostMembers = 100;

}  // namespace

call::ApiError Invalid(std::vector<call::ErrorDetail> details) {
  return {Code::kValidationError, std::string(RowOf(Code::kValidationError).message), std::move(details)};
}

call::Answer<std::vector<std::string>> ReadTexts(const json::Json& body, const Texts& texts) {
  if (body.object() == nullptr || body.object()->size() > kMostMembers) {
    return std::unexpected(Invalid({{"", Detail::kWrongType, "must be an object of few members"}}));
  }
  std::vector<std::string_view> names(texts.needed);
  names.insert(names.end(), texts.optional.begin(), texts.optional.end());
  std::vector<call::ErrorDetail> wrong;
  std::vector<std::string> read;
  for (size_t i = 0; i < names.size(); ++i) {
    const json::Json* member = body.Find(names[i]);
    if (member == nullptr && i < texts.needed.size()) {
      wrong.push_back({std::string(names[i]), Detail::kRequired, "is required"});
    } else if (member != nullptr && member->string() == nullptr) {
      wrong.push_back({std::string(names[i]), Detail::kWrongType, "must be a text"});
    } else {
      read.push_back(member == nullptr ? "" : *member->string());
    }
  }
  for (const json::Member& member : *body.object()) {
    bool known = std::ranges::find(names, std::string_view(member.name)) != names.end();
    if (!known && !texts.more) wrong.push_back({member.name, Detail::kUnknownField, "is not taken here"});
  }
  if (!wrong.empty()) return std::unexpected(Invalid(std::move(wrong)));
  return read;
}

}  // namespace ashlar::identity
