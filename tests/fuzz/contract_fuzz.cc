// SPDX-License-Identifier: Apache-2.0
// Any bytes as a contract: it compiles, or every mistake has a place in it and can be shown.
#include <cstdlib>

#include "base/json/json.h"
#include "base/utf8.h"
#include "contract/contract.h"

// libfyaml 0.7.12 itself loses a buffer on some texts that it refuses; a contract is read once.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfyaml"; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar::contract;
  std::vector<Source> sources = {{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)}};
  Options options;
  options.allow_unset = size % 2 == 0;
  auto compiled = Compile(sources, options);
  if (compiled) return 0;
  if (compiled.error().empty()) std::abort();
  for (const Mistake& mistake : compiled.error()) {
    if (mistake.line < 1 || mistake.column < 1 || mistake.caret < 1 || mistake.length < 1) std::abort();
  }
  if (!ashlar::IsValidUtf8(Render(compiled.error(), true))) std::abort();
  if (!ashlar::json::Parse(RenderJson(compiled.error()), {.depth = 8, .bytes = 64 << 20})) std::abort();
  return 0;
}
