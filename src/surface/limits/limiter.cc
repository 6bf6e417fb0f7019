// SPDX-License-Identifier: Apache-2.0
#include "surface/limits/limiter.h"

#include <algorithm>
#include <bit>

#include "base/crypto/random.h"

namespace ashlar::surface {
namespace {

using model::Limit;
using model::LimitPer;

constexpr int64_t kSecondNs = 1'000'000'000;

int64_t UpTo(int64_t number, int64_t unit) { return (number + unit - 1) / unit; }

HashKey NewKey() {
  std::array<uint8_t, sizeof(HashKey)> bytes;
  RandomBytes(bytes);
  return std::bit_cast<HashKey>(bytes);
}

std::string_view NameOf(const Limit& limit) {
  if (limit.per == LimitPer::kIp) return "ip";
  return limit.otherwise_ip ? "user or ip" : "user";
}

}  // namespace

Limiter::Limiter(const std::vector<Limit>& limits, TrustedProxies proxies, const Clock& clock, size_t buckets)
    : proxies_(std::move(proxies)), clock_(clock), key_(NewKey()), buckets_(buckets) {
  for (const Limit& limit : limits) {
    std::string name = fmt::format("{} per {}", limit.to, NameOf(limit));
    const auto alike = std::ranges::count_if(
        rows_, [&](const Row& row) { return row.limit.to == limit.to && NameOf(row.limit) == NameOf(limit); });
    name = alike == 0 ? fmt::format("\"{}\"", name) : fmt::format("\"{} ({})\"", name, alike + 1);
    std::string policy = fmt::format("{};q={};w={}", name, limit.count, limit.window_s);
    rows_.push_back({limit, {UpTo(limit.window_s * kSecondNs, limit.count), limit.burst}, name, std::move(policy)});
  }
}

Toll::Toll(Limiter& limiter, const http::Request& request) : limiter_(limiter) {
  client_ = limiter.proxies_.ClientOf(request);
  if (!client_.is_v4()) client_ = http::Masked(client_, Limiter::kNetworkBits);
  for (size_t i = 0; i < limiter.rows_.size(); ++i) {
    if (model::IsFor(limiter.rows_[i].limit, request.method, request.segments)) rows_ |= uint32_t{1} << i;
  }
}

// Nothing: the limit counts nobody like this one.
std::optional<Hash128> Toll::KeyOf(size_t row) const {
  const Limit& limit = limiter_.rows_[row].limit;
  const bool known = caller_ != nullptr && !caller_->anonymous();
  const bool service = known && limit.per == LimitPer::kUser && caller_->id.empty();  // nothing else tells them apart
  const bool by_address = limit.per == LimitPer::kIp || (!known && limit.otherwise_ip) || service;
  if (!by_address && !known) return std::nullopt;
  constexpr size_t kUsualId = 64;  // a longer one allocates
  std::array<char, 2 + kUsualId> usual;
  std::string longer;
  const std::string_view id =
      by_address ? std::string_view(reinterpret_cast<const char*>(client_.bytes.data()), client_.bytes.size())
                 : std::string_view(caller_->id);
  const char head[2] = {static_cast<char>(row), service ? 's' : by_address ? 'a' : 'u'};
  if (id.size() > kUsualId) {
    longer.assign(head, sizeof head).append(id);
    return KeyedHash(limiter_.key_, longer);
  }
  std::ranges::copy(head, usual.begin());
  std::ranges::copy(id, usual.begin() + sizeof head);
  return KeyedHash(limiter_.key_, {usual.data(), sizeof head + id.size()});
}

bool Toll::Take(size_t row, int64_t cost, int64_t whole_cost) {
  auto key = KeyOf(row);
  if (!key) return true;
  const Limiter::Row& of = limiter_.rows_[row];
  const BucketTaken taken = limiter_.buckets_.Take(*key, of.rate, cost, limiter_.clock_.SteadyMicros() * 1000);
  size_t at = 0;
  while (at < count_ && taken_[at].row != row) ++at;
  if (at == count_) ++count_;
  taken_[at] = {static_cast<uint8_t>(row), taken.left, taken.wait_ns};
  if (taken.taken) return true;
  limiter_.refused_.fetch_add(1, std::memory_order_relaxed);
  retry_s_ = std::max<int64_t>(UpTo(taken.wait_ns, kSecondNs), 1);
  std::string why = fmt::format("more than {} per {}; try again in {} s", of.limit.to, NameOf(of.limit), retry_s_);
  if (whole_cost > of.limit.burst) {
    why = fmt::format("this batch costs more than {}, which is all that the limit of {} ever has", of.limit.burst,
                      of.limit.to);
  }
  refusal_ = {call::Code::kRateLimited, std::move(why), {}};
  return false;
}

bool Toll::ForAddress() {
  if (rows_ == 0) return true;
  for (size_t i = 0; i < limiter_.rows_.size(); ++i) {
    if (IsFor(i) && limiter_.rows_[i].limit.per == LimitPer::kIp && !Take(i, 1, 1)) return false;
  }
  return true;
}

bool Toll::ForCaller(const call::Caller* caller) {
  caller_ = caller;
  if (rows_ == 0) return true;
  for (size_t i = 0; i < limiter_.rows_.size(); ++i) {
    if (IsFor(i) && limiter_.rows_[i].limit.per == LimitPer::kUser && !Take(i, 1, 1)) return false;
  }
  return true;
}

bool Toll::ForBatch(const rest::Batch& batch) {
  for (size_t i = 0; i < limiter_.rows_.size(); ++i) {
    int64_t whole_cost = 0;
    for (size_t k = 0; k < batch.size(); ++k) {
      whole_cost += IsFor(i) || model::IsFor(limiter_.rows_[i].limit, batch.method(k), batch.segments(k)) ? 1 : 0;
    }
    const int64_t cost = whole_cost - (IsFor(i) ? 1 : 0);
    if (cost > 0 && !Take(i, cost, whole_cost)) return false;
  }
  return true;
}

void Toll::Describe(http::Response& response) const {
  if (count_ == 0) return;
  std::string left, policy;
  for (size_t i = 0; i < count_; ++i) {
    const Limiter::Row& row = limiter_.rows_[taken_[i].row];
    const std::string_view comma = i == 0 ? "" : ", ";
    left += fmt::format("{}{};r={}", comma, row.name, taken_[i].left);
    if (taken_[i].wait_ns > 0) left += fmt::format(";t={}", UpTo(taken_[i].wait_ns, kSecondNs));
    policy += fmt::format("{}{}", comma, row.policy);
  }
  response.Set("RateLimit", std::move(left));
  response.Set("RateLimit-Policy", std::move(policy));
  if (refusal_) response.Set("Retry-After", std::to_string(retry_s_));
}

}  // namespace ashlar::surface
