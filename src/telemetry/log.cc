// SPDX-License-Identifier: Apache-2.0
#include "telemetry/log.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "base/counted.h"

namespace ashlar::telemetry {
namespace {

constexpr size_t kPiece = 4096;    // what a pipe that can be written to takes without blocking (PIPE_BUF)
constexpr int kLookMillis = 100;   // how often a writer that nobody reads looks whether it should end
// Lines are gathered for so long, unless they are many: a thread that is woken for each costs more than its line.
constexpr auto kGather = std::chrono::milliseconds(5);
constexpr size_t kManyBytes = 256 << 10;

// What takes any number of bytes at once, whoever reads it.
bool IsFile(int fd) {
  struct stat about{};
  return fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

}  // namespace

LogWriter::LogWriter(int fd, Format format, bool colour, const Clock& clock)
    : fd_(fd), is_file_(IsFile(fd)), format_(format), colour_(colour), clock_(clock) {
  thread_ = std::thread([this] { Loop(); });
}

LogWriter::~LogWriter() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    give_up_micros_ = clock_.SteadyMicros() + kLastWordsMillis * int64_t{1000};
  }
  some_.notify_one();
  thread_.join();
}

void LogWriter::Observe(const Observation& observation) {
  const auto* request = std::get_if<RequestDone>(&observation);
  const int64_t now = request != nullptr && request->wall_us != 0 ? request->wall_us : clock_.NowMicros();
  std::string line = FormatLine(observation, now, format_, colour_);
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > kQueueBytes) {
      ++dropped_;
      ++dropped_total_;
      return;
    }
    bool was_many = waiting_.size() >= kManyBytes;
    waiting_ += line;
    wake = idle_ || (!was_many && waiting_.size() >= kManyBytes);
    idle_ = false;
  }
  if (wake) some_.notify_one();
}

uint64_t LogWriter::dropped() {
  std::lock_guard lock(mutex_);
  return dropped_total_;
}

void LogWriter::Loop() {
  std::string batch;
  while (true) {
    uint64_t dropped = 0;
    {
      std::unique_lock lock(mutex_);
      idle_ = waiting_.empty();
      some_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
      idle_ = false;
      some_.wait_for(lock, kGather, [this] { return closed_ || waiting_.size() >= kManyBytes; });
      if (waiting_.empty()) return;
      batch.clear();
      std::swap(batch, waiting_);
      dropped = std::exchange(dropped_, 0);
    }
    if (dropped > 0) {
      Note note{Severity::kWarning, "log.dropped", Counted(dropped, "line") + " dropped"};
      batch += FormatLine(note, clock_.NowMicros(), format_, colour_);
    }
    Write(batch);
  }
}

void LogWriter::Write(std::string_view batch) {
  while (!batch.empty()) {
    if (!is_file_ && !WaitUntilWritable()) return;
    ssize_t size = write(fd_, batch.data(), is_file_ ? batch.size() : std::min(batch.size(), kPiece));
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size <= 0) return;  // nobody reads it, and there is no other place to say so
    batch.remove_prefix(static_cast<size_t>(size));
  }
}

// False once the last words have taken too long, also where they are read, but slowly.
bool LogWriter::WaitUntilWritable() {
  while (true) {
    pollfd one{fd_, POLLOUT, 0};
    bool writable = poll(&one, 1, kLookMillis) > 0;
    {
      std::lock_guard lock(mutex_);
      if (clock_.SteadyMicros() >= give_up_micros_) return false;
    }
    if (writable) return true;
  }
}

}  // namespace ashlar::telemetry
