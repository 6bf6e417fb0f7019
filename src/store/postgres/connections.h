// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres/cancel.h"
#include "store/postgres/line.h"
#include "store/postgres/pool.h"

namespace ashlar::store::postgres {

// What a Pool and its Leases share, and its coroutines keep alive.
class Connections : public std::enable_shared_from_this<Connections> {
 public:
  Connections(boost::asio::io_context& loop, Server server, const PoolOptions& options, Health& health,
              const Clock& clock);

  void Begin();
  void Close();

  // The shared one that has least to do; null where there is none.
  std::shared_ptr<Link> Shared() const;
  Task<Line::Found> AwaitShared(int64_t until_us);
  Task<Line::Found> Held(int64_t until_us);
  void Return(std::shared_ptr<Link> link);
  Pool::Load load() const;

 private:
  using LinkPtr = std::shared_ptr<Link>;
  struct Slot {
    explicit Slot(boost::asio::io_context& loop) : pause(loop), ping(loop) {}
    LinkPtr link;                     // that serves
    boost::asio::steady_timer pause;  // before the next one
    boost::asio::steady_timer ping;
  };
  struct Free {
    LinkPtr link;
    int64_t since_us;
  };

  // Those that are shared: each coroutine keeps one slot filled.
  static Task<void> Keep(std::shared_ptr<Connections> own, size_t slot);
  static Task<void> Ping(std::shared_ptr<Connections> own, LinkPtr link, size_t slot);
  Task<Line::Found> Make(bool shared);
  void Judge(std::string_view why);
  bool reachable() const { return up_ > 0 || trying_ > 0; }
  Error Unreachable() const;
  // Those that are held.
  static Task<void> Open(std::shared_ptr<Connections> own);
  static Task<void> RollBack(std::shared_ptr<Connections> own, LinkPtr link);
  void Give(LinkPtr link);
  void Drop(const LinkPtr& link, std::string_view why);
  void Refill();
  void CloseIdle(int64_t before_us);

  boost::asio::io_context& loop_;
  const std::shared_ptr<const Server> server_;
  const PoolOptions options_;
  Health& health_;
  const Clock& clock_;
  const std::shared_ptr<Canceller> canceller_;
  const std::shared_ptr<Line> reads_, holds_;  // who waits
  std::vector<Slot> slots_;
  size_t up_ = 0;      // slots that serve
  size_t trying_ = 0;  // slots that are being filled
  std::vector<Free> free_;
  size_t open_ = 0;  // that are held, free or being made
  Health::State told_ = Health::State::kUnknown;
  std::string why_;  // it is down
  bool closed_ = false;
};

}  // namespace ashlar::store::postgres
