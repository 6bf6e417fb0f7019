// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace ashlar::types {

// A regular expression in RE2's syntax, over code points: linear in the text whatever the pattern, bounded in memory.
// Immutable; copies share it; safe to share between threads.
class Regex {
 public:
  static constexpr size_t kMaxPattern = 1000;  // bytes

  // Or, in words for the contract's author, what is wrong with the pattern.
  static std::expected<Regex, std::string> Make(std::string_view pattern);

  bool MatchesWhole(std::string_view text) const;
  bool MatchesPart(std::string_view text) const;
  const std::string& pattern() const;

 private:
  struct Compiled;
  explicit Regex(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace ashlar::types
