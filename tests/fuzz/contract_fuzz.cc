// SPDX-License-Identifier: Apache-2.0
// Any bytes as a contract: it compiles, or there are mistakes; these and findings have a place in it and can be shown.
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
  Judgement judgement = Judge(sources, options);
  if ((judgement.service == nullptr) == judgement.mistakes.empty()) std::abort();
  for (const MistakeList* list : {&judgement.mistakes, &judgement.findings}) {
    for (const Mistake& mistake : *list) {
      if (mistake.line < 1 || mistake.column < 1 || mistake.caret < 1 || mistake.length < 1) std::abort();
    }
    if (!ashlar::IsValidUtf8(Render(*list, true))) std::abort();
  }
  for (const std::string& text : {RenderJson(judgement), RenderSarif(judgement, "0")}) {
    if (!ashlar::json::Parse(text, {.depth = 16, .bytes = 64 << 20})) std::abort();
  }
  return 0;
}
