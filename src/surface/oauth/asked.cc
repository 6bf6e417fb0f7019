// SPDX-License-Identifier: Apache-2.0
#include "surface/oauth/asked.h"

#include "base/json/writer.h"

namespace ashlar::surface::oauth {

http::Response JsonAnswer(int status, std::string body) {
  http::Response response{status, {}, std::move(body)};
  response.Set("Content-Type", "application/json");
  return response;
}

http::Response ErrorAnswer(const identity::OauthError& error) {
  std::string body;
  json::Writer out(body);
  out.BeginObject();
  out.Field("error", error.error);
  out.Field("error_description", error.description);
  out.EndObject();
  http::Response response = JsonAnswer(error.status, std::move(body));
  if (error.status == 503) response.Set("Retry-After", fmt::format("{}", error.retry_after_s));
  return response;
}

http::Response BearerError(const identity::OauthError& error) {
  http::Response response = ErrorAnswer(error);
  if (error.status == 401 || error.status == 403) {
    response.Set("WWW-Authenticate", fmt::format("Bearer error=\"{}\"", error.error));
  }
  return response;
}

http::Response NoBearer(std::string description) {
  http::Response response = ErrorAnswer({"invalid_token", std::move(description), 401});
  response.Set("WWW-Authenticate", "Bearer");
  return response;
}

std::string BearerOf(const http::Request& request) {
  auto value = request.Find("Authorization");
  if (!value || request.Count("Authorization") != 1) return "";
  const size_t space = value->find(' ');
  const bool bearer = space != std::string_view::npos && http::EqualIgnoringCase(value->substr(0, space), "Bearer");
  return bearer ? std::string(value->substr(space + 1)) : "";
}

}  // namespace ashlar::surface::oauth
