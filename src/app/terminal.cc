// SPDX-License-Identifier: Apache-2.0
#include "app/terminal.h"

#include <unistd.h>

#include <cstdlib>

namespace ashlar::app {

bool IsTerminal(int fd) { return isatty(fd) != 0; }

bool ColourFor(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  return IsTerminal(fd) && (no_color == nullptr || *no_color == '\0');
}

}  // namespace ashlar::app
