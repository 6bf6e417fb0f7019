// SPDX-License-Identifier: Apache-2.0
#include "identity/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/crypto/random.h"
#include "base/hex.h"
#include "base/sync_folder.h"

namespace ashlar::identity {
namespace {

constexpr size_t kMaxFile = 65'536;

struct Closer {
  int fd;
  ~Closer() { close(fd); }
};

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t done = write(fd, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    text.remove_prefix(static_cast<size_t>(done));
  }
  return true;
}

// Written beside `path`, whole and on the disk; the name of it.
Result<std::string> WriteBeside(const std::string& path, const std::string& text) {
  std::array<uint8_t, 8> chance{};
  RandomBytes(chance);
  std::string beside =
      fmt::format("{}.{}", path, HexEncode({reinterpret_cast<const char*>(chance.data()), chance.size()}));
  int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Fail(ErrorKind::kUnavailable, fmt::format("cannot write {}: {}", beside, strerror(errno)));
  Closer closer{fd};
  if (WriteAll(fd, text) && fsync(fd) == 0) return beside;
  unlink(beside.c_str());
  return Fail(ErrorKind::kUnavailable, fmt::format("cannot write {}: {}", beside, strerror(errno)));
}

}  // namespace

Result<std::optional<std::string>> ReadPrivate(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  if (fd < 0) return Fail(ErrorKind::kUnavailable, fmt::format("cannot read {}: {}", path, strerror(errno)));
  Closer closer{fd};
  struct stat status{};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return Fail(ErrorKind::kInvalid, path + " is not a file");
  if (status.st_uid != geteuid()) return Fail(ErrorKind::kInvalid, path + " belongs to someone else");
  if ((status.st_mode & 077) != 0) {
    return Fail(ErrorKind::kInvalid, path + " is open to others; its mode must be 0600");
  }
  std::string text(kMaxFile, '\0');
  size_t size = 0;
  while (size < text.size()) {
    ssize_t got = read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fail(ErrorKind::kUnavailable, fmt::format("cannot read {}: {}", path, strerror(errno)));
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size == text.size()) return Fail(ErrorKind::kInvalid, path + " is too large for a key");
  text.resize(size);
  return text;
}

// Linked to its name, which fails where another was faster.
Result<void> MakePrivate(const std::string& path, const std::string& text) {
  TRY(beside, WriteBeside(path, text));
  bool linked = link(beside.c_str(), path.c_str()) == 0 || errno == EEXIST;
  unlink(beside.c_str());
  if (!linked) return Fail(ErrorKind::kUnavailable, fmt::format("cannot write {}", path));
  return SyncFolderOf(path);
}

Result<void> ReplacePrivate(const std::string& path, const std::string& text) {
  TRY(beside, WriteBeside(path, text));
  if (rename(beside.c_str(), path.c_str()) == 0) return SyncFolderOf(path);
  auto failed = Fail(ErrorKind::kUnavailable, fmt::format("cannot write {}: {}", path, strerror(errno)));
  unlink(beside.c_str());
  return failed;
}

}  // namespace ashlar::identity
