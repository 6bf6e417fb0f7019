// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "base/observe.h"

namespace ashlar::surface {

// The value of a Server-Timing header (W3C): each stage that took place, and the whole, in milliseconds. It tells how
// long things take, so it is for development alone.
std::string ServerTiming(const RequestDone& done);

}  // namespace ashlar::surface
