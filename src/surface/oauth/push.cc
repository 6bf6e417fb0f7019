// SPDX-License-Identifier: Apache-2.0
// Requests that a client pushes before it sends a browser (RFC 9126). What it pushed stands in the request_uri itself,
// sealed: nothing is kept, so that nothing grows.
#include "surface/oauth/push.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/json/writer.h"
#include "surface/oauth/client_credential.h"
#include "surface/oauth/form.h"
#include "surface/oauth/handlers.h"
#include "surface/oauth/request.h"

namespace ashlar::surface::oauth {
namespace {

constexpr std::string_view kUrn = "urn:ietf:params:oauth:request_uri:";
constexpr int64_t kPushedSeconds = 90;
constexpr size_t kMostPushed = 3000;  // bytes: browsers and proxies take addresses of 8,000

std::string WhereOf(std::string_view client) { return fmt::format("pushed {}", client); }

}  // namespace

std::optional<http::Parameters> TakePushed(const Asked& asked, const http::Parameters& given) {
  const std::string uri = identity::ParameterOf(given, "request_uri");
  if (!uri.starts_with(kUrn)) return given;
  const std::string client = identity::ParameterOf(given, "client_id");
  auto text = asked.provider.Open(asked.context, WhereOf(client), std::string_view(uri).substr(kUrn.size()));
  if (!text) return std::nullopt;
  return http::ParseQuery(*text).value_or(http::Parameters());
}

Task<http::Response> Push(Asked& asked) {
  auto client = co_await ReadClient(asked);
  if (!client) co_return ClientError(asked, client.error());
  http::Parameters parameters = asked.parameters;
  std::erase_if(parameters, [](const auto& one) { return one.first == "client_secret" || one.first == "client_id"; });
  parameters.emplace_back("client_id", (*client)->id);
  auto want = co_await ReadRequest(asked, parameters);
  if (!want) co_return ErrorAnswer(want.error().error);
  const std::string text = WriteForm(parameters);
  if (text.size() > kMostPushed) co_return ErrorAnswer({"invalid_request", "this is more than is taken"});
  std::string body;
  json::Writer out(body);
  out.BeginObject();
  out.Field(
      "request_uri",
      fmt::format("{}{}", kUrn, asked.provider.Seal(asked.context, WhereOf((*client)->id), text, kPushedSeconds)));
  out.Field("expires_in", kPushedSeconds);
  out.EndObject();
  co_return JsonAnswer(201, std::move(body));
}

}  // namespace ashlar::surface::oauth
