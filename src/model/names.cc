// SPDX-License-Identifier: Apache-2.0
#include "model/names.h"

#include <array>
#include <utility>

namespace ashlar::model {
namespace {

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char ToLower(char c) { return IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsVowel(char c) { return std::string_view("aeiou").find(c) != std::string_view::npos; }

bool StartsWord(std::string_view name, size_t at) {
  if (at == 0 || !IsUpper(name[at])) return at == 0;
  bool after_word = IsLower(name[at - 1]) || IsDigit(name[at - 1]);
  return after_word || (at + 1 < name.size() && IsLower(name[at + 1]));
}

std::string Join(std::string_view name, char separator) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (i > 0 && StartsWord(name, i)) out += separator;
    out += ToLower(name[i]);
  }
  return out;
}

// Words whose plural no rule makes; whole words in lower case.
constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kIrregular = {{
    {"person", "people"}, {"child", "children"},       {"man", "men"},     {"woman", "women"}, {"foot", "feet"},
    {"tooth", "teeth"},   {"goose", "geese"},          {"mouse", "mice"},  {"ox", "oxen"},     {"datum", "data"},
    {"medium", "media"},  {"criterion", "criteria"},   {"leaf", "leaves"}, {"half", "halves"}, {"shelf", "shelves"},
    {"life", "lives"},    {"knife", "knives"},         {"wife", "wives"},  {"wolf", "wolves"}, {"thief", "thieves"},
    {"quiz", "quizzes"},  {"phenomenon", "phenomena"},
}};
constexpr std::array<std::string_view, 16> kUncountable = {
    "equipment", "information", "news",  "series",   "species",  "money",    "rice", "sheep",
    "fish",      "deer",        "staff", "metadata", "feedback", "software", "data", "media",
};
constexpr std::array<std::string_view, 5> kTakesEs = {"hero", "potato", "tomato", "echo", "veto"};

bool EndsWithAny(std::string_view word, std::initializer_list<std::string_view> endings) {
  for (std::string_view ending : endings) {
    if (word.ends_with(ending)) return true;
  }
  return false;
}

// The plural of one word in lower case.
std::string PluralOfWord(const std::string& word) {
  for (const auto& [one, many] : kIrregular) {
    if (word == one) return std::string(many);
  }
  for (std::string_view same : kUncountable) {
    if (word == same) return word;
  }
  for (std::string_view taker : kTakesEs) {
    if (word == taker) return word + "es";
  }
  std::string stem = word.substr(0, word.size() < 2 ? 0 : word.size() - 2);
  if (word.size() > 3 && word.ends_with("sis")) return stem + "es";
  if (EndsWithAny(word, {"s", "x", "z", "ch", "sh"})) return word + "es";
  if (word.size() > 1 && word.ends_with('y') && IsLower(word[word.size() - 2]) && !IsVowel(word[word.size() - 2])) {
    return word.substr(0, word.size() - 1) + "ies";
  }
  return word + "s";
}

}  // namespace

std::string SnakeCase(std::string_view name) { return Join(name, '_'); }
std::string KebabCase(std::string_view name) { return Join(name, '-'); }

std::string LowerFirst(std::string_view name) {
  std::string out(name);
  for (size_t i = 0; i < out.size() && (i == 0 || !StartsWord(name, i)); ++i) out[i] = ToLower(out[i]);
  return out;
}

std::string Plural(std::string_view name) {
  if (name.empty()) return "";
  size_t word = name.size();
  while (word > 0 && !StartsWord(name, --word)) continue;
  std::string lower;
  for (char c : name.substr(word)) lower += ToLower(c);
  std::string plural = PluralOfWord(lower);
  // The letters that stay keep their case: APIKey gives APIKeys.
  for (size_t i = 0; i < plural.size() && i < lower.size() && plural[i] == lower[i]; ++i) plural[i] = name[word + i];
  if (IsUpper(name[word]) && IsLower(plural[0])) plural[0] = static_cast<char>(plural[0] - 'a' + 'A');
  return std::string(name.substr(0, word)) + plural;
}

}  // namespace ashlar::model
