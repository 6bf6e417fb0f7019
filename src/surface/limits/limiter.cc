// SPDX-License-Identifier: Apache-2.0
#include "surface/limits/limiter.h"

#include <algorithm>
#include <bit>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace ashlar::surface {
namespace {

using model::Limit;
using model::LimitPer;

constexpr int64_t kSecondNs = 1'000'000'000;

int64_t UpTo(int64_t number, int64_t unit) { return (number + unit - 1) / unit; }

std::string_view NameOf(const Limit& limit) {
  if (limit.per == LimitPer::kIp) return "ip";
  if (limit.per == LimitPer::kKey) return limit.otherwise_ip ? "key or ip" : "key";
  return limit.otherwise_ip ? "user or ip" : "user";
}

// What makes a limit the same in every process that has it.
std::string MarkOf(const Limit& limit) {
  std::string match = "*";
  if (limit.match) match = fmt::format("{} /{}", limit.match->method, fmt::join(limit.match->segments, "/"));
  return fmt::format("{} {} {} {}", match, limit.to, limit.burst, NameOf(limit));
}

}  // namespace

Limiter::Limiter(const std::vector<Limit>& limits, TrustedProxies proxies, const Clock& clock, const HashKey& key,
                 size_t buckets)
    : proxies_(std::move(proxies)), clock_(clock), key_(key), buckets_(buckets) {
  for (const Limit& limit : limits) {
    std::string name = fmt::format("{} per {}", limit.to, NameOf(limit));
    const auto alike = std::ranges::count_if(
        rows_, [&](const Row& row) { return row.limit.to == limit.to && NameOf(row.limit) == NameOf(limit); });
    name = alike == 0 ? fmt::format("\"{}\"", name) : fmt::format("\"{} ({})\"", name, alike + 1);
    std::string policy = fmt::format("{};q={};w={}", name, limit.count, limit.window_s);
    const uint32_t bit = uint32_t{1} << rows_.size();
    (limit.per == LimitPer::kIp ? by_address_ : by_caller_) |= bit;
    if (limit.of_sign_in) of_sign_in_ |= bit;
    if (model::ReplacesSignIn(limit)) replace_sign_in_ |= bit;
    const BucketRate rate{UpTo(limit.window_s * kSecondNs, limit.count), limit.burst};
    std::string mark = MarkOf(limit);
    const auto twins = std::ranges::count_if(rows_, [&](const Row& row) { return MarkOf(row.limit) == mark; });
    mark += std::string(static_cast<size_t>(twins), '+');
    rows_.push_back({limit, rate, KeyedHash(key_, mark).low, std::move(name), std::move(policy)});
  }
}

Toll::Toll(Limiter& limiter, const http::Request& request, SharedBuckets* shared) : limiter_(limiter), shared_(shared) {
  client_ = limiter.proxies_.ClientOf(request);
  if (!client_.is_v4()) client_ = http::Masked(client_, Limiter::kNetworkBits);
  for (size_t i = 0; i < limiter.rows_.size(); ++i) {
    if (model::IsFor(limiter.rows_[i].limit, request.method, request.segments)) rows_ |= uint32_t{1} << i;
  }
  if ((rows_ & limiter.replace_sign_in_) != 0) rows_ &= ~limiter.of_sign_in_;
}

// Nothing: the limit counts nobody like this one.
std::optional<Hash128> Toll::KeyOf(size_t row) const {
  const Limit& limit = limiter_.rows_[row].limit;
  const bool by_key = limit.per == LimitPer::kKey;
  const bool known = caller_ != nullptr && (by_key ? !caller_->key.empty() : !caller_->anonymous());
  const bool service = known && limit.per == LimitPer::kUser && caller_->id.empty();  // nothing else tells them apart
  const bool by_address = limit.per == LimitPer::kIp || (!known && limit.otherwise_ip) || service;
  if (!by_address && !known) return std::nullopt;
  constexpr size_t kUsualId = 64;  // a longer one allocates
  std::array<char, sizeof(uint64_t) + 1 + kUsualId> usual;
  std::string longer;
  const std::string_view id =
      by_address ? std::string_view(reinterpret_cast<const char*>(client_.bytes.data()), client_.bytes.size())
                 : std::string_view(by_key ? caller_->key : caller_->id);
  auto head = std::bit_cast<std::array<char, sizeof(uint64_t)>>(limiter_.rows_[row].mark);
  const char kind = service ? 's' : by_address ? 'a' : by_key ? 'k' : 'u';
  if (id.size() > kUsualId) {
    longer.assign(head.data(), head.size()).append(1, kind).append(id);
    return KeyedHash(limiter_.key_, longer);
  }
  std::ranges::copy(head, usual.begin());
  usual[head.size()] = kind;
  std::ranges::copy(id, usual.begin() + head.size() + 1);
  return KeyedHash(limiter_.key_, {usual.data(), head.size() + 1 + id.size()});
}

void Toll::ForEachRow(uint32_t rows, auto visit) {
  for (; rows != 0; rows &= rows - 1) {
    if (!visit(static_cast<size_t>(std::countr_zero(rows)))) return;
  }
}

bool Toll::Settle(size_t row, const Bill& bill, const BucketTaken& taken) {
  const Limiter::Row& of = limiter_.rows_[row];
  size_t at = 0;
  while (at < count_ && taken_[at].row != row) ++at;
  if (at == count_) ++count_;
  taken_[at] = {static_cast<uint8_t>(row), taken.left, taken.wait_ns};
  if (taken.taken) return true;
  limiter_.refused_.fetch_add(1, std::memory_order_relaxed);
  retry_s_ = std::max<int64_t>(UpTo(taken.wait_ns, kSecondNs), 1);
  const int64_t whole_cost = bill.costs[row] + (bill.of_batch && IsFor(row) ? 1 : 0);
  std::string why = fmt::format("more than {} per {}; try again in {} s", of.limit.to, NameOf(of.limit), retry_s_);
  if (whole_cost > of.limit.burst) {
    why = fmt::format("this batch costs more than {}, which is all that the limit of {} ever has", of.limit.burst,
                      of.limit.to);
  }
  refusal_ = {call::Code::kRateLimited, std::move(why), {}};
  return false;
}

Eventually<bool> Toll::Take(const Bill& bill) {
  if (bill.rows == 0) return true;
  if (shared_ == nullptr) return TakeHere(bill);
  if (!shared_->up()) return TakeAlone(bill);
  // What this process knows to be spent is: others only take, too.
  bool asks = false, spent = false;
  const int64_t now_ns = NowNs();
  ForEachRow(bill.rows, [&](size_t row) {
    auto key = KeyOf(row);
    if (!key) return true;
    asks = true;
    const auto known = limiter_.buckets_.Look(*key, limiter_.rows_[row].rate, bill.costs[row], now_ns);
    spent = !known.taken && !Settle(row, bill, known);
    return !spent;
  });
  if (spent || !asks) return !spent;
  return TakeShared(bill);
}

bool Toll::TakeHere(const Bill& bill) {
  bool enough = true;
  ForEachRow(bill.rows, [&](size_t row) {
    auto key = KeyOf(row);
    if (!key) return true;
    enough = Settle(row, bill, limiter_.buckets_.Take(*key, limiter_.rows_[row].rate, bill.costs[row], NowNs()));
    return enough;
  });
  return enough;
}

bool Toll::TakeAlone(const Bill& bill) {
  limiter_.alone_.fetch_add(1, std::memory_order_relaxed);
  ForEachRow(bill.rows, [&](size_t row) {
    const bool closed = limiter_.rows_[row].limit.fail_closed && KeyOf(row);
    if (closed) refusal_ = {call::Code::kUnavailable, "this cannot be counted now; try again later", {}};
    return !closed;
  });
  return !refusal_ && TakeHere(bill);
}

Task<bool> Toll::TakeShared(Bill bill) {
  std::vector<SharedBuckets::Want> wants;
  std::array<uint8_t, model::Limit::kMostAll> rows;
  ForEachRow(bill.rows, [&](size_t row) {
    auto key = KeyOf(row);
    if (!key) return true;
    rows[wants.size()] = static_cast<uint8_t>(row);
    wants.push_back({*key, limiter_.rows_[row].rate, bill.costs[row]});
    return true;
  });
  const int64_t asked_ns = NowNs();
  auto told = co_await shared_->Take(wants);
  if (!told) co_return TakeAlone(bill);
  for (size_t i = 0; i < told->size(); ++i) {
    const SharedBuckets::Told& one = (*told)[i];
    limiter_.buckets_.Learn(wants[i].key, asked_ns + one.lacking_ns, asked_ns);
    const bool enough = Settle(rows[i], bill, TakenOf(wants[i].rate, wants[i].cost, one.taken, one.lacking_ns));
    if (!enough) co_return false;
  }
  co_return true;
}

Eventually<bool> Toll::ForAddress() { return Take(Bill(rows_ & limiter_.by_address_)); }

Eventually<bool> Toll::ForCaller(const call::Caller* caller) {
  caller_ = caller;
  return Take(Bill(rows_ & limiter_.by_caller_));
}

Eventually<bool> Toll::ForBatch(const rest::Batch& batch) {
  Bill bill(0);
  bill.of_batch = true;
  for (size_t i = 0; i < limiter_.rows_.size(); ++i) {
    size_t whole_cost = 0;
    for (size_t k = 0; k < batch.size(); ++k) {
      whole_cost += IsFor(i) || model::IsFor(limiter_.rows_[i].limit, batch.method(k), batch.segments(k)) ? 1 : 0;
    }
    const size_t cost = whole_cost - (IsFor(i) ? 1 : 0);
    bill.costs[i] = static_cast<uint16_t>(cost);
    if (cost > 0) bill.rows |= uint32_t{1} << i;
  }
  return Take(bill);
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
  const bool limited = refusal_ && refusal_->code == call::Code::kRateLimited;  // others say it themselves
  if (limited) response.Set("Retry-After", std::to_string(retry_s_));
}

}  // namespace ashlar::surface
