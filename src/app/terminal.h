// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace ashlar::app {

// Whether a person looks at what is written there.
bool IsTerminal(int fd);
// Colours are for terminals, unless NO_COLOR is set (no-color.org).
bool ColourFor(int fd);

}  // namespace ashlar::app
