// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace ashlar::store::sqlite {

Result<Lock> Lock::Take(const std::string& path) {
  std::string name = path + ".lock";
  int fd = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Fail(ErrorKind::kUnavailable, fmt::format("cannot open {}: {}", name, strerror(errno)));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char owner[32] = {};
    ssize_t size = pread(fd, owner, sizeof owner - 1, 0);
    close(fd);
    std::string who =
        size > 0 ? fmt::format("process {}", std::string_view(owner, static_cast<size_t>(size))) : "another process";
    return Fail(ErrorKind::kConflict, fmt::format("{} is in use by {}", path, who));
  }
  std::string own = std::to_string(getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, own.data(), own.size(), 0) < 0) {
    close(fd);
    return Fail(ErrorKind::kUnavailable, fmt::format("cannot write {}", name));
  }
  return Lock(fd);
}

Lock::~Lock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace ashlar::store::sqlite
