// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/connections.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "base/crypto/random.h"

namespace ashlar::store::postgres {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr int64_t kSteadyUs = 5'000'000;    // a connection that served as long begins anew with the pauses
constexpr int64_t kRollBackUs = 1'000'000;  // for a connection to come back clean
constexpr const char* kClosed = "the store is closed";

// Somewhere in its second half, so that processes do not come back all at once.
std::chrono::milliseconds Spread(int64_t pause_ms) {
  std::array<uint8_t, 1> chance{};
  RandomBytes(chance);
  return std::chrono::milliseconds(pause_ms / 2 + pause_ms * chance[0] / 512);
}

}  // namespace

Connections::Connections(asio::io_context& loop, Server server, const PoolOptions& options, Health& health,
                         const Clock& clock)
    : loop_(loop),
      server_(std::make_shared<const Server>(std::move(server))),
      options_(options),
      health_(health),
      clock_(clock),
      canceller_(std::make_shared<Canceller>(loop, server_, options.settings, clock)),
      reads_(std::make_shared<Line>(loop, clock, options.most_waiting)),
      holds_(std::make_shared<Line>(loop, clock, options.most_waiting)) {
  for (size_t i = 0; i < options.shared; ++i) slots_.emplace_back(loop);
  health_.Add();
}

void Connections::Begin() {
  trying_ = slots_.size();
  for (size_t i = 0; i < slots_.size(); ++i) asio::co_spawn(loop_, Keep(shared_from_this(), i), asio::detached);
}

void Connections::Close() {
  if (std::exchange(closed_, true)) return;
  health_.Remove(told_);
  why_ = kClosed;
  canceller_->Close();
  for (Slot& slot : slots_) {
    slot.pause.cancel();
    slot.ping.cancel();
    if (slot.link != nullptr) slot.link->Close(kClosed);
  }
  CloseIdle(INT64_MAX);
  reads_->Refuse(Unreachable());
  holds_->Refuse(Unreachable());
}

Error Connections::Unreachable() const {
  return {ErrorKind::kUnavailable, why_.empty() ? "the database is not connected yet" : why_};
}

Task<Line::Found> Connections::Make(bool shared) {
  Link::Means means{.prepared = options_.prepared, .shared = shared};
  means.cancel = [canceller = canceller_](const Backend& backend) { canceller->Cancel(backend); };
  auto link = co_await Connect(loop_, *server_, options_.settings, clock_, std::move(means));
  if (link && closed_) {
    (*link)->Close(kClosed);
    link = std::unexpected(Unreachable());
  }
  co_return link;
}

Task<void> Connections::Keep(std::shared_ptr<Connections> own, size_t index) {
  int64_t pause_ms = 0;
  while (!own->closed_) {
    auto link = co_await own->Make(true);
    --own->trying_;
    std::string why;
    bool at_once = false;
    if (link) {
      const int64_t begun_us = own->clock_.SteadyMicros();
      own->slots_[index].link = *link;
      ++own->up_;
      own->Judge(own->server_->Shown());
      while (own->reads_->Serve(*link)) {
      }
      asio::co_spawn(own->loop_, Ping(own, *link, index), asio::detached);
      co_await (*link)->AwaitClosed();
      own->slots_[index].link = nullptr;
      own->slots_[index].ping.cancel();
      --own->up_;
      why = fmt::format("{}: {}", own->server_->Shown(), (*link)->why());
      if (own->clock_.SteadyMicros() - begun_us >= kSteadyUs) pause_ms = 0;
      at_once = pause_ms == 0;  // servers end what was idle, and begin again
    } else {
      why = link.error().message;
    }
    if (own->closed_) break;
    if (at_once) ++own->trying_;
    own->Judge(why);
    pause_ms = at_once ? Pool::kLeastPauseMs / 2 : std::clamp(pause_ms * 2, Pool::kLeastPauseMs, Pool::kMostPauseMs);
    if (at_once) continue;
    own->slots_[index].pause.expires_after(Spread(pause_ms));
    error_code ignored;
    co_await own->slots_[index].pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    ++own->trying_;
  }
}

Task<void> Connections::Ping(std::shared_ptr<Connections> own, LinkPtr link, size_t index) {
  error_code ignored;
  while (!own->closed_ && !link->closed()) {
    own->slots_[index].ping.expires_after(std::chrono::microseconds(Pool::kPingUs));
    co_await own->slots_[index].ping.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    own->CloseIdle(own->clock_.SteadyMicros() - Pool::kIdleUs);
    if (own->closed_ || link->closed() || link->waiting() > 0) continue;
    std::vector<Ask> nothing;
    auto there = co_await link->Run(std::move(nothing), Effect::kReads, own->clock_.SteadyMicros() + Pool::kPingUs);
    if (!there) link->Close("it does not answer");
  }
}

void Connections::Judge(std::string_view why) {
  const Health::State now = up_ > 0 ? Health::State::kUp : Health::State::kDown;
  if (now == Health::State::kDown) why_ = why;
  if (now != told_) health_.Change(std::exchange(told_, now), now, why);
  if (now == Health::State::kDown) CloseIdle(INT64_MAX);  // what happened to those happened to these
  if (!reachable()) reads_->Refuse(Unreachable());
}

std::shared_ptr<Link> Connections::Shared() const {
  LinkPtr best;
  for (const Slot& slot : slots_) {
    const bool serves = slot.link != nullptr && !slot.link->closed();
    if (serves && (best == nullptr || slot.link->waiting() < best->waiting())) best = slot.link;
  }
  return best;
}

Task<Line::Found> Connections::AwaitShared(int64_t until_us) {
  if (closed_ || trying_ == 0) co_return std::unexpected(Unreachable());
  auto found = co_await reads_->Wait(until_us);
  co_return found;
}

Task<Line::Found> Connections::Held(int64_t until_us) {
  while (true) {
    if (closed_ || !reachable()) co_return std::unexpected(Unreachable());
    while (!free_.empty()) {
      LinkPtr link = std::move(free_.back().link);
      free_.pop_back();
      if (!link->closed()) co_return link;
      --open_;
    }
    if (open_ < options_.most_held) {
      ++open_;
      asio::co_spawn(loop_, Open(shared_from_this()), asio::detached);
    }
    auto found = co_await holds_->Wait(until_us);
    if (!found) co_return found;
    if (!(*found)->closed()) co_return found;
    --open_;
  }
}

// It goes to the first who waits, who need not be the one for whom it is made.
Task<void> Connections::Open(std::shared_ptr<Connections> own) {
  co_await asio::post(own->loop_, asio::use_awaitable);  // who asked waits first: some attempts fail at once
  auto link = co_await own->Make(false);
  if (link) {
    own->Give(std::move(*link));
  } else if (--own->open_ == 0) {  // nobody will bring one back
    own->holds_->Refuse(link.error());
  }
}

void Connections::Give(LinkPtr link) {
  if (!holds_->Serve(link)) free_.push_back({std::move(link), clock_.SteadyMicros()});
}

void Connections::Return(LinkPtr link) {
  if (closed_) return Drop(link, kClosed);
  if (link->closed()) return Drop(link, "");
  if (link->clean()) return Give(std::move(link));
  if (link->waiting() == 0) {
    asio::co_spawn(loop_, RollBack(shared_from_this(), std::move(link)), asio::detached);
    return;
  }
  canceller_->Cancel(link->backend());
  Drop(link, "it was given up");
}

Task<void> Connections::RollBack(std::shared_ptr<Connections> own, LinkPtr link) {
  std::vector<Ask> asks{{.sql = "ROLLBACK"}, {.sql = "SELECT pg_advisory_unlock_all()"}};
  auto replies = co_await link->Run(std::move(asks), Effect::kWrites, own->clock_.SteadyMicros() + kRollBackUs);
  if (replies && TroubleIn(*replies) == nullptr) link->set_locks(false);
  if (replies && link->clean() && !own->closed_) {
    own->Give(std::move(link));
  } else {
    own->Drop(link, "its transaction could not be rolled back");
  }
}

void Connections::Drop(const LinkPtr& link, std::string_view why) {
  link->Close(why);
  --open_;
  Refill();
}

// For those who still wait.
void Connections::Refill() {
  if (closed_ || holds_->size() == 0 || open_ >= options_.most_held) return;
  ++open_;
  asio::co_spawn(loop_, Open(shared_from_this()), asio::detached);
}

void Connections::CloseIdle(int64_t before_us) {
  auto old = [before_us](const Free& one) { return one.since_us < before_us; };
  for (const Free& one : free_) {
    if (old(one)) one.link->Close("nobody needed it");
  }
  open_ -= std::erase_if(free_, old);
}

Pool::Load Connections::load() const {
  Pool::Load load{.shared = up_,
                  .reads_waiting = reads_->size(),
                  .held = open_,
                  .free = free_.size(),
                  .holds_waiting = holds_->size()};
  for (const Slot& slot : slots_) load.reads += slot.link == nullptr ? 0 : slot.link->waiting();
  return load;
}

}  // namespace ashlar::store::postgres
