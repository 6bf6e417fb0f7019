// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/result.h"

namespace ashlar::app {

// What the flags of a command say; an empty text says nothing.
struct Flags {
  std::string listen;
  std::string store;
  std::string workers;
  std::string tls_cert;
  std::string tls_key;
  std::string admin_listen;
  std::string max_loop_lag_ms;
  std::string max_write_wait_ms;
  std::string max_kept_mib;
  std::string store_cache_mib;
  std::string cors_origin;
  std::string cors_credentials;
  std::string trusted_proxies;
  std::string mail;
  std::string mail_from;
  std::string mail_ca;
  std::string login_limit;
  std::string redis;
  std::string authorities;
  std::string public_url;
  std::string dev;
};

// A setting: a flag, an environment variable, a default. One row each; `serve --help` and the reference print them.
struct Setting {
  std::string_view flag;
  std::string_view environment;
  std::string_view fallback;
  std::string_view doc;
  std::string Flags::* value;
  bool is_switch = false;  // its flag takes no value
};
std::span<const Setting> Settings();

// The value of a setting: its flag's, or else the environment's; empty where the default holds.
std::string ValueOf(std::string Flags::* setting, const Flags& flags);
// Whether a switch is on; kInvalid where its value says neither.
Result<bool> IsOn(std::string Flags::* setting, const Flags& flags);
// Where the rows of a service are.
struct StorePlace {
  std::string path;  // of the file; beside it, or where it would be, are the service's keys and the operator's socket
  std::string url;  // of a PostgreSQL server, a password in it perhaps; empty: the file has them
  std::string Shown() const { return url.empty() ? fmt::format("sqlite:{}", path) : "postgres"; }
  bool operator==(const StorePlace&) const = default;
};
// Of "sqlite:PATH" and "postgres://..."; an empty one is ./data/SERVICE.db. kInvalid: another store, or no URL.
Result<StorePlace> PlaceOf(const std::string& url, const std::string& service);

// A variable that is no setting of this build and yet asks something of it. One row each, the first that fits; the
// reference prints them.
struct StrayVariable {
  std::string_view name;  // with a * at its end: every variable that begins so
  bool refused;  // told only otherwise, since it may well be meant for other programs of the machine
  std::string_view doc;
};
std::span<const StrayVariable> StrayVariables();
// Looks for them. kInvalid names every one that is refused; the value names those that are told. Empty ones, settings,
// and what the contract asks for are none.
Result<std::vector<std::string>> CheckEnvironment(const std::set<std::string>& asked);

}  // namespace ashlar::app
