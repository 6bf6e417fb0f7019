// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/accept.h"

#include <charconv>
#include <string>

namespace ashlar::surface::rest {
namespace {

// The weight of an item, 1 unless a parameter `q` says otherwise.
double WeightOf(std::string_view item) {
  for (size_t mark = item.find(';'); mark != std::string_view::npos; mark = item.find(';')) {
    item.remove_prefix(mark + 1);
    std::string_view parameter = Trim(item.substr(0, item.find(';')));
    if (parameter.size() < 2 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') continue;
    double weight = 1;
    auto [end, error] = std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), weight);
    return error == std::errc() && weight >= 0 && weight <= 1 ? weight : 1;
  }
  return 1;
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

std::vector<std::string_view> Items(std::string_view value) {
  std::vector<std::string_view> items;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= value.size(); ++i) {
    if (i == value.size() || (value[i] == ',' && !quoted)) {
      std::string_view item = Trim(value.substr(begin, i - begin));
      if (!item.empty()) items.push_back(item);
      begin = i + 1;
    } else if (value[i] == '"') {
      quoted = !quoted;
    } else if (value[i] == '\\' && quoted && i + 1 < value.size()) {
      ++i;
    }
  }
  return items;
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
  accepted.problem = problem.precision == 3 && problem.weight > 0 && problem.weight >= envelope.weight;
  if (hal.weight > envelope.weight) {
    accepted.form = Form::kHal;
  } else if (envelope.weight == 0 && !accepted.problem) {
    accepted.form.reset();
  }
  return accepted;
}

}  // namespace ashlar::surface::rest
