// SPDX-License-Identifier: Apache-2.0
#include "surface/oauth/form.h"

#include <algorithm>

#include "surface/rest/accept.h"

namespace ashlar::surface::oauth {

using identity::Deny;

identity::OauthAnswer<http::Parameters> CheckParameters(http::Parameters parameters) {
  if (parameters.size() > kMostParameters) return Deny("invalid_request", "there are too many parameters");
  std::vector<std::string_view> names;
  for (const auto& [name, value] : parameters) names.push_back(name);
  std::ranges::sort(names);
  if (std::ranges::adjacent_find(names) != names.end()) {
    return Deny("invalid_request", "a parameter is given more than once");
  }
  std::erase_if(parameters, [](const auto& one) { return one.second.empty(); });
  return parameters;
}

identity::OauthAnswer<http::Parameters> ReadForm(std::string_view content_type, std::string_view body) {
  if (rest::MediaType(content_type) != "application/x-www-form-urlencoded") {
    return Deny("invalid_request", "the body must be application/x-www-form-urlencoded");
  }
  if (body.size() > kMostForm) return Deny("invalid_request", "the body is too large");
  auto parameters = http::ParseQuery(body);
  if (!parameters) return Deny("invalid_request", "the body is no form of UTF-8");
  return CheckParameters(std::move(*parameters));
}

std::string WriteForm(const http::Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", http::EncodeQuery(name), http::EncodeQuery(value));
  }
  return text;
}

}  // namespace ashlar::surface::oauth
