// SPDX-License-Identifier: Apache-2.0
#include "redis/server.h"

#include <charconv>
#include <optional>

namespace ashlar::redis {
namespace {

constexpr int kMostDatabase = 1'000'000;

std::unexpected<Error> Wrong(std::string_view why) {
  return Fail(ErrorKind::kInvalid, fmt::format("{}; write it as redis://:PASSWORD@HOST:PORT/DATABASE", why));
}

std::optional<int> Number(std::string_view text, int least, int most) {
  int number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool sound = error == std::errc() && end == text.data() + text.size() && number >= least && number <= most;
  return sound ? std::optional(number) : std::nullopt;
}

std::optional<std::string> Decoded(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    const bool whole = i + 2 < text.size();
    if (!whole || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return std::nullopt;
    plain += static_cast<char>(byte);
    i += 2;
  }
  return plain;
}

// "USER:PASSWORD", ":PASSWORD".
Result<void> ReadUser(std::string_view text, Server& server) {
  const size_t colon = text.find(':');
  auto user = Decoded(text.substr(0, colon));
  auto password = Decoded(colon == std::string_view::npos ? "" : text.substr(colon + 1));
  if (!user || !password) return Wrong("a percent in the user or the password is no encoding");
  if (password->empty()) return Wrong("a user is named without a password");
  server.user = std::move(*user);
  server.password = std::move(*password);
  return {};
}

Result<void> ReadDatabase(std::string_view text, Server& server) {
  if (text.empty()) return {};
  auto database = Number(text, 0, kMostDatabase);
  if (!database) return Wrong("the database is not a number");
  server.database = *database;
  return {};
}

// "HOST", "HOST:PORT", "[2001:db8::1]:PORT".
Result<void> ReadHost(std::string_view text, Server& server) {
  const bool bracketed = text.starts_with('[');
  const size_t end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && end == std::string_view::npos) return Wrong("the host's bracket is not closed");
  server.host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  std::string_view rest = end == std::string_view::npos ? "" : text.substr(bracketed ? end + 1 : end);
  if (server.host.empty()) return Wrong("no host is named");
  const bool clean = server.host.find_first_of(" \t\r\n?#%") == std::string::npos;
  if (!clean || (!bracketed && rest.find(':', 1) != std::string_view::npos)) return Wrong("the host is none");
  if (rest.empty()) return {};
  auto port = rest.starts_with(':') ? Number(rest.substr(1), 1, 65'535) : std::nullopt;
  if (!port) return Wrong("the port is not a number from 1 to 65535");
  server.port = static_cast<uint16_t>(*port);
  return {};
}

Result<Server> ReadSocket(std::string_view path, Server server) {
  constexpr std::string_view kDatabase = "db=";
  const size_t query = std::min(path.find('?'), path.size());
  server.socket = path.substr(0, query);
  std::string_view asked = path.substr(std::min(query + 1, path.size()));
  if (server.socket.size() < 2 || server.socket.size() > 107) return Wrong("the socket's path is none");
  if (asked.empty()) return server;
  if (!asked.starts_with(kDatabase)) return Wrong("a socket takes ?db=DATABASE and no other parameter");
  TRY_VOID(ReadDatabase(asked.substr(kDatabase.size()), server));
  return server;
}

}  // namespace

std::string Server::Shown() const {
  return host.empty() ? "unix:" + socket : fmt::format("{}:{}", host.contains(':') ? "[" + host + "]" : host, port);
}

Result<Server> ParseUrl(std::string_view url) {
  Server server;
  const size_t scheme_end = url.find("://");
  const std::string_view scheme = url.substr(0, std::min(scheme_end, url.size()));
  const bool by_socket = scheme == "unix";
  server.tls = scheme == "rediss";
  const bool known = scheme_end != std::string_view::npos && (by_socket || server.tls || scheme == "redis");
  if (!known) return Wrong("it begins with none of redis://, rediss://, unix://");
  std::string_view rest = url.substr(scheme_end + 3);
  const size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    TRY_VOID(ReadUser(authority.substr(0, at), server));
    authority.remove_prefix(at + 1);
  }
  if (by_socket) {
    if (!authority.empty()) return Wrong("the socket's path does not begin with a slash");
    return ReadSocket(rest.substr(slash), std::move(server));
  }
  TRY_VOID(ReadHost(authority, server));
  TRY_VOID(ReadDatabase(rest.substr(std::min(slash + 1, rest.size())), server));
  return server;
}

}  // namespace ashlar::redis
