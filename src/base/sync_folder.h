// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "base/result.h"

namespace ashlar {

// Puts the names in a file's folder on the disk: until then a new file is lost with the power, however well it was
// synced itself. A file system that syncs no folders is taken at its word.
Result<void> SyncFolderOf(const std::string& path);

}  // namespace ashlar
