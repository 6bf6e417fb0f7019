// SPDX-License-Identifier: Apache-2.0
#include "contract/scalar.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

constexpr int64_t kLongest = 365 * 86'400;  // seconds; RFC 9111 lets caches take more for no end

}  // namespace

std::optional<model::Cache> ReadCache(const Node* node, Mistakes& mistakes) {
  if (node == nullptr) return std::nullopt;
  Members members(*node, CacheKeys(), "'cache'", mistakes);
  const Node* age = members.Value("maxAge");
  if (age == nullptr) return std::nullopt;
  auto seconds = ParseSeconds(age->text, kLongest);
  if (!seconds) {
    mistakes.Add(age->place, Problem::kCacheAge);
    return std::nullopt;
  }
  return model::Cache{.max_age_s = *seconds, .shared = members.Flag("public")};
}

}  // namespace ashlar::contract
