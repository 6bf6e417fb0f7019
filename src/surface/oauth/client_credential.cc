// SPDX-License-Identifier: Apache-2.0
#include "surface/oauth/client_credential.h"

#include "base/await.h"
#include "base/base64.h"
#include "identity/client_proof.h"

namespace ashlar::surface::oauth {
namespace {

using identity::Deny;

constexpr size_t kMostHeader = 4096;  // bytes

std::unexpected<identity::OauthError> Unproved() {
  return Deny("invalid_client", "the client is not known, or not proved", 401);
}

// One of the two parts of the credential, which are encoded as in a form.
std::optional<std::string> Decoded(std::string_view part) {
  if (part.contains('&')) return std::nullopt;
  auto read = http::ParseQuery(fmt::format("x={}", part));
  if (!read || read->size() != 1) return std::nullopt;
  return read->front().second;
}

struct Basic {
  std::string id, secret;
};

std::optional<Basic> ReadBasic(std::string_view header) {
  const size_t space = header.find(' ');
  if (header.size() > kMostHeader || space == std::string_view::npos) return std::nullopt;
  if (!http::EqualIgnoringCase(header.substr(0, space), "Basic")) return std::nullopt;
  auto text = Base64Decode(header.substr(space + 1));
  const size_t colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  auto id = Decoded(std::string_view(*text).substr(0, colon));
  auto secret = Decoded(std::string_view(*text).substr(colon + 1));
  if (!id || !secret) return std::nullopt;
  return Basic{std::move(*id), std::move(*secret)};
}

}  // namespace

Task<identity::OauthAnswer<model::ClientPtr>> ReadClient(Asked& asked) {
  std::string id = asked.Parameter("client_id");
  const std::string in_form = asked.Parameter("client_secret");
  std::optional<std::string_view> secret;
  if (!in_form.empty()) secret = in_form;
  std::optional<Basic> basic;
  if (auto header = asked.request.Find("Authorization")) {
    if (asked.request.Count("Authorization") > 1 || secret) {
      co_return Deny("invalid_request", "the client proves itself in more than one way");
    }
    basic = ReadBasic(*header);
    if (!basic || (!id.empty() && id != basic->id)) co_return Unproved();
    id = basic->id;
    secret = basic->secret;
  }
  auto finding = asked.provider.FindClient(asked.context, id);
  auto client = co_await Await(std::move(finding));
  if (!client) co_return identity::Unable(client.error());
  if (!identity::ProvesItself(client->get(), secret)) co_return Unproved();
  co_return std::move(*client);
}

http::Response ClientError(const Asked& asked, const identity::OauthError& error) {
  http::Response response = ErrorAnswer(error);
  if (error.status == 401) {
    response.Set("WWW-Authenticate", fmt::format("Basic realm=\"{}\"", asked.provider.service().name));
  }
  return response;
}

}  // namespace ashlar::surface::oauth
