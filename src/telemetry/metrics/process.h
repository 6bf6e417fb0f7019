// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "telemetry/metrics/exposition.h"

namespace ashlar::telemetry {

// What the system says of this process: processor, memory, descriptors; what it does not say is left out. `since`: when
// the process began to serve, in microseconds since 1970.
void WriteProcess(int64_t since_micros, Exposition& out);

}  // namespace ashlar::telemetry
