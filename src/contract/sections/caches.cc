// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

constexpr int64_t kLongest = 365 * 86'400;  // seconds; RFC 9111 lets caches take more for no end

// A time as contracts write it, 30s, 15m, 2h or 1d, in seconds.
std::optional<int64_t> ParseSeconds(std::string_view text) {
  constexpr std::pair<char, int64_t> kUnits[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}};
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 1 || number > kLongest || end + 1 != text.data() + text.size()) {
    return std::nullopt;
  }
  for (auto [unit, seconds] : kUnits) {
    if (*end == unit && number <= kLongest / seconds) return number * seconds;
  }
  return std::nullopt;
}

}  // namespace

std::optional<model::Cache> ReadCache(const Node* node, Mistakes& mistakes) {
  if (node == nullptr) return std::nullopt;
  Members members(*node, CacheKeys(), "'cache'", mistakes);
  const Node* age = members.Value("maxAge");
  if (age == nullptr) return std::nullopt;
  auto seconds = ParseSeconds(age->text);
  if (!seconds) {
    mistakes.Add(age->place, Problem::kCacheAge);
    return std::nullopt;
  }
  return model::Cache{.max_age_s = *seconds, .shared = members.Flag("public")};
}

}  // namespace ashlar::contract
