// SPDX-License-Identifier: Apache-2.0
#include "identity/issuer_keys.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "identity/jws.h"

namespace ashlar::identity {
namespace {

namespace asio = boost::asio;

constexpr int64_t kMicros = 1'000'000;

uint64_t NextNumber() {
  static std::atomic<uint64_t> last = 0;
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

std::string DiscoveryUrl(std::string_view issuer) {
  if (issuer.ends_with('/')) issuer.remove_suffix(1);
  return std::string(issuer) + "/.well-known/openid-configuration";
}

Result<std::string> JwksUrlIn(std::string_view document, const std::string& issuer) {
  auto read = json::Parse(document, {.depth = 16, .bytes = 256 << 10});
  if (!read || read->object() == nullptr) return Fail(ErrorKind::kInvalid, "its discovery document is no JSON object");
  if (!IsText(*read, "issuer", issuer)) return Fail(ErrorKind::kInvalid, "its discovery document is another issuer's");
  const std::string* url = TextOf(*read, "jwks_uri");
  bool fetchable = url != nullptr && IsFetchable(*url) && (url->starts_with("https:") || issuer.starts_with("http:"));
  if (!fetchable) return Fail(ErrorKind::kInvalid, "its discovery document names no https address of its keys");
  return *url;
}

IssuerKeys::IssuerKeys(const model::Issuer& issuer, std::string authorities, const Clock& clock, Observer& observer)
    : issuer_(issuer),
      fetch_{.private_addresses = issuer.private_addresses, .authorities = std::move(authorities)},
      clock_(clock),
      observer_(observer),
      thread_([this] { Work(); }) {}

std::shared_ptr<const IssuerKeys::Set> IssuerKeys::Current() {
  std::lock_guard lock(mutex_);
  const int64_t now = clock_.SteadyMicros();
  const bool stale = set_ == nullptr || now >= set_->fresh_until;
  if (stale && now - attempted_ >= kRestSeconds * kMicros) Ask();
  return set_ != nullptr && now < set_->good_until ? set_ : nullptr;
}

void IssuerKeys::Ask() {
  wanted_ = true;
  wakes_.notify_one();
}

bool IssuerKeys::Wait(Done& done) {
  std::lock_guard lock(mutex_);
  if (ended_ || waiting_.size() >= kMostWaiting) return false;
  const int64_t now = clock_.SteadyMicros();
  if (!wanted_) {
    if (now - asked_ < kRestSeconds * kMicros) return false;
    asked_ = now;
    Ask();
  }
  waiting_.push_back(std::move(done));
  return true;
}

Task<bool> IssuerKeys::Renew() {
  auto loop = co_await asio::this_coro::executor;
  auto start = [this, loop](auto handler) {
    Done done = [own = std::move(handler), loop](bool came) mutable {
      asio::post(loop, [own = std::move(own), came]() mutable { std::move(own)(came); });
    };
    if (!Wait(done)) done(false);
  };
  auto came = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(start, asio::use_awaitable);
  co_return came;
}

void IssuerKeys::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wakes_.wait(lock, [this] { return ended_ || wanted_; });
    if (ended_) return;
    attempted_ = clock_.SteadyMicros();
    fetches_.fetch_add(1);
    lock.unlock();
    Result<Set> fetched = Fail(ErrorKind::kInternal, "no memory");
    try {
      fetched = FetchSet();
    } catch (const std::exception& error) {
      fetched = Fail(ErrorKind::kInternal, error.what());
    }
    lock.lock();
    Take(std::move(fetched));
    wanted_ = false;
    std::vector<Done> waiting = std::move(waiting_);
    waiting_.clear();
    lock.unlock();
    for (Done& done : waiting) done(true);
    lock.lock();
  }
}

Result<std::string> IssuerKeys::Discover() {
  TRY(document, Fetch(DiscoveryUrl(issuer_.issuer), fetch_, ended_));
  return std::move(document.body);
}

Result<IssuerKeys::Set> IssuerKeys::FetchSet() {
  std::string url = issuer_.jwks, discovery;
  if (url.empty()) {
    TRY(found, Discover());
    discovery = std::move(found);
    TRY(named, JwksUrlIn(discovery, issuer_.issuer));
    url = std::move(named);
  }
  TRY(document, Fetch(url, fetch_, ended_));
  TRY(keys, ReadJwks(document.body));
  const int64_t fresh = std::clamp(document.max_age_s.value_or(kUsuallyFresh), kLeastFresh, kMostFresh);
  const int64_t now = clock_.SteadyMicros();
  return Set{std::move(keys),          0,
             std::move(document.body), std::move(discovery),
             now + fresh * kMicros,    now + kGoodSeconds * kMicros};
}

// What fails is told each time, which is every half a minute at most, and once that it is over.
void IssuerKeys::Take(Result<Set> set) {
  if (ended_) return;
  if (!set) {
    observer_.Observe(Note{Severity::kWarning, "issuer.unavailable",
                           fmt::format("the keys of {}: {}", issuer_.issuer, set.error().message)});
    failed_ = true;
    return;
  }
  if (failed_) observer_.Observe(Note{Severity::kInfo, "issuer.available", "the keys of " + issuer_.issuer});
  failed_ = false;
  const bool same = set_ != nullptr && set_->text == set->text;
  set->number = same ? set_->number : NextNumber();
  set_ = std::make_shared<const Set>(std::move(*set));
}

void IssuerKeys::Close() {
  std::vector<Done> left;
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wakes_.notify_all();
  if (thread_.joinable()) thread_.join();
  {
    std::lock_guard lock(mutex_);
    left.swap(waiting_);
  }
  for (Done& done : left) done(false);
}

Issuers::Issuers(const std::vector<model::Issuer>& issuers, const std::string& authorities, const Clock& clock,
                 Observer& observer) {
  for (const model::Issuer& issuer : issuers) {
    all_.push_back(std::make_unique<IssuerKeys>(issuer, authorities, clock, observer));
  }
}

IssuerKeys* Issuers::Find(std::string_view iss) const {
  for (const auto& one : all_) {
    if (one->issuer().issuer == iss) return one.get();
  }
  return nullptr;
}

void Issuers::Close() {
  for (const auto& one : all_) one->Close();
}

}  // namespace ashlar::identity
