// SPDX-License-Identifier: Apache-2.0
#include "model/provider.h"

#include <charconv>

namespace ashlar::model {
namespace {

constexpr size_t kMostUri = 500;  // bytes

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// An address in the parts that matter here.
struct Parts {
  std::string_view scheme, host, port, rest;  // rest: from the path on
};

bool IsPort(std::string_view port) {
  uint16_t number = 0;
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && port[0] != '0';
}

// Of one with an authority, which is plain and in lower case: it will stand in headers.
std::optional<Parts> Split(std::string_view uri) {
  const size_t colon = uri.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  Parts parts{.scheme = uri.substr(0, colon), .host = {}, .port = {}, .rest = {}};
  std::string_view behind = uri.substr(colon + 3);
  const size_t end = std::min(behind.find_first_of("/?"), behind.size());
  std::string_view authority = behind.substr(0, end);
  parts.rest = behind.substr(end);
  const bool bracketed = authority.starts_with('[');
  const size_t closing = bracketed ? authority.find(']') : 0;
  if (closing == std::string_view::npos) return std::nullopt;
  const size_t port = authority.find(':', closing);
  parts.host = authority.substr(0, port);
  if (port != std::string_view::npos) {
    parts.port = authority.substr(port + 1);
    if (!IsPort(parts.port)) return std::nullopt;
  }
  std::string_view name = bracketed ? parts.host.substr(1, closing - 1) : parts.host;
  const std::string_view marks = bracketed ? ":." : "-.";
  const bool plain = std::ranges::all_of(name, [&](char c) { return IsLowerOrDigit(c) || marks.contains(c); });
  if (name.empty() || !plain || (bracketed && parts.host.size() != closing + 1)) return std::nullopt;
  return parts;
}

bool IsLoopback(std::string_view host) { return host == "127.0.0.1" || host == "[::1]"; }

bool IsThisMachine(std::string_view host) { return host == "localhost" || IsLoopback(host); }

bool IsPlain(std::string_view uri) {
  return uri.size() <= kMostUri && std::ranges::all_of(uri, [](char c) {
           return c > ' ' && c <= '~' && !std::string_view("\"<>\\^`{}|*#").contains(c);
         });
}

// "com.example.app:/callback"
bool IsOwnScheme(std::string_view uri) {
  const size_t colon = uri.find(':');
  if (colon == std::string_view::npos || !uri.substr(colon).starts_with(":/")) return false;
  std::string_view scheme = uri.substr(0, colon);
  const bool plain = std::ranges::all_of(scheme, [](char c) { return IsLowerOrDigit(c) || c == '.' || c == '-'; });
  return plain && !scheme.empty() && scheme[0] >= 'a' && scheme.contains('.');
}

}  // namespace

std::optional<ClientGrant> ClientGrantOf(std::string_view name) {
  for (ClientGrant grant : kClientGrants) {
    if (NameOf(grant) == name) return grant;
  }
  return std::nullopt;
}

std::string_view NameOf(ClientGrant grant) {
  switch (grant) {
    case ClientGrant::kCode: return "authorization_code";
    case ClientGrant::kRefresh: return "refresh_token";
    case ClientGrant::kDevice: return "device_code";
    case ClientGrant::kCredentials: return "client_credentials";
  }
  return "";
}

bool IsDataScope(std::string_view scope) { return std::ranges::find(kClientScopes, scope) == std::end(kClientScopes); }

std::string_view TypeOf(ClientGrant grant) {
  if (grant == ClientGrant::kDevice) return "urn:ietf:params:oauth:grant-type:device_code";
  return NameOf(grant);
}

bool Client::TakesRedirect(std::string_view uri) const {
  if (std::ranges::find(redirects, uri) != redirects.end()) return true;
  if (secret || !IsRedirectUri(uri, true)) return false;
  auto asked = Split(uri);
  if (!asked || asked->scheme != "http" || !IsLoopback(asked->host)) return false;
  return std::ranges::any_of(redirects, [&](const std::string& one) {
    auto own = Split(one);
    return own && own->scheme == "http" && own->host == asked->host && own->rest == asked->rest;
  });
}

bool Client::MayBeAnother(std::string_view redirect_uri) const {
  if (secret) return false;
  auto parts = Split(redirect_uri);
  return !parts || parts->scheme != "https" || IsThisMachine(parts->host);
}

std::string Client::ShownName() const { return IsRegisteredId(id) ? name + " (registered itself)" : name; }

bool Client::HasOneOrigin(std::string_view origin) const {
  return std::ranges::all_of(redirects, [&](const std::string& uri) { return RedirectOriginOf(uri) == origin; });
}

const Client* Provider::Find(std::string_view id) const {
  auto found = std::ranges::find(clients, id, &Client::id);
  return found == clients.end() ? nullptr : &*found;
}

ClientPtr Provider::Borrow(std::string_view id) const { return {std::shared_ptr<const void>(), Find(id)}; }

const Client* Provider::FindMost(std::string_view id) const {
  if (IsRegisteredId(id)) return registration ? &registration->like : nullptr;
  return Find(id);
}

std::vector<std::string> Provider::DataScopes() const {
  std::vector<std::string> all;
  auto add = [&](const Client& client) {
    std::ranges::copy_if(client.scopes, std::back_inserter(all), [&](const std::string& scope) {
      return IsDataScope(scope) && std::ranges::find(all, scope) == all.end();
    });
  };
  for (const Client& client : clients) add(client);
  if (registration) add(registration->like);
  return all;
}

bool IsRedirectUri(std::string_view uri, bool native) {
  if (!IsPlain(uri)) return false;
  if (native && IsOwnScheme(uri)) return true;
  auto parts = Split(uri);
  return parts && (parts->scheme == "https" || (parts->scheme == "http" && IsThisMachine(parts->host)));
}

bool IsProviderIssuer(std::string_view uri) {
  if (!IsRedirectUri(uri, false)) return false;
  auto parts = Split(uri);
  return parts && parts->rest.empty();
}

// Of a scheme of its own nothing behind it: that is free text, which would stand on a page and in a header.
std::string_view RedirectOriginOf(std::string_view uri) {
  const size_t colon = uri.find(':');
  const bool web = uri.starts_with("https://") || uri.starts_with("http://");
  if (!web) return uri.substr(0, colon + 1);
  return uri.substr(0, uri.find_first_of("/?", colon + 3));
}

std::string_view RedirectHostOf(std::string_view uri) {
  auto parts = Split(uri);
  const bool own = !parts || (parts->scheme != "https" && parts->scheme != "http");
  return own ? uri.substr(0, uri.find(':')) : parts->host;
}

}  // namespace ashlar::model
