// SPDX-License-Identifier: Apache-2.0
#include "contract/type_text.h"

namespace ashlar::contract {
namespace {

void Trim(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
}

bool TakeLast(std::string_view& text, char c) {
  Trim(text);
  if (!text.ends_with(c)) return false;
  text.remove_suffix(1);
  Trim(text);
  return true;
}

bool IsNamePart(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool IsName(std::string_view text) {
  for (char c : text) {
    if (!IsNamePart(c)) return false;
  }
  return !text.empty();
}

}  // namespace

std::optional<TypeText> ParseTypeText(std::string_view text) {
  TypeText type;
  std::string_view rest = text;
  type.required = TakeLast(rest, '!');
  Trim(rest);
  if (rest.starts_with('[')) {
    if (!TakeLast(rest, ']')) return std::nullopt;
    rest.remove_prefix(1);
    type.list = true;
    type.element_required = TakeLast(rest, '!');
    Trim(rest);
  }
  if (size_t open = rest.find('('); open != std::string_view::npos) {
    if (!TakeLast(rest, ')')) return std::nullopt;
    std::string_view arguments = rest.substr(open + 1);
    rest = rest.substr(0, open);
    while (true) {
      size_t end = std::min(arguments.find(','), arguments.size());
      std::string_view argument = arguments.substr(0, end);
      Trim(argument);
      type.arguments.emplace_back(argument);
      if (end == arguments.size()) break;
      arguments.remove_prefix(end + 1);
    }
  }
  Trim(rest);
  if (!IsName(rest)) return std::nullopt;
  type.name = rest;
  type.offset = static_cast<size_t>(rest.data() - text.data());
  return type;
}

}  // namespace ashlar::contract
