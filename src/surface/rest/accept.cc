// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/accept.h"

#include <charconv>
#include <string>

#include "http/syntax.h"

namespace ashlar::surface::rest {
namespace {

// The weight of an item (RFC 9110, 12.4.2), 1 unless a parameter `q` says otherwise.
double WeightOf(std::string_view item) {
  auto given = ParameterOf(item, "q");
  double weight = 1;
  if (!given) return weight;
  auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), weight);
  return error == std::errc() && weight >= 0 && weight <= 1 ? weight : 1;
}

// What stands between separators outside of quotes, trimmed, but for what is empty (RFC 9110, 5.6).
std::vector<std::string_view> Parts(std::string_view value, char separator) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= value.size(); ++i) {
    if (i < value.size() && quoted && value[i] == '\\' && i + 1 < value.size()) {
      ++i;
      continue;
    }
    if (i < value.size() && value[i] == '"') quoted = !quoted;
    if (i < value.size() && (quoted || value[i] != separator)) continue;
    std::string_view part = Trim(value.substr(begin, i - begin));
    if (!part.empty()) parts.push_back(part);
    begin = i + 1;
  }
  return parts;
}

// How much an offer is wanted: by the most specific range that takes it, and whether that names it.
struct Wanted {
  double weight = 0;
  int precision = 0;  // 3: by name
};

Wanted Want(const std::vector<std::string_view>& items, std::string_view offer) {
  Wanted wanted;
  for (std::string_view item : items) {
    std::string range = MediaType(item);
    int precision = range == offer ? 3 : range == "application/*" ? 2 : range == "*/*" ? 1 : 0;
    if (precision > wanted.precision) wanted = {WeightOf(item), precision};
  }
  return wanted;
}

}  // namespace

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> Items(std::string_view value) { return Parts(value, ','); }

std::optional<std::string_view> ParameterOf(std::string_view value, std::string_view name) {
  for (std::string_view part : Parts(value.substr(std::min(value.find(';'), value.size())), ';')) {
    size_t equals = part.find('=');
    if (equals == std::string_view::npos || !http::EqualIgnoringCase(Trim(part.substr(0, equals)), name)) continue;
    std::string_view given = Trim(part.substr(equals + 1));
    bool quoted = given.size() >= 2 && given.front() == '"' && given.back() == '"';
    return quoted ? given.substr(1, given.size() - 2) : given;
  }
  return std::nullopt;
}

std::string MediaType(std::string_view value) {
  std::string type(Trim(value.substr(0, value.find(';'))));
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return type;
}

Accepted Negotiate(std::string_view accept) {
  if (accept.empty() || accept == "*/*" || accept == "application/json") return {};
  std::vector<std::string_view> items = Items(accept);
  if (items.empty()) return {};
  Wanted envelope = Want(items, "application/json");
  Wanted hal = Want(items, kHal);
  Wanted problem = Want(items, kProblem);
  Accepted accepted;
  accepted.json = envelope.weight > 0 || (problem.precision == 3 && problem.weight > 0);
  accepted.problem = problem.precision == 3 && problem.weight > 0 && problem.weight >= envelope.weight;
  if (hal.weight > envelope.weight) {
    accepted.form = Form::kHal;
  } else if (envelope.weight == 0 && !accepted.problem) {
    accepted.form.reset();
  }
  return accepted;
}

}  // namespace ashlar::surface::rest
