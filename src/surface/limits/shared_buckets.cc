// SPDX-License-Identifier: Apache-2.0
#include "surface/limits/shared_buckets.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace ashlar::surface {
namespace {

// A key holds when its bucket will be full, "SECONDS.NANOSECONDS": a Lua number is exact up to 104 days in nanoseconds
// alone. Of each key three arguments: what one token takes and what an empty bucket takes to be full, in nanoseconds,
// and the cost. The answer is, for each, what it lacks of being full; of the first that has not enough -1 less that.
// None lacks more than all of it, whatever a clock says that was set back.
constexpr const char* kScript = R"(
local now = redis.call('TIME')
local now_s, now_ns = tonumber(now[1]), tonumber(now[2]) * 1000
local told = {}
for i, key in ipairs(KEYS) do
  local token, whole, cost = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local lacking = 0
  local full_s, full_ns = string.match(redis.call('GET', key) or '', '^(%d+)%.(%d+)$')
  if full_s then
    lacking = math.min(math.max((tonumber(full_s) - now_s) * 1e9 + tonumber(full_ns) - now_ns, 0), whole)
  end
  local after = lacking + cost * token
  if after > whole then
    told[i] = -1 - lacking
    return told
  end
  local at_ns = now_ns + after
  local s = math.floor(at_ns / 1e9)
  redis.call('SET', key, string.format('%.0f.%09.0f', now_s + s, at_ns - s * 1e9), 'PX', math.ceil(after / 1e6) + 1)
  told[i] = after
end
return told
)";

constexpr char kHex[] = "0123456789abcdef";

void AppendHex(uint64_t number, std::string& out) {
  for (int shift = 60; shift >= 0; shift -= 4) out += kHex[number >> shift & 15];
}

}  // namespace

SharedBuckets::SharedBuckets(boost::asio::io_context& loop, const redis::Server& server, const std::string& service,
                             redis::Watch& watch, const Clock& clock)
    : prefix_(fmt::format("ashlar:{}:limit:", service)),
      script_(loop, server, kScript, {{prefix_ + "probe"}, {"1", "1", "1"}}, watch, clock) {}

std::string SharedBuckets::KeyOf(const Hash128& key) const {
  std::string text = prefix_;
  text.reserve(prefix_.size() + 32);
  AppendHex(key.high, text);
  AppendHex(key.low, text);
  return text;
}

Task<std::optional<std::vector<SharedBuckets::Told>>> SharedBuckets::Take(std::vector<Want> wants) {
  redis::Run run;
  for (const Want& want : wants) {
    run.keys.push_back(KeyOf(want.key));
    run.arguments.push_back(std::to_string(want.rate.token_ns));
    run.arguments.push_back(std::to_string(want.rate.burst * want.rate.token_ns));
    run.arguments.push_back(std::to_string(want.cost));
  }
  auto numbers = co_await script_.Ask(std::move(run));
  if (!numbers || numbers->empty() || numbers->size() > wants.size()) co_return std::nullopt;
  std::vector<Told> told;
  for (int64_t number : *numbers) told.push_back({number >= 0, number >= 0 ? number : -1 - number});
  const bool whole = told.size() == wants.size() || !told.back().taken;
  co_return whole ? std::optional(std::move(told)) : std::nullopt;
}

}  // namespace ashlar::surface
