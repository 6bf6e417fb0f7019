// SPDX-License-Identifier: Apache-2.0
#include "types/wider.h"

#include <algorithm>
#include <utility>

namespace ashlar::types {
namespace {

constexpr std::pair<std::string_view, std::string_view> kWider[] = {
    // type, former
    {"int64", "int"},   {"text", "string"},  {"text", "email"}, {"text", "url"},    {"text", "enum"},
    {"string", "text"}, {"string", "email"}, {"string", "url"}, {"string", "enum"},
};

}  // namespace

bool TakesAllOf(std::string_view type, std::string_view former) {
  if (type.starts_with('[') && former.starts_with('[')) return TakesAllOf(type.substr(1), former.substr(1));
  auto name = [](std::string_view text) { return text.substr(0, text.find_first_of("(]")); };
  std::pair names(name(type), name(former));
  return names.first == names.second || std::ranges::find(kWider, names) != std::end(kWider);
}

}  // namespace ashlar::types
