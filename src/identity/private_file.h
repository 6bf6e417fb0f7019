// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>

#include "base/result.h"

namespace ashlar::identity {

// Files of mode 0600 that hold secrets. No error tells what stands in one.

// nullopt: there is no such file. kInvalid: it is no file, others may read it, it is not this user's, or too large.
Result<std::optional<std::string>> ReadPrivate(const std::string& path);
// Makes it, whole or not at all, unless it is there: then it stays.
Result<void> MakePrivate(const std::string& path, const std::string& text);
// Puts another in its place, in one step that is on the disk when this returns.
Result<void> ReplacePrivate(const std::string& path, const std::string& text);

}  // namespace ashlar::identity
