// SPDX-License-Identifier: Apache-2.0
#include "surface/limits/buckets.h"

#include <algorithm>

namespace ashlar::surface {

Buckets::Buckets(size_t count) : rows_count_(count / kWays), rows_(std::make_unique<Row[]>(rows_count_)) {}

// The key's own, or the one that is least of a loss, made into a full one of the key.
Buckets::Bucket& Buckets::Find(Row& row, const Hash128& key, int64_t now_ns) {
  Bucket* least = row.data();
  for (Bucket& bucket : row) {
    if (bucket.key == key && bucket.full_ns != INT64_MIN) return bucket;
    if (bucket.full_ns < least->full_ns) least = &bucket;
  }
  if (least->full_ns > now_ns) forgotten_.fetch_add(1, std::memory_order_relaxed);
  *least = {key, now_ns};
  return *least;
}

BucketTaken TakenOf(const BucketRate& rate, int64_t cost, bool taken, int64_t lacking_ns) {
  const int64_t whole_ns = rate.burst * rate.token_ns;
  BucketTaken told;
  told.taken = taken;
  told.left = std::max<int64_t>(whole_ns - lacking_ns, 0) / rate.token_ns;
  if (!taken) {
    told.wait_ns = lacking_ns + cost * rate.token_ns - whole_ns;
  } else if (lacking_ns > 0) {
    told.wait_ns = lacking_ns - (rate.burst - told.left - 1) * rate.token_ns;
  }
  return told;
}

BucketTaken Buckets::Take(const Hash128& key, const BucketRate& rate, int64_t cost, int64_t now_ns) {
  const size_t place = PlaceOf(key);
  std::lock_guard lock(locks_[place % kLocks].mutex);
  Bucket& bucket = Find(rows_[place], key, now_ns);
  const int64_t missing_ns = std::max<int64_t>(bucket.full_ns - now_ns, 0);
  const int64_t then_ns = missing_ns + cost * rate.token_ns;
  const bool taken = then_ns <= rate.burst * rate.token_ns;
  if (taken) bucket.full_ns = now_ns + then_ns;
  return TakenOf(rate, cost, taken, taken ? then_ns : missing_ns);
}

BucketTaken Buckets::Look(const Hash128& key, const BucketRate& rate, int64_t cost, int64_t now_ns) {
  const size_t place = PlaceOf(key);
  int64_t missing_ns = 0;
  {
    std::lock_guard lock(locks_[place % kLocks].mutex);
    for (const Bucket& bucket : rows_[place]) {
      if (bucket.key == key && bucket.full_ns > now_ns) missing_ns = bucket.full_ns - now_ns;
    }
  }
  const int64_t then_ns = missing_ns + cost * rate.token_ns;
  const bool taken = then_ns <= rate.burst * rate.token_ns;
  return TakenOf(rate, cost, taken, taken ? then_ns : missing_ns);
}

void Buckets::Learn(const Hash128& key, int64_t full_ns, int64_t now_ns) {
  if (full_ns <= now_ns) return;
  const size_t place = PlaceOf(key);
  std::lock_guard lock(locks_[place % kLocks].mutex);
  Bucket& bucket = Find(rows_[place], key, now_ns);
  bucket.full_ns = std::max(bucket.full_ns, full_ns);
}

}  // namespace ashlar::surface
