// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::model {

// Which requests a limit is for: "POST /v1/orders", "GET /v1/orders/{id}", "* /v1/*".
struct LimitMatch {
  std::string method;                 // "*": any
  std::vector<std::string> segments;  // "{id}" or "*": any one; "*" as the last one: one or more
};

// Who shares a bucket. A caller without a credential, or such a key, has none of its own.
enum class LimitPer : uint8_t { kIp, kUser, kKey };

// How often callers may ask: a bucket of `burst` requests, into which `count` come back in `window_s` seconds.
struct Limit {
  static constexpr size_t kMost = 16;     // of a contract
  static constexpr size_t kMostAll = 32;  // with those of signing in
  static constexpr int64_t kMostCount = 1'000'000;

  std::optional<LimitMatch> match;  // absent: every request
  int64_t count = 1;
  int64_t window_s = 1;
  std::string to;                   // as the contract writes it: "600/min"
  int64_t burst = 1;
  LimitPer per = LimitPer::kIp;
  bool otherwise_ip = false;  // of the others: who has no such credential is counted by address; else not at all
  bool fail_closed = false;  // who cannot be counted where all processes count is refused; else counted here
  bool of_sign_in = false;  // one of SignInLimits
};

// Whether the limit is for a request of that method and path. HEAD is as GET. A segment with a '{' is taken for any:
// routes have such ("{id}"), and operations of a batch whose paths are not whole yet ("${made.id}").
bool IsFor(const Limit& limit, std::string_view method, std::span<const std::string> segments);

// What holds below /auth where a contract has `identity`, by address. The contract's own limits with a match below
// /auth are instead of them, for the requests that they are for.
const std::vector<Limit>& SignInLimits();
bool ReplacesSignIn(const Limit& own);

}  // namespace ashlar::model
