// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace ashlar::app {

// One line without its end: "[#####     ]  45 %  7,023 of 15,607 rows"; "reading: 7,023 rows" while none are counted.
std::string RenderProgress(size_t done, size_t total);

// A bar on standard error where that is a terminal, taken away at the end; silent elsewhere.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void Show(size_t done, size_t total);

 private:
  bool terminal_;
  bool shown_ = false;
};

}  // namespace ashlar::app
