// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"

namespace ashlar::json {

// JSON Patch (RFC 6902) with JSON Pointer (RFC 6901). All functions are pure.

// The parts of a pointer, unescaped; nullopt if it is none. "" points at the whole document and has no parts.
std::optional<std::vector<std::string>> ParsePointer(std::string_view text);

struct PatchLimits {
  size_t operations = 256;
  int depth = 64;               // of the document that comes out
  size_t copied = 1 << 20;      // bytes that all `copy` operations together may add
  size_t steps = 4 << 20;       // members and elements looked at or moved aside
};

// Why a patch was not applied, and by which of its operations.
struct PatchError {
  enum class Kind : uint8_t {
    kForm,      // it is no patch, or beyond the limits
    kConflict,  // the document is not what it expects: nothing stands at a path, a test fails
  };
  Kind kind = Kind::kForm;
  std::string place;  // "[2].path", empty for the patch itself
  std::string message;
  bool operator==(const PatchError&) const = default;
};

// All operations in their order, or the first that cannot be done; `target` is then left half changed.
std::optional<PatchError> ApplyPatch(Json& target, const Json& patch, const PatchLimits& limits = {});

// Whether two documents are the same value: numbers by what they are worth, members in any order (RFC 6902 4.6).
bool SameValue(const Json& one, const Json& other);

}  // namespace ashlar::json
