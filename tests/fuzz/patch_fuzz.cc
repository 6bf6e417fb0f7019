// SPDX-License-Identifier: Apache-2.0
// A document and, in the next line, a patch: what comes out is JSON within the limits, is itself, and changed only if
// the patch was taken as a whole.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json/patch.h"

using namespace ashlar::json;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  constexpr PatchLimits kLimits{.operations = 32, .depth = 16, .copied = 1 << 12, .steps = 1 << 12};
  auto document = Parse(text.substr(0, line), {.depth = 16, .bytes = 1 << 12});
  auto patch = Parse(text.substr(line + 1), {.depth = 16, .bytes = 1 << 14});
  if (!document || !patch) return 0;
  if (!SameValue(*document, *document) || !SameValue(*patch, *patch)) std::abort();
  Json target = *document;
  if (auto error = ApplyPatch(target, *patch, kLimits)) {
    if (error->message.empty()) std::abort();
    return 0;
  }
  auto again = Parse(ToText(target), {.depth = 16, .bytes = SIZE_MAX});
  if (!again || !(*again == target) || !SameValue(*again, target)) std::abort();
  return 0;
}
