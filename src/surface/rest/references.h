// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json/json.h"
#include "call/api_error.h"

namespace ashlar::surface::rest {

// "${c1.lines[0].id}": a value of what an earlier operation of a batch answered. A text that begins with "${" is one or
// is refused; one that begins with "$${" is a text that begins with "${"; every other text is itself.
struct Reference {
  std::string text;  // as it was written
  std::string of;  // the operation's id
  std::vector<std::variant<std::string, size_t>> path;  // members and items, one at least
};
// Or why it is none.
std::expected<Reference, std::string> ParseReference(std::string_view text);

// Whether there is anything to resolve in these, escapes included; the ids that are referred to are added to `ids`.
bool FindReferences(const json::Json& document, std::vector<std::string>& ids);
bool FindReferences(std::string_view target, std::vector<std::string>& ids);

// The value that a reference stands for, or why there is none.
using LookUp = std::function<std::expected<const json::Json*, std::string>(const Reference&)>;
// Whatever in the document is a reference becomes its value, as it is; what is wrong is told of all, by place. Where
// `values` alone are taken, objects are not, nor arrays of them: in a query they would be operators and conditions.
enum class Takes : uint8_t { kAll, kValues };
std::vector<call::ErrorDetail> Resolve(json::Json& document, const LookUp& look_up, Takes takes = Takes::kAll);
// The same for whole segments of a path and whole values of its query, which take texts, numbers and booleans.
std::expected<std::string, std::string> ResolveTarget(std::string_view target, const LookUp& look_up);

// Where the reference leads in that document.
std::expected<const json::Json*, std::string> Follow(const Reference& reference, const json::Json& document);

}  // namespace ashlar::surface::rest
