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

BucketTaken Buckets::Take(const Hash128& key, const BucketRate& rate, int64_t cost, int64_t now_ns) {
  const size_t place = key.low & (rows_count_ - 1);
  const int64_t whole_ns = rate.burst * rate.token_ns;
  std::lock_guard lock(locks_[place % kLocks].mutex);
  Bucket& bucket = Find(rows_[place], key, now_ns);
  const int64_t missing_ns = std::max<int64_t>(bucket.full_ns - now_ns, 0);
  const int64_t then_ns = missing_ns + cost * rate.token_ns;
  BucketTaken taken;
  taken.taken = then_ns <= whole_ns;
  if (taken.taken) bucket.full_ns = now_ns + then_ns;
  const int64_t lacking_ns = taken.taken ? then_ns : missing_ns;
  taken.left = std::max<int64_t>(whole_ns - lacking_ns, 0) / rate.token_ns;
  taken.wait_ns = taken.taken ? lacking_ns - (rate.burst - taken.left - 1) * rate.token_ns : then_ns - whole_ns;
  if (taken.taken && lacking_ns == 0) taken.wait_ns = 0;
  return taken;
}

}  // namespace ashlar::surface
