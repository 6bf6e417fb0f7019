// SPDX-License-Identifier: Apache-2.0
#include "contract/scalar.h"

#include <charconv>

namespace ashlar::contract {
namespace {

bool IsPlain(const Node& node) { return node.is_scalar() && (node.style == Style::kPlain || node.filled); }

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  for (std::string_view word : words) {
    if (text == word) return true;
  }
  return false;
}

std::optional<int64_t> ReadDigits(std::string_view digits, int base) {
  int64_t number = 0;
  auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (digits.empty() || error != std::errc() || stop != digits.data() + digits.size()) return std::nullopt;
  return number;
}

size_t CountDigits(std::string_view text) {
  size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  return count;
}

// A YAML number as JSON writes it: no plus sign, no leading zeros, digits on both sides of the point.
std::optional<std::string> ToJsonNumber(std::string_view text) {
  std::string out;
  if (text.starts_with('-')) out = "-";
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  size_t whole = CountDigits(text);
  std::string_view integer = text.substr(0, whole);
  text.remove_prefix(whole);
  std::string_view fraction;
  if (text.starts_with('.')) {
    fraction = text.substr(1, CountDigits(text.substr(1)));
    text.remove_prefix(1 + fraction.size());
  }
  if (integer.empty() && fraction.empty()) return std::nullopt;
  while (integer.size() > 1 && integer.front() == '0') integer.remove_prefix(1);
  out += integer.empty() ? "0" : integer;
  if (!fraction.empty()) (out += '.') += fraction;
  if (text.empty()) return out;
  if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
  text.remove_prefix(1);
  out += 'e';
  if (text.starts_with('-') || text.starts_with('+')) {
    out += text.front();
    text.remove_prefix(1);
  }
  if (text.empty() || CountDigits(text) != text.size()) return std::nullopt;
  return out + std::string(text);
}

json::Json ScalarToJson(const Node& node) {
  if (IsNull(node)) return {};
  if (!IsPlain(node)) return json::Json(node.text);
  if (auto flag = ToBool(node)) return json::Json(*flag);
  if (node.text.starts_with("0x") || node.text.starts_with("0o")) {
    if (auto number = ToInt(node)) return json::Json(json::Number{std::to_string(*number)});
  }
  if (auto number = ToJsonNumber(node.text)) return json::Json(json::Number{*std::move(number)});
  return json::Json(node.text);
}

}  // namespace

bool IsNull(const Node& node) {
  return node.is_scalar() && node.style == Style::kPlain && !node.unset &&
         IsOneOf(node.text, {"", "~", "null", "Null", "NULL"});
}

std::optional<bool> ToBool(const Node& node) {
  if (!IsPlain(node)) return std::nullopt;
  if (IsOneOf(node.text, {"true", "True", "TRUE"})) return true;
  if (IsOneOf(node.text, {"false", "False", "FALSE"})) return false;
  return std::nullopt;
}

std::optional<int64_t> ToInt(const Node& node) {
  if (!IsPlain(node)) return std::nullopt;
  std::string_view text = node.text;
  if (text.starts_with("0x")) return ReadDigits(text.substr(2), 16);
  if (text.starts_with("0o")) return ReadDigits(text.substr(2), 8);
  if (text.starts_with('+')) text.remove_prefix(1);
  return ReadDigits(text, 10);
}

json::Json ToJson(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kScalar: return ScalarToJson(node);
    case Node::Kind::kMapping: {
      json::Object object;
      for (const Entry& entry : node.entries) object.push_back({entry.key, ToJson(entry.value)});
      return json::Json(std::move(object));
    }
    case Node::Kind::kSequence: {
      json::Array array;
      for (const Node& item : node.items) array.push_back(ToJson(item));
      return json::Json(std::move(array));
    }
  }
  return {};
}

std::optional<int64_t> ParseSeconds(std::string_view text, int64_t longest) {
  constexpr std::pair<char, int64_t> kUnits[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}};
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 1 || number > longest || end + 1 != text.data() + text.size()) {
    return std::nullopt;
  }
  for (auto [unit, seconds] : kUnits) {
    if (*end == unit && number <= longest / seconds) return number * seconds;
  }
  return std::nullopt;
}

}  // namespace ashlar::contract
