// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "entry.h"
#include "store.h"

namespace ashlar::bench {

class Connection;

struct Job {
  Connection* connection = nullptr;
  Entry entry;
  int64_t begun = 0;
  bool stored = false;  // otherwise there is no such maker
};

// One thread that writes what has come meanwhile with one commit, or with one for each.
class Writer {
 public:
  using Done = std::function<void(std::vector<Job>)>;  // called on the writer's thread, once all are on the disk

  Writer(const std::string& path, size_t group, Done done);
  ~Writer();
  void Add(Job job);
  uint64_t commits() const { return commits_.load(std::memory_order_acquire); }

 private:
  void Loop();
  void Commit(std::vector<Job>& jobs);
  void Store(Job& job);
  void Checkpoint(bool idle);

  const size_t group_;
  const Done done_;
  bench::Store store_;
  Statement begin_, commit_, maker_, insert_, audit_;
  int log_pages_ = 0;
  std::mutex mutex_;
  std::condition_variable some_;
  std::vector<Job> waiting_;
  bool closed_ = false;
  std::atomic<uint64_t> commits_ = 0;
  std::thread thread_;  // last: it uses the others
};

}  // namespace ashlar::bench
