// SPDX-License-Identifier: Apache-2.0
#include "contract/findings/words.h"

#include "model/names.h"

namespace ashlar::contract {

std::vector<std::string> WordsOf(std::string_view name) {
  std::vector<std::string> words(1);
  for (char c : model::SnakeCase(name)) {
    if (c == '_') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

std::string Listed(std::span<const std::string> items) {
  std::string out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += i + 1 == items.size() ? " and " : ", ";
    out += items[i];
  }
  return out;
}

}  // namespace ashlar::contract
