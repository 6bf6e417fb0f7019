// SPDX-License-Identifier: Apache-2.0
#include "contract/environment.h"

#include "contract/position.h"

namespace ashlar::contract {
namespace {

bool IsNameStart(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool IsNamePart(char c) { return IsNameStart(c) || (c >= '0' && c <= '9'); }

// `${NAME}` or `${NAME:-default}` at the beginning of a text.
struct Reference {
  std::string name;
  std::optional<std::string> fallback;
  size_t size = 0;  // of all of it
};
std::optional<Reference> ReadReference(std::string_view text) {
  size_t at = 2;
  while (at < text.size() && (at == 2 ? IsNameStart(text[at]) : IsNamePart(text[at]))) ++at;
  if (at == 2) return std::nullopt;
  Reference reference{std::string(text.substr(2, at - 2)), std::nullopt, 0};
  std::string_view rest = text.substr(at);
  if (rest.starts_with(":-")) {
    size_t end = rest.find('}');
    if (end == std::string_view::npos) return std::nullopt;
    reference.fallback = std::string(rest.substr(2, end - 2));
    reference.size = at + end + 1;
    return reference;
  }
  if (!rest.starts_with('}')) return std::nullopt;
  reference.size = at + 1;
  return reference;
}

void FillScalar(Node& node, const Options& options, Mistakes& mistakes) {
  size_t at = node.text.find("${");
  if (at == std::string::npos) return;
  std::string out;
  size_t copied = 0;
  for (; at != std::string::npos; at = node.text.find("${", at)) {
    auto reference = ReadReference(std::string_view(node.text).substr(at));
    if (!reference) {
      mistakes.Add(PlaceIn(node, at, 2, mistakes.text(node.place.source)), Problem::kVariableForm);
      node.unset = true;
      return;
    }
    std::optional<std::string> value;
    if (options.environment) value = options.environment(reference->name);
    if (!value) value = std::move(reference->fallback);
    if (!value) {
      node.unset = true;
      if (!options.allow_unset) {
        mistakes.Add(PlaceIn(node, at, reference->size, mistakes.text(node.place.source)), Problem::kVariableUnset,
                     reference->name);
      }
    }
    out += node.text.substr(copied, at - copied);
    out += value.value_or("");
    at += reference->size;
    copied = at;
  }
  out += node.text.substr(copied);
  node.text = std::move(out);
  node.filled = true;
}

}  // namespace

void FillIn(Node& node, const Options& options, Mistakes& mistakes) {
  if (node.is_scalar()) return FillScalar(node, options, mistakes);
  for (Entry& entry : node.entries) FillIn(entry.value, options, mistakes);
  for (Node& item : node.items) FillIn(item, options, mistakes);
}

}  // namespace ashlar::contract
