// SPDX-License-Identifier: Apache-2.0
#include "identity/keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto/hmac.h"
#include "base/crypto/random.h"
#include "base/hex.h"
#include "base/sync_folder.h"

namespace ashlar::identity {
namespace {

constexpr size_t kMaxFile = 8192;

struct Closer {
  int fd;
  ~Closer() { close(fd); }
};

// nullopt: there is no such file.
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
  ssize_t size = read(fd, text.data(), text.size());
  if (size == static_cast<ssize_t>(text.size())) return Fail(ErrorKind::kInvalid, path + " is too large for a key");
  if (size < 0) return Fail(ErrorKind::kUnavailable, fmt::format("cannot read {}: {}", path, strerror(errno)));
  text.resize(static_cast<size_t>(size));
  return text;
}

// Whole or not at all: written beside, then linked to its name, which fails where another was faster.
Result<void> WritePrivate(const std::string& path, const std::string& text) {
  std::array<uint8_t, 8> chance{};
  RandomBytes(chance);
  std::string beside =
      fmt::format("{}.{}", path, HexEncode({reinterpret_cast<const char*>(chance.data()), chance.size()}));
  int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Fail(ErrorKind::kUnavailable, fmt::format("cannot write {}: {}", beside, strerror(errno)));
  bool written = false;
  {
    Closer closer{fd};
    written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  }
  bool linked = written && (link(beside.c_str(), path.c_str()) == 0 || errno == EEXIST);
  unlink(beside.c_str());
  if (!linked) return Fail(ErrorKind::kUnavailable, fmt::format("cannot write {}", path));
  return SyncFolderOf(path);
}

}  // namespace

ServiceKeys::ServiceKeys(EcdsaKey key) : signing_(std::move(key)) {
  cursor_ = HmacSha256(signing_.ToPem(), "ashlar cursor");
  Digest refresh = HmacSha256(signing_.ToPem(), "ashlar refresh token");
  Digest browser = HmacSha256(signing_.ToPem(), "ashlar browser session");
  browser_.assign(reinterpret_cast<const char*>(browser.data()), browser.size());
  second_factor_ = HmacSha256(signing_.ToPem(), "ashlar second factor");
  refresh_.assign(reinterpret_cast<const char*>(refresh.data()), refresh.size());
  Digest limits = HmacSha256(signing_.ToPem(), "ashlar limits");
  std::memcpy(&limits_, limits.data(), sizeof limits_);
}

Result<ServiceKeys> ServiceKeys::Open(const std::string& path) {
  TRY(text, ReadPrivate(path));
  if (!text) {
    TRY(fresh, EcdsaKey::Generate());
    TRY_VOID(WritePrivate(path, fresh.ToPem()));
    TRY(again, ReadPrivate(path));
    text = std::move(again);
  }
  auto key = EcdsaKey::FromPem(text.value_or(""));
  if (!key) return Fail(ErrorKind::kInvalid, fmt::format("{}: {}", path, key.error().message));
  return ServiceKeys(std::move(*key));
}

}  // namespace ashlar::identity
