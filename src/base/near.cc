// SPDX-License-Identifier: Apache-2.0
#include "base/near.h"

#include <algorithm>
#include <array>

namespace ashlar {
namespace {

constexpr size_t kLongest = 64;

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Optimal string alignment: insertions, deletions, substitutions, swaps of neighbours. REQUIRES: at most kLongest.
size_t Distance(std::string_view a, std::string_view b) {
  std::array<std::array<size_t, kLongest + 1>, 3> rows{};
  for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    auto& now = rows[i % 3];
    const auto& last = rows[(i - 1) % 3];
    const auto& before = rows[(i + 1) % 3];
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      bool same = ToLower(a[i - 1]) == ToLower(b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      bool swapped = i > 1 && j > 1 && ToLower(a[i - 1]) == ToLower(b[j - 2]) && ToLower(a[i - 2]) == ToLower(b[j - 1]);
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

std::string Near(std::string_view name, std::span<const std::string> candidates) {
  if (name.empty() || name.size() > kLongest) return "";
  size_t best = std::max<size_t>(1, name.size() / 3) + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    if (candidate.empty() || candidate.size() > kLongest || candidate == name) continue;
    size_t longer = std::max(candidate.size(), name.size());
    if (longer - std::min(candidate.size(), name.size()) >= best) continue;
    size_t distance = Distance(name, candidate);
    // Of a name of one letter nothing would be left.
    if (distance < best && distance < longer) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

}  // namespace ashlar
