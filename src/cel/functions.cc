// SPDX-License-Identifier: Apache-2.0
#include "cel/functions.h"

#include "base/utf8.h"
#include "types/regex.h"

namespace ashlar::cel {
namespace {

constexpr FunctionRow kFunctions[] = {
    {Op::kAnd, "&&", "bool && bool -> bool", "both; false wins over an error on either side"},
    {Op::kOr, "||", "bool || bool -> bool", "either; true wins over an error on either side"},
    {Op::kNot, "!", "!bool -> bool", "not"},
    {Op::kConditional, "?:", "bool ? T : T -> T", "one of two; the other is not looked at"},
    {Op::kEqual, "==", "T == T -> bool", "equal; null equals null alone"},
    {Op::kNotEqual, "!=", "T != T -> bool", "not equal; any value is unlike null"},
    {Op::kLess, "<", "T < T -> bool", "less; null has no order"},
    {Op::kLessOrEqual, "<=", "T <= T -> bool", "less or equal"},
    {Op::kGreater, ">", "T > T -> bool", "greater"},
    {Op::kGreaterOrEqual, ">=", "T >= T -> bool", "greater or equal"},
    {Op::kIn, "in", "T in list(T) -> bool", "whether an element equals it"},
    {Op::kAdd, "+", "T + T -> T", "sum of numbers, durations, a time and a duration; strings joined"},
    {Op::kSubtract, "-", "T - T -> T", "difference of numbers, durations, times"},
    {Op::kMultiply, "*", "number * number -> number", "product; overflow is an error"},
    {Op::kDivide, "/", "number / number -> number",
     "quotient; of ints without the rest, of decimals half-even to six digits more"},
    {Op::kModulo, "%", "int % int -> int", "rest, with the sign of the dividend"},
    {Op::kNegate, "-", "-number -> number", "the number with the other sign"},
    {Op::kHas, "has", "has(row.field) -> bool", "whether the row is there and the field is not null"},
    {Op::kIndex, "[]", "json[string] -> json", "a member of claims or of a json field, by its name"},
    {Op::kMember, ".", "row.field, json.name", "a field of a row, a member of claims or of a json field"},
    {Op::kSize, "size", "size(string | list | rows) -> int", "code points, elements, rows"},
    {Op::kSum, "sum", "list(number).sum() -> number", "the sum; 0 of an empty list"},
    {Op::kStartsWith, "startsWith", "string.startsWith(string) -> bool", "whether it begins so"},
    {Op::kEndsWith, "endsWith", "string.endsWith(string) -> bool", "whether it ends so"},
    {Op::kContains, "contains", "string.contains(string) -> bool", "whether it is a part of it"},
    {Op::kMatches, "matches", "string.matches(string) -> bool", "whether a part of it matches the RE2 pattern"},
    {Op::kEqualIgnoringCase, "", "ieq", "equal when case is folded; of the query operator alone"},
    {Op::kContainsIgnoringCase, "", "icontains", "a part when case is folded; of the query operator alone"},
    {Op::kTimestamp, "timestamp", "timestamp(string) -> timestamp", "a literal time, RFC 3339"},
    {Op::kDuration, "duration", "duration(string) -> duration", "a literal duration: '1h30m', 'PT1H30M'"},
    {Op::kHasRole, "hasRole", "hasRole(string) -> bool", "whether the caller has the role, inherited ones included"},
    {Op::kHasScope, "hasScope", "hasScope(string) -> bool", "whether the caller's credential has the scope"},
};

}  // namespace

std::span<const FunctionRow> Functions() { return kFunctions; }

std::vector<std::string> FunctionNames() {
  std::vector<std::string> names = {"all", "exists", "exists_one", "map", "filter", "now"};
  for (const FunctionRow& row : kFunctions) {
    if (!row.name.empty() && row.name[0] >= 'a' && row.name[0] <= 'z') names.emplace_back(row.name);
  }
  return names;
}

bool IsPattern(std::string_view text) { return types::Regex::Make(text).has_value(); }

std::optional<types::Duration> ParseCelDuration(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  static constexpr std::pair<std::string_view, int64_t> kUnits[] = {
      {"h", 3'600'000'000}, {"ms", 1'000}, {"us", 1}, {"m", 60'000'000}, {"s", 1'000'000}};
  if (text.empty()) return std::nullopt;
  __int128 total = 0;
  while (!text.empty()) {
    __int128 number = 0;
    __int128 scale = 1;
    bool point = false;
    size_t digits = 0;
    while (!text.empty() && ((text[0] >= '0' && text[0] <= '9') || (text[0] == '.' && !point))) {
      if (text[0] == '.') {
        point = true;
      } else {
        if (++digits > 18) return std::nullopt;
        number = number * 10 + (text[0] - '0');
        if (point) scale *= 10;
      }
      text.remove_prefix(1);
    }
    auto unit =
        std::find_if(std::begin(kUnits), std::end(kUnits), [&](const auto& u) { return text.starts_with(u.first); });
    if (digits == 0 || unit == std::end(kUnits)) return std::nullopt;
    text.remove_prefix(unit->first.size());
    if (number * unit->second % scale != 0) return std::nullopt;  // finer than a microsecond
    total += number * unit->second / scale;
    if (total > INT64_MAX) return std::nullopt;
  }
  return types::Duration{static_cast<int64_t>(negative ? -total : total)};
}

}  // namespace ashlar::cel
