// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>

namespace ashlar::store::postgres {
namespace {

constexpr const char* kDefaultSocket = "/var/run/postgresql";
constexpr const char* kDefaultPort = "5432";
constexpr int kMostConnectSeconds = 60;
constexpr size_t kMostPlaces = 16;

struct Free {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

std::unexpected<Error> Wrong(std::string_view why) {
  return Fail(ErrorKind::kInvalid, fmt::format("{}; write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE", why));
}

std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t at = 0, end = 0; end != std::string_view::npos; at = end + 1) {
    end = text.find(',', at);
    parts.emplace_back(text.substr(at, end == std::string_view::npos ? end : end - at));
  }
  return parts;
}

std::optional<int> Number(std::string_view text, int least, int most) {
  int number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool sound = error == std::errc() && end == text.data() + text.size() && number >= least && number <= most;
  return sound ? std::optional(number) : std::nullopt;
}

bool IsLocal(const Server::Place& place) {
  const std::string& where = place.address.empty() ? place.host : place.address;
  in_addr v4{};
  if (inet_pton(AF_INET, where.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  return place.socket() || where == "localhost" || where == "::1";
}

// Where systems keep the authorities that they trust; libpq 15 knows none of them by itself.
std::string SystemAuthorities() {
  constexpr std::array kPlaces = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                  "/etc/ssl/cert.pem"};
  std::error_code ignored;
  for (const char* place : kPlaces) {
    if (std::filesystem::exists(place, ignored)) return place;
  }
  return kPlaces[0];  // libpq says that it is not there
}

// What the URL gives for hosts, addresses and ports: lists that belong together.
struct Lists {
  std::string hosts, addresses, ports;
};

Result<void> ReadPlaces(const Lists& lists, Server& server) {
  const std::vector<std::string> hosts = Split(lists.hosts), addresses = Split(lists.addresses);
  std::vector<std::string> ports = Split(lists.ports);
  const size_t count = std::max(hosts.size(), addresses.size());
  const bool even = (lists.hosts.empty() || hosts.size() == count) &&
                    (lists.addresses.empty() || addresses.size() == count) &&
                    (ports.size() == 1 || ports.size() == count);
  if (!even || count > kMostPlaces) return Wrong("hosts, addresses and ports do not belong together");
  ports.resize(count, ports[0]);
  for (size_t i = 0; i < count; ++i) {
    Server::Place place;
    if (i < hosts.size()) place.host = hosts[i];
    if (i < addresses.size()) place.address = addresses[i];
    if (place.host.empty()) place.host = place.address.empty() ? kDefaultSocket : place.address;
    place.port = ports[i].empty() ? kDefaultPort : ports[i];
    if (!Number(place.port, 1, 65'535)) return Wrong("a port is not a number from 1 to 65535");
    server.places.push_back(std::move(place));
  }
  return {};
}

Result<void> ReadTimeout(std::string_view text, Server& server) {
  auto seconds = Number(text, 1, kMostConnectSeconds);
  if (!seconds) return Wrong(fmt::format("connect_timeout is not a number from 1 to {}", kMostConnectSeconds));
  server.connect_us = *seconds * int64_t{1'000'000};
  return {};
}

void TakeDefaults(Server& server) {
  auto value_of = [&server](std::string_view name, std::string standard) {
    auto found = std::ranges::find(server.parameters, name, [](const auto& one) { return one.first; });
    if (found != server.parameters.end()) return found->second;
    if (!standard.empty()) server.parameters.emplace_back(name, standard);
    return standard;
  };
  const bool local = std::ranges::all_of(server.places, IsLocal);
  const bool verified = value_of("sslmode", local ? "prefer" : "verify-full").starts_with("verify");
  value_of("sslrootcert", verified ? SystemAuthorities() : "");
  value_of("gssencmode", "disable");
  value_of("application_name", "ashlar");
  value_of("tcp_user_timeout", "10000");
}

}  // namespace

std::string Server::Shown() const {
  std::string shown;
  for (const Place& place : places) {
    const bool bracketed = !place.socket() && place.host.contains(':');
    shown +=
        fmt::format("{}{}:{}", shown.empty() ? "" : ", ", bracketed ? "[" + place.host + "]" : place.host, place.port);
  }
  return shown;
}

Result<Server> ParseUrl(std::string_view url) {
  if (!url.starts_with("postgres://") && !url.starts_with("postgresql://")) {
    return Wrong("it begins with none of postgres://, postgresql://");
  }
  if (url.contains('\0')) return Wrong("it holds a zero byte");
  char* message = nullptr;
  std::unique_ptr<PQconninfoOption, Free> options(PQconninfoParse(std::string(url).c_str(), &message));
  PQfreemem(message);  // it repeats what it does not understand
  if (options == nullptr) return Wrong("it cannot be read");
  Server server;
  Lists lists;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view name = option->keyword;
    if (option->val == nullptr) continue;
    if (name == "service") return Wrong("a service's file is not read: name the host itself");
    if (name == "replication") return Wrong("replication is nothing for a store");
    std::string* list = name == "host" ? &lists.hosts : name == "hostaddr" ? &lists.addresses : &lists.ports;
    if (name == "host" || name == "hostaddr" || name == "port") {
      *list = option->val;
    } else if (name == "connect_timeout") {
      TRY_VOID(ReadTimeout(option->val, server));
    } else {
      server.parameters.emplace_back(name, option->val);
    }
  }
  TRY_VOID(ReadPlaces(lists, server));
  TakeDefaults(server);
  return server;
}

Keywords::Keywords(const Server& server, const Server::Place& place, std::string address) : pairs_(server.parameters) {
  pairs_.emplace_back("host", place.host);
  pairs_.emplace_back("port", place.port);
  if (!address.empty()) pairs_.emplace_back("hostaddr", std::move(address));
  pairs_.emplace_back("connect_timeout", std::to_string(server.connect_us / 1'000'000));
  for (const auto& [name, value] : pairs_) {
    names_.push_back(name.c_str());
    values_.push_back(value.c_str());
  }
  names_.push_back(nullptr);
  values_.push_back(nullptr);
}

}  // namespace ashlar::store::postgres
