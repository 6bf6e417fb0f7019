// SPDX-License-Identifier: Apache-2.0
#include "cel/foreign_words.h"

#include <span>

namespace ashlar::cel {
namespace {

struct Word {
  std::string_view foreign;
  std::string_view ours;
};
constexpr Word kOperators[] = {
    {"and", "&&"}, {"AND", "&&"}, {"or", "||"}, {"OR", "||"}, {"not", "!"}, {"NOT", "!"}, {"is", "=="}, {"IS", "=="},
    {"eq", "=="},  {"ne", "!="},  {"=", "=="},  {"&", "&&"},  {"|", "||"},  {"<>", "!="}, {"~", "!"},
};
constexpr Word kNames[] = {
    {"yes", "true"},           {"on", "true"},
    {"no", "false"},           {"off", "false"},
    {"nil", "null"},           {"None", "null"},
    {"none", "null"},          {"undefined", "null"},
    {"now", "now()"},          {"user", "auth"},
    {"me", "auth.id"},         {"userId", "auth.id"},
    {"roles", "auth.roles"},   {"scopes", "auth.scopes"},
    {"claims", "auth.claims"},
};

std::string_view OursOf(std::string_view foreign, std::span<const Word> words) {
  for (const Word& word : words) {
    if (word.foreign == foreign) return word.ours;
  }
  return "";
}

}  // namespace

std::string_view OperatorFor(std::string_view foreign) { return OursOf(foreign, kOperators); }

std::string_view NameFor(std::string_view foreign) { return OursOf(foreign, kNames); }

}  // namespace ashlar::cel
