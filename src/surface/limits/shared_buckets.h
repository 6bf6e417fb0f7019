// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/keyed_hash.h"
#include "redis/script.h"
#include "surface/limits/buckets.h"

namespace ashlar::surface {

// Token buckets that processes share through Redis: the same arithmetic as Buckets, by Redis's own clock, so that
// nobody else's matters. A bucket is one key, which goes when it is full. One loop's.
class SharedBuckets {
 public:
  // `service`: whose buckets they are. All must outlive it, and it what the loop holds.
  SharedBuckets(boost::asio::io_context& loop, const redis::Server& server, const std::string& service,
                redis::Watch& watch, const Clock& clock);

  struct Want {
    Hash128 key;
    BucketRate rate;
    int64_t cost = 1;
  };
  struct Told {
    bool taken = false;
    int64_t lacking_ns = 0;  // until it is full, as TakenOf has it
  };

  // Whether it is worth asking.
  bool up() const { return script_.up(); }
  // Takes of one bucket after the other until one has not enough, which is the last then. Nothing where that cannot be
  // known.
  Task<std::optional<std::vector<Told>>> Take(std::vector<Want> wants);

 private:
  std::string KeyOf(const Hash128& key) const;

  const std::string prefix_;  // "ashlar:shop:limit:"
  redis::Script script_;
};

}  // namespace ashlar::surface
