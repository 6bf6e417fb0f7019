// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "plan/planner.h"
#include "store/store.h"

namespace ashlar::identity {

struct KeyUse {
  std::string key;  // its id
  int64_t at = 0;   // microseconds since 1970
};

// When API keys were used last, until it is written down: at most once a minute for each, and on no request's way.
// Bounded: of what does not fit nobody hears. Thread safe.
class KeyUses {
 public:
  static constexpr size_t kMost = 10'000;
  static constexpr int64_t kBetweenMicros = 60'000'000;

  void Note(const std::string& key, int64_t now_micros);
  // What is to be written now; `all`: even where the last time is not long ago.
  std::vector<KeyUse> Take(int64_t now_micros, bool all = false);

 private:
  struct Entry {
    int64_t used = 0;
    int64_t written = 0;  // the use that was taken last; 0: none
    int64_t taken = 0;    // when
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

// Writes them down, on a thread of its own, every second and once more when it goes. What it is given must outlive it;
// let it go before the store closes.
class KeyUseWriter {
 public:
  KeyUseWriter(KeyUses& uses, const plan::Planner& planner, store::Store& store, const Clock& clock,
               Observer& observer);

 private:
  std::mutex mutex_;
  std::condition_variable_any rest_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace ashlar::identity
