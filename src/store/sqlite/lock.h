// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "base/result.h"

namespace ashlar::store::sqlite {

// Keeps every other process from the store for as long as it lives: an flock on PATH.lock, which also says who.
class Lock {
 public:
  // kConflict: another process has it; the message names it.
  static Result<Lock> Take(const std::string& path);
  Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Lock();

 private:
  explicit Lock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace ashlar::store::sqlite
