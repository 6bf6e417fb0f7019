// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <string_view>

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
  std::string cors_origin;
  std::string cors_credentials;
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
// The file of a store's URL, "sqlite:PATH"; an empty one is ./data/SERVICE.db. kInvalid: another store, or no URL.
Result<std::string> StorePath(const std::string& url, const std::string& service);
// Every ASHLAR_* variable must be one that is known. kInvalid names the first that is not.
Result<void> CheckEnvironment();

}  // namespace ashlar::app
