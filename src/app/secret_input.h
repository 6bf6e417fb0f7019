// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "base/result.h"

namespace ashlar::app {

// A secret from standard input, never from the command line, which others see: its one line; at a terminal it is asked
// for by that name, twice, and not shown. kInvalid: there is none, more than one line, too much, or not twice the same.
Result<std::string> ReadSecret(const std::string& name);

}  // namespace ashlar::app
