// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::identity {

// Passwords that are known to have leaked, as a file in the form of haveibeenpwned.com: the SHA-1 of one a line, 40
// hexadecimal digits, perhaps a colon and a count behind it, in ascending order. The file stays on the disk, however
// large it is: a look-up reads some thirty places of it. Safe to share between threads.
class BreachedList {
 public:
  // kInvalid, with the path and what is wrong: it is not there, cannot be read, or is not of that form. A file of up to
  // 16 MiB is looked through whole, of a larger one that much, all over it.
  static Result<std::unique_ptr<const BreachedList>> Open(const std::string& path);
  BreachedList(const BreachedList&) = delete;
  ~BreachedList();

  // Waits for the disk: not for a loop. kUnavailable: the file is no longer what it was.
  Result<bool> Holds(std::string_view password) const;

 private:
  BreachedList(std::string path, int fd, uint64_t size) : path_(std::move(path)), fd_(fd), size_(size) {}
  Result<std::string> Read(uint64_t from, uint64_t to) const;
  Result<void> Judge() const;

  const std::string path_;
  const int fd_;
  const uint64_t size_;  // bytes
};

}  // namespace ashlar::identity
