// SPDX-License-Identifier: Apache-2.0
// Parse takes exactly what the byte-by-byte reader admits, and what it has read it reads again as it was written.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json/json.h"
#include "base/json/locate.h"
#include "base/utf8.h"

using ashlar::json::Limits;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr Limits kLimits{.depth = 16, .bytes = 1 << 16};
  auto document = ashlar::json::Parse(text, kLimits);
  auto error = ashlar::json::Locate(text, kLimits);
  if (document.has_value() == error.has_value()) std::abort();
  if (!document) {
    if (error->line < 1 || error->column < 1) std::abort();
    return 0;
  }
  std::string written = ashlar::json::ToText(*document);
  if (!ashlar::IsValidUtf8(written)) std::abort();
  auto again = ashlar::json::Parse(written, {.depth = 16, .bytes = SIZE_MAX});
  if (!again || !(*again == *document) || ashlar::json::ToText(*again) != written) std::abort();
  return 0;
}
