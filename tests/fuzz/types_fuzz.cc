// SPDX-License-Identifier: Apache-2.0
// Whatever is read, as JSON or as a query's text, is written in a form that is read again to the same value.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "types/list_form.h"
#include "types/type.h"

namespace ashlar::types {
namespace {

std::vector<TypePtr> MakeTypes() {
  std::vector<TypePtr> types;
  for (const FieldType& row : FieldTypes()) {
    Parameters parameters;
    if (row.name == "decimal") parameters.arguments = {"12", "3"};
    if (row.name == "enum") parameters.arguments = {"a", "b"};
    types.push_back(*row.make(parameters));
  }
  for (size_t i = 0, scalars = types.size(); i < scalars; ++i) {
    Parameters parameters;
    parameters.element = types[i];
    if (auto list = MakeList(parameters)) types.push_back(*list);
  }
  return types;
}

void Require(bool condition) {
  if (!condition) std::abort();
}

std::string Shown(const Type& type, const Value& value) {
  std::string out;
  json::Writer writer(out);
  type.Format(value, writer);
  return out;
}

void CheckRoundTrip(const Type& type, const Value& value) {
  Require(value.kind() == type.kind());
  std::string text = Shown(type, value);
  auto written = json::Parse(text, {.depth = 80, .bytes = SIZE_MAX});
  Require(written.has_value());
  auto again = type.Parse(*written);
  Require(again.has_value() && *again == value);
  Require(type.Validate(value).empty());
  Require(Compare(value, *again) == 0);
  const Type* element = type.element();
  if (element != nullptr) Require(FromListForm(ToListForm(*value.get<List>()), *element) == value);
}

}  // namespace
}  // namespace ashlar::types

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar::types;
  static const std::vector<TypePtr> types = MakeTypes();
  if (size == 0) return 0;
  const Type& type = *types[data[0] % types.size()];
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (auto document = ashlar::json::Parse(text); document && !document->is_null()) {
    if (auto value = type.Parse(*document)) CheckRoundTrip(type, *value);
  }
  if (auto value = type.ParseText(text)) {
    // Bounds are not judged here; what is within them must be written and read alike.
    if (type.Validate(*value).empty()) CheckRoundTrip(type, *value);
  }
  return 0;
}
