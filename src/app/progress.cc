// SPDX-License-Identifier: Apache-2.0
#include "app/progress.h"

#include <unistd.h>

#include "app/terminal.h"

namespace ashlar::app {
namespace {

constexpr size_t kBarWidth = 30;

std::string Grouped(size_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

}  // namespace

std::string RenderProgress(size_t done, size_t total) {
  if (total == 0) return fmt::format("reading: {} rows", Grouped(done));
  done = std::min(done, total);
  size_t filled = done * kBarWidth / total;
  size_t percent = done * 100 / total;
  return fmt::format("[{:<{}}] {:>3} %  {} of {} rows", std::string(filled, '#'), kBarWidth, percent, Grouped(done),
                     Grouped(total));
}

ProgressBar::ProgressBar() : terminal_(IsTerminal(STDERR_FILENO)) {}

ProgressBar::~ProgressBar() {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

void ProgressBar::Show(size_t done, size_t total) {
  if (!terminal_) return;
  fmt::print(stderr, "\r\x1b[K{}", RenderProgress(done, total));
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace ashlar::app
