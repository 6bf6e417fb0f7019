// SPDX-License-Identifier: Apache-2.0
#include "identity/breached_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/crypto/sha1.h"
#include "base/hex.h"

namespace ashlar::identity {
namespace {

constexpr uint64_t kLongestLine = 64;  // bytes, with its end: a hash, a colon, a count of at most 21 digits
constexpr uint64_t kWindow = 64 << 10;
constexpr uint64_t kWindows = 256;     // that are looked through at the start
constexpr uint64_t kScanned = 4096;    // what is left of a search is read line by line

// A line without its end, or nothing if it is none of a list.
std::optional<Sha1Digest> ParseLine(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  Sha1Digest digest{};
  const size_t digits = 2 * digest.size();
  if (line.size() < digits || line.size() > kLongestLine - 2) return std::nullopt;
  for (size_t i = 0; i < digest.size(); ++i) {
    int high = HexDigit(line[2 * i]), low = HexDigit(line[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<uint8_t>(high << 4 | low);
  }
  std::string_view count = line.substr(digits);
  if (count.empty()) return digest;
  bool number = count.size() > 1 && count.starts_with(':') &&
                std::ranges::all_of(count.substr(1), [](char c) { return c >= '0' && c <= '9'; });
  return number ? std::optional(digest) : std::nullopt;
}

// Takes the first line off the text. Nothing if it has no end, but for the last one of the file.
std::optional<std::string_view> TakeLine(std::string_view& text, bool last) {
  size_t end = text.find('\n');
  if (text.empty() || (end == std::string_view::npos && !last)) return std::nullopt;
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

Result<std::unique_ptr<const BreachedList>> BreachedList::Open(const std::string& path) {
  auto wrong = [&](std::string_view what) {
    return Fail(ErrorKind::kInvalid, fmt::format("identity.password.breached: {}: {}", path, what));
  };
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return wrong(std::strerror(errno));
  struct stat status{};
  const bool known = fstat(fd, &status) == 0;
  std::unique_ptr<const BreachedList> list(new BreachedList(path, fd, static_cast<uint64_t>(status.st_size)));
  if (!known || !S_ISREG(status.st_mode)) return wrong("is not a file");
  if (status.st_size == 0) return wrong("is empty");
  if (auto judged = list->Judge(); !judged) return wrong(judged.error().message);
  return list;
}

BreachedList::~BreachedList() { close(fd_); }

// Windows all over the file, which meet each other if it is small: their lines are hashes and ascend. The line that
// begins just behind a window is of it, and one that begins before it, or with it, of the window before.
Result<void> BreachedList::Judge() const {
  const auto wrong = [](std::string_view what, uint64_t at) {
    return Fail(ErrorKind::kInvalid, fmt::format("{} at byte {}", what, at));
  };
  const uint64_t step = std::max(kWindow, size_ / kWindows);
  std::optional<Sha1Digest> before;
  for (uint64_t from = 0; from < size_; from += step) {
    const uint64_t to = std::min(size_, from + kWindow + kLongestLine);
    TRY(text, Read(from, to));
    std::string_view left = text;
    if (from > 0 && !TakeLine(left, to == size_)) return wrong("no line with a SHA-1 hash", from);
    for (uint64_t at = to - left.size(); at < to && at <= from + kWindow; at = to - left.size()) {
      auto line = TakeLine(left, to == size_);
      auto digest = line ? ParseLine(*line) : std::nullopt;
      if (!digest) return wrong("no line with a SHA-1 hash", at);
      if (before && *digest < *before) return wrong("not sorted", at);
      before = digest;
    }
  }
  return {};
}

Result<std::string> BreachedList::Read(uint64_t from, uint64_t to) const {
  std::string text(to - from, '\0');
  for (size_t have = 0; have < text.size();) {
    ssize_t got = pread(fd_, text.data() + have, text.size() - have, static_cast<off_t>(from + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Fail(ErrorKind::kUnavailable, fmt::format("{} cannot be read", path_));
    have += static_cast<size_t>(got);
  }
  return text;
}

// The line, if it is there, begins in [low, high), where a line begins at `low`.
Result<bool> BreachedList::Holds(std::string_view password) const {
  const Sha1Digest sought = Sha1(password);
  const auto broken = [&] { return Fail(ErrorKind::kUnavailable, fmt::format("{} is no longer sorted", path_)); };
  uint64_t low = 0, high = size_;
  while (high - low > kScanned) {
    const uint64_t middle = low + (high - low) / 2;
    TRY(text, Read(middle, std::min(size_, middle + 2 * kLongestLine)));
    const size_t end = text.find('\n');
    if (end == std::string::npos) return broken();
    const uint64_t begin = middle + end + 1;
    std::string_view left = std::string_view(text).substr(end + 1);
    auto line = TakeLine(left, begin + left.size() == size_);
    auto digest = line ? ParseLine(*line) : std::nullopt;
    if (!digest) return broken();
    if (*digest == sought) return true;
    (sought < *digest ? high : low) = begin;
  }
  TRY(text, Read(low, std::min(size_, high + kLongestLine)));
  std::string_view left = text;
  while (auto line = TakeLine(left, true)) {
    auto digest = ParseLine(*line);
    if (digest && *digest == sought) return true;
  }
  return false;
}

}  // namespace ashlar::identity
