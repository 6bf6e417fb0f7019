// SPDX-License-Identifier: Apache-2.0
#include "base/sync_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

namespace ashlar {

Result<void> SyncFolderOf(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool synced = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
  int error = errno;
  if (fd >= 0) close(fd);
  if (synced) return {};
  return Fail(ErrorKind::kUnavailable, fmt::format("cannot sync the folder {}: {}", folder, strerror(error)));
}

}  // namespace ashlar
