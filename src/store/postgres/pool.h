// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/context.h"
#include "base/result.h"
#include "base/task.h"
#include "store/postgres/ask.h"
#include "store/postgres/connect.h"
#include "store/postgres/health.h"
#include "store/postgres/link.h"
#include "store/postgres/server.h"

namespace ashlar::store::postgres {

struct PoolOptions {
  size_t shared = 2;        // connections that all reads of the loop share; at least one
  size_t most_held = 4;     // for those who need one to themselves; made when they are asked for
  size_t most_waiting = 1024;  // for one of either kind
  size_t prepared = 256;    // statements of each connection
  Settings settings;
};

class Connections;

// A connection that one holds to itself, for a transaction that goes back and forth: (Run*) until it goes out of scope.
// What is open then is rolled back; what is still under way is ended, and the connection with it.
class Lease {
 public:
  Lease(std::shared_ptr<Connections> from, std::shared_ptr<Link> link);
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&& other) = delete;
  ~Lease();

  Link* operator->() const { return link_.get(); }

 private:
  std::shared_ptr<Connections> from_;
  std::shared_ptr<Link> link_;  // null: moved away
};

// A loop's connections to its server, which come back by themselves: after kLeastPauseMs to kMostPauseMs, with some
// chance in it. While there is none, and none is being made, who asks is told kUnavailable at once. A connection over
// which nothing comes is looked after, so that a server that is gone without a word is known to be within kPingUs
// twice. Touched on its loop alone.
class Pool {
 public:
  static constexpr int64_t kLeastPauseMs = 100, kMostPauseMs = 2000;  // before the next attempt
  static constexpr int64_t kPingUs = 700'000;  // of silence before it is asked, and for the answer
  static constexpr int64_t kIdleUs = 60'000'000;  // for which one that nobody holds is kept

  // The loop, the health and the clock must outlive it; it must be gone before the loop is, and what it has to tell
  // those who wait is the loop's next turn's. Begins with the loop's first turn.
  Pool(boost::asio::io_context& loop, Server server, const PoolOptions& options, Health& health, const Clock& clock);
  ~Pool();
  Pool(const Pool&) = delete;

  // Runs a batch of reads, outside of a transaction of theirs, on the connection that has least to do.
  Task<Result<Replies>> Read(Context& context, std::vector<Ask> asks);
  // A connection to oneself, in the order of asking. kTimeout, kUnavailable; not for a client that is gone.
  Task<Result<Lease>> Hold(Context& context);
  // All that is under way ends with kUnavailable, and so does all that is asked from then on.
  void Close();

  struct Load {
    size_t shared = 0;  // that are there
    size_t reads = 0;  // batches under way on them
    size_t reads_waiting = 0;  // for a first connection
    size_t held = 0;  // or being made, or free
    size_t free = 0;
    size_t holds_waiting = 0;
  };
  Load load() const;

 private:
  std::shared_ptr<Connections> connections_;
};

}  // namespace ashlar::store::postgres
