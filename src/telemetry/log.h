// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/observe.h"

namespace ashlar::telemetry {

enum class Format : uint8_t { kJson, kText };

// One line for an observation, with its end. A line stays a line and a terminal a terminal: control characters are
// escaped, what is not UTF-8 is replaced.
std::string FormatLine(const Observation& observation, int64_t now_micros, Format format, bool colour);

// Writes observations to a file descriptor from a thread of its own. Never blocks who observes: beyond kQueueBytes new
// lines are dropped, and how many were is told as soon as there is room. Thread safe.
class LogWriter final : public Observer {
 public:
  static constexpr size_t kQueueBytes = 4 << 20;
  static constexpr int kLastWordsMillis = 1000;

  LogWriter(int fd, Format format, bool colour, const Clock& clock);
  // Writes what waits, as far as somebody reads it within kLastWordsMillis.
  ~LogWriter() override;
  void Observe(const Observation& observation) override;
  // Lines, since the start.
  uint64_t dropped();

 private:
  void Loop();
  void Write(std::string_view batch);
  bool WaitUntilWritable();

  const int fd_;
  const bool is_file_;
  const Format format_;
  const bool colour_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable some_;
  std::string waiting_;  // whole lines
  uint64_t dropped_ = 0;        // and not yet told
  uint64_t dropped_total_ = 0;
  bool idle_ = false;                   // the thread waits for the first line
  bool closed_ = false;
  int64_t give_up_micros_ = INT64_MAX;  // of the steady clock, once closed
  std::thread thread_;
};

}  // namespace ashlar::telemetry
