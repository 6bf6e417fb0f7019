// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::app {

// A setting: a flag, an environment variable, a default. One row each; `serve --help` and the reference print them.
struct Setting {
  std::string_view flag;
  std::string_view environment;
  std::string_view fallback;
  std::string_view doc;
};
std::span<const Setting> Settings();

// What a service runs with. Each text is a flag's, or empty: then the environment's, then the default.
struct Place {
  std::string listen;
  std::string store;
  std::string workers;
};

// The value of a setting; `flag` wins over the environment.
std::string ValueOf(std::string_view flag_name, const std::string& flag);
// The file of a store's URL, "sqlite:PATH"; an empty one is ./data/SERVICE.db. kInvalid: another store, or no URL.
Result<std::string> StorePath(const std::string& url, const std::string& service);
// Every ASHLAR_* variable must be one that is known. kInvalid names the first that is not.
Result<void> CheckEnvironment();

}  // namespace ashlar::app
