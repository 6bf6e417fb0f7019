// SPDX-License-Identifier: Apache-2.0
#include "types/regex.h"

#include <fmt/format.h>
#include <re2/re2.h>

namespace ashlar::types {
namespace {

constexpr int64_t kMaxMemory = 1 << 20;

RE2::Options Options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(kMaxMemory);
  return options;
}

}  // namespace

struct Regex::Compiled {
  explicit Compiled(std::string_view pattern)
      : re2(re2::StringPiece(pattern.data(), pattern.size()), Options()), pattern(pattern) {}
  RE2 re2;
  std::string pattern;
};

std::expected<Regex, std::string> Regex::Make(std::string_view pattern) {
  if (pattern.size() > kMaxPattern) return std::unexpected(fmt::format("is longer than {} bytes", kMaxPattern));
  auto compiled = std::make_shared<const Compiled>(pattern);
  if (!compiled->re2.ok()) {
    return std::unexpected(fmt::format("is not a regular expression of RE2: {}", compiled->re2.error()));
  }
  return Regex(std::move(compiled));
}

bool Regex::MatchesWhole(std::string_view text) const {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), compiled_->re2);
}

bool Regex::MatchesPart(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_->re2);
}

const std::string& Regex::pattern() const { return compiled_->pattern; }

}  // namespace ashlar::types
