// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <cstdlib>

extern char** environ;

namespace ashlar::app {
namespace {

constexpr Setting kSettings[] = {
    {"--listen", "ASHLAR_LISTEN", "127.0.0.1:8080", "address and port to serve at; port 0 takes a free one"},
    {"--store", "DATABASE_URL", "sqlite:./data/SERVICE.db", "where the rows are: sqlite:PATH"},
    {"--workers", "ASHLAR_WORKERS", "one per core", "loops that serve requests, a thread each"},
};

}  // namespace

std::span<const Setting> Settings() { return kSettings; }

std::string ValueOf(std::string_view flag_name, const std::string& flag) {
  if (!flag.empty()) return flag;
  for (const Setting& setting : kSettings) {
    if (setting.flag != flag_name) continue;
    const char* value = std::getenv(std::string(setting.environment).c_str());
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

Result<std::string> StorePath(const std::string& url, const std::string& service) {
  if (url.empty()) return fmt::format("./data/{}.db", service);
  if (url.starts_with("sqlite:") && url.size() > 7) return url.substr(7);
  size_t colon = url.find(':');
  // An address may hold a password: only its scheme is repeated.
  return Fail(ErrorKind::kInvalid, fmt::format("--store: '{}' is not supported by this build; give sqlite:PATH",
                                               url.substr(0, colon == std::string::npos ? 0 : colon)));
}

Result<void> CheckEnvironment() {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    if (!text.starts_with("ASHLAR_")) continue;
    std::string_view name = text.substr(0, text.find('='));
    bool known = std::any_of(std::begin(kSettings), std::end(kSettings),
                             [&](const Setting& setting) { return setting.environment == name; });
    if (!known)
      return Fail(ErrorKind::kInvalid, fmt::format("the environment's {} is not a setting of this build", name));
  }
  return {};
}

}  // namespace ashlar::app
