// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/observe.h"

namespace ashlar::telemetry {

enum class Format : uint8_t { kJson, kText };

// One line for an observation, with its end; control characters are escaped, so that a line stays a line.
std::string FormatLine(const Observation& observation, int64_t now_micros, Format format, bool colour);

// Writes observations to a file descriptor from a thread of its own. Never blocks who observes: beyond kQueueLimit
// lines, new ones are dropped, and how many is told in the next line. Thread safe. The destructor writes what waits.
class LogWriter final : public Observer {
 public:
  static constexpr size_t kQueueLimit = 10'000;

  LogWriter(int fd, Format format, bool colour, const Clock& clock);
  ~LogWriter() override;
  void Observe(const Observation& observation) override;

 private:
  void Loop();

  const int fd_;
  const Format format_;
  const bool colour_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable some_;
  std::deque<std::string> lines_;
  uint64_t dropped_ = 0;
  bool closed_ = false;
  std::thread thread_;
};

// Text on a terminal, JSON otherwise; colours on a terminal unless NO_COLOR is set.
Format FormatFor(int fd);
bool ColourFor(int fd);

}  // namespace ashlar::telemetry
