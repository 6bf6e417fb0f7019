// SPDX-License-Identifier: Apache-2.0
#include "model/limits.h"

namespace ashlar::model {
namespace {

bool Fits(std::string_view wanted, std::string_view segment) {
  return wanted == "*" || wanted.starts_with('{') || segment.contains('{') || wanted == segment;
}

}  // namespace

bool IsFor(const Limit& limit, std::string_view method, std::span<const std::string> segments) {
  if (!limit.match) return true;
  if (limit.match->method != "*" && limit.match->method != (method == "HEAD" ? "GET" : method)) return false;
  const std::vector<std::string>& wanted = limit.match->segments;
  const bool open = !wanted.empty() && wanted.back() == "*";
  if (open ? segments.size() < wanted.size() : segments.size() != wanted.size()) return false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!Fits(wanted[i], segments[i])) return false;
  }
  return true;
}

}  // namespace ashlar::model
