// SPDX-License-Identifier: Apache-2.0
#include "app/operator/source_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ashlar::app {
namespace {

constexpr size_t kPiece = 64 << 10;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

Result<SourceFile> SourceFile::Open(const std::string& path) {
  // Without waiting for whoever writes into a pipe; a regular file never waits.
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return Fail(ErrorKind::kInvalid, fmt::format("cannot read {}: {}", path, strerror(errno)));
  return Adopt(path, descriptor);
}

Result<SourceFile> SourceFile::Adopt(std::string path, int descriptor) {
  SourceFile file(std::move(path), descriptor);
  struct stat status{};
  if (fstat(descriptor, &status) != 0) {
    return Fail(ErrorKind::kInvalid, fmt::format("cannot read {}: {}", file.path_, strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) {
    return Fail(ErrorKind::kInvalid, fmt::format("cannot read {}: it is not a regular file", file.path_));
  }
  file.size_ = static_cast<uint64_t>(status.st_size);
  file.modified_ = status.st_mtim;
  return file;
}

SourceFile::SourceFile(SourceFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      modified_(other.modified_) {}

SourceFile::~SourceFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<size_t> SourceFile::ReadAt(uint64_t offset, std::span<char> into) const {
  size_t done = 0;
  while (done < into.size()) {
    ssize_t got = pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fail(ErrorKind::kUnavailable, fmt::format("cannot read {}: {}", path_, strerror(errno)));
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

bool SourceFile::Unchanged() const {
  struct stat status{};
  return fstat(descriptor_, &status) == 0 && static_cast<uint64_t>(status.st_size) == size_ &&
         status.st_mtim.tv_sec == modified_.tv_sec && status.st_mtim.tv_nsec == modified_.tv_nsec;
}

ByteReader::ByteReader(const SourceFile& file) : file_(file), buffer_(kPiece, '\0') {
  if (Fill() && std::string_view(buffer_).substr(0, filled_).starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

bool ByteReader::Fill() {
  if (!trouble_.empty()) return false;
  base_ += filled_;
  at_ = 0;
  filled_ = 0;
  auto got = file_.ReadAt(base_, buffer_);
  if (got) {
    filled_ = *got;
  } else {
    trouble_ = got.error().message;
  }
  return filled_ > 0;
}

Result<std::string_view> PartReader::Read(uint64_t offset, size_t length) {
  bool inside = offset >= base_ && offset + length <= base_ + window_.size();
  if (!inside) {
    // A part that follows the window begins a piece; one that stands elsewhere is read by itself.
    bool follows = offset >= base_ && offset < base_ + window_.size() + kPiece;
    window_.resize(follows ? std::max(length, kPiece) : length);
    base_ = offset;
    TRY(got, file_->ReadAt(offset, window_));
    window_.resize(got);
    if (got < length) return Fail(ErrorKind::kUnavailable, fmt::format("{} ends too early", file_->path()));
  }
  return std::string_view(window_).substr(offset - base_, length);
}

}  // namespace ashlar::app
