// SPDX-License-Identifier: Apache-2.0
// Any text as the value of a header: what is read of it is part of it, and means the same with other spaces or case.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/hex.h"
#include "base/trace.h"
#include "surface/rest/accept.h"
#include "surface/rest/decode.h"

namespace ashlar {
namespace {

using namespace surface::rest;

void Require(bool condition) {
  if (!condition) std::abort();
}

bool IsPartOf(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

bool Same(const Accepted& one, const Accepted& other) { return one.form == other.form && one.problem == other.problem; }

void CheckAccept(std::string_view text) {
  std::string spaced;
  for (std::string_view item : Items(text)) {
    Require(IsPartOf(item, text) && item == Trim(item));
    spaced += (spaced.empty() ? "" : " ,\t") + std::string(item);
    auto quality = ParameterOf(item, "q");
    Require(!quality || IsPartOf(*quality, item));
    std::string type = MediaType(item);
    Require(type.size() <= item.size() && std::ranges::none_of(type, [](char c) { return c >= 'A' && c <= 'Z'; }));
    Require(MediaType(type) == type);
  }
  if (std::ranges::count(text, '"') % 2 == 0) Require(Same(Negotiate(spaced), Negotiate(text)));
}

void CheckTrace(std::string_view text) {
  auto parent = ParseTraceparent(text);
  if (!parent) return;
  Require(parent->begun() && text.size() >= 55);
  auto hex = [](const auto& bytes) { return HexEncode({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); };
  Require(text.substr(3, 32) == hex(parent->trace_id) && text.substr(36, 16) == hex(parent->span_id));
  static TraceIds ids;
  Trace own = ids.Begin(parent);
  Require(own.trace_id == parent->trace_id && own.span_id != parent->span_id);
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  ashlar::CheckAccept(text);
  ashlar::CheckTrace(text);
  using ashlar::surface::rest::NamesTag;
  if (NamesTag(text, "\"7\"")) ashlar::Require(text.contains("\"7\"") || text.contains('*'));
  return 0;
}
