// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/query.h"

#include <charconv>
#include <map>
#include <ranges>
#include <set>

#include "base/near.h"
#include "call/aggregation.h"

namespace ashlar::surface::rest {
namespace {

using model::OperationKind;

constexpr size_t kMaxParameters = 200;
constexpr int kMaxDots = 8;  // the planner allows fewer relations; this bounds what is built to tell so

// What ReadNamed reads.
constexpr std::string_view kNamed[] = {"page",   "perPage", "total", "after",  "before",  "sort", "fields", "include",
                                       "filter", "deleted", "q",     "select", "groupBy", "tz",   "purge",  "dryRun"};

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (true) {
    size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

template <class Names>
bool IsOneOf(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

class QueryReader {
 public:
  QueryReader(OperationKind kind, call::Call& call) : kind_(kind), call_(call) {}

  void Read(const Parameters& parameters) {
    if (parameters.size() > kMaxParameters) return Wrong(fmt::format("more than {} parameters", kMaxParameters));
    for (const auto& [name, value] : parameters) ReadOne(name, value);
    CheckPaging(seen_, call_.paging, wrong_);
    if (Groups()) call_.aggregation = std::make_shared<const call::Aggregation>(std::move(aggregation_));
  }

  const std::vector<std::string>& wrong() const { return wrong_; }

 private:
  bool Lists() const { return kind_ == OperationKind::kList; }
  bool Groups() const { return kind_ == OperationKind::kAggregate; }
  bool Finds() const { return Lists() || Groups(); }
  bool Pages() const { return Finds() || kind_ == OperationKind::kHistory; }
  bool Selects() const { return Lists() || kind_ == OperationKind::kGet; }

  void ReadOne(const std::string& name, const std::string& value) {
    if (IsOneOf(kNamed, name) && ReadNamed(name, value)) return;
    if (Groups() && ReadGrouping(name, value)) return;
    if (!Finds()) return Wrong(fmt::format("'{}' is not a parameter of this operation{}", name, Meant(name)));
    ReadCondition(name, value);
  }

  bool Takes(std::string_view name) const {
    if (name == "page" || name == "perPage") return Pages();
    if (name == "after" || name == "before") return Lists();
    if (name == "fields" || name == "include") return Selects();
    if (name == "purge") return kind_ == OperationKind::kDelete;
    if (name == "dryRun") return model::Writes(kind_);
    return Finds() && name != "select" && name != "groupBy" && name != "tz";
  }

  // What this operation takes that is written nearly so.
  std::string Meant(std::string_view name) const {
    std::vector<std::string> taken;
    for (std::string_view one : kNamed) {
      if (Takes(one)) taken.emplace_back(one);
    }
    std::string near = Near(name, taken);
    return near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near);
  }

  // True if the name is one of the parameters; they may each stand once.
  bool ReadNamed(const std::string& name, const std::string& value) {
    if (!Takes(name)) return false;
    if (name == "page") {
      call_.paging.page = Number(name, value);
    } else if (name == "perPage") {
      call_.paging.per_page = Number(name, value);
    } else if (name == "total") {
      call_.paging.total = Flag(name, value);
    } else if (name == "after" || name == "before") {
      call_.paging.cursor = true;
      call_.paging.backwards = name == "before";
      call_.paging.at = value;
    } else if (name == "sort") {
      ReadSort(value);
    } else if (name == "fields") {
      call_.selection.fields = Names(name, value);
    } else if (name == "include") {
      for (const std::string& path : Names(name, value)) {
        if (!AddInclude(path, call_.selection)) Wrong(fmt::format("'include': '{}' is too deep", path));
      }
    } else if (name == "filter") {
      if (value.empty()) Wrong("'filter' is empty");
      call_.filter = value;
    } else if (name == "q") {
      call_.search = value;
    } else if (name == "purge") {
      call_.purge = Flag(name, value);
    } else if (name == "deleted") {
      if (value != "with" && value != "only") Wrong("'deleted' must be with or only");
      call_.deleted = value == "only" ? call::Deleted::kOnly : call::Deleted::kWith;
    } else if (name == "dryRun") {
      call_.dry_run = Flag(name, value);
    }
    if (!seen_.insert(name).second) Wrong(fmt::format("'{}' is given twice", name));
    return true;
  }

  // What only an aggregate has; true if the name is one of these.
  bool ReadGrouping(const std::string& name, const std::string& value) {
    if (name == "select") {
      aggregation_.select = Names(name, value);
    } else if (name == "groupBy") {
      aggregation_.group_by = Names(name, value);
    } else if (name == "tz") {
      aggregation_.zone = value;
    } else if (name.starts_with("having[")) {
      ReadHaving(name, value);
      return true;
    } else {
      bool named = IsOneOf(kNamed, name);
      if (named) Wrong(fmt::format("'{}' is not a parameter of this operation", name));
      return named;
    }
    if (!seen_.insert(name).second) Wrong(fmt::format("'{}' is given twice", name));
    return true;
  }

  // `having[sum(price)][gte]=10`, `having[count]=2`
  void ReadHaving(const std::string& name, const std::string& value) {
    size_t end = name.find(']');
    std::string measure = name.substr(7, end == std::string::npos ? end : end - 7);
    std::string_view rest = end == std::string::npos ? "" : std::string_view(name).substr(end + 1);
    if (measure.empty() || end == std::string::npos || (!rest.empty() && (rest[0] != '[' || rest.back() != ']'))) {
      return Wrong(fmt::format("'{}' must be as 'having[count][gte]'", name));
    }
    call::Condition condition;
    condition.place = name;
    condition.path = {measure};
    if (!rest.empty() && !ReadOperator(name, rest.substr(1, rest.size() - 2), condition)) return;
    AddCondition(std::move(condition), fmt::format("having[{}]", measure), value, aggregation_.having);
  }

  bool Flag(const std::string& name, const std::string& value) {
    if (value != "true" && value != "false") Wrong(fmt::format("'{}' must be true or false", name));
    return value == "true";
  }

  int64_t Number(const std::string& name, const std::string& value) {
    int64_t number = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < 1) {
      Wrong(fmt::format("'{}' must be a positive whole number", name));
      return 1;
    }
    return number;
  }

  std::vector<std::string> Names(const std::string& parameter, const std::string& value) {
    std::vector<std::string> names = Split(value, ',');
    for (const std::string& name : names) {
      if (name.empty()) Wrong(fmt::format("'{}' has an empty name", parameter));
    }
    return names;
  }

  void ReadSort(const std::string& value) {
    for (std::string& term : Names("sort", value)) AddSortTerm(std::move(term), call_.sort);
  }

  // `price[gte]=10`, `category.name=Tea`
  void ReadCondition(const std::string& name, const std::string& value) {
    call::Condition condition;
    condition.place = name;
    std::string_view path = name;
    if (size_t bracket = name.find('['); bracket != std::string::npos && name.ends_with(']')) {
      path = std::string_view(name).substr(0, bracket);
      if (!ReadOperator(name, name.substr(bracket + 1, name.size() - bracket - 2), condition)) return;
    }
    condition.path = Split(path, '.');
    if (std::find(condition.path.begin(), condition.path.end(), "") != condition.path.end()) {
      return Wrong(fmt::format("'{}' is not a field", name));
    }
    AddCondition(std::move(condition), path, value, call_.where);
  }

  bool ReadOperator(const std::string& name, std::string_view op, call::Condition& condition) {
    const call::OperatorRow* row = call::FindOperator(op);
    if (row == nullptr) {
      Wrong(fmt::format("'{}': there is no operator '{}'; there are {}", name, op, OperatorNames()));
      return false;
    }
    condition.op = row->op;
    return true;
  }

  // Repeating `in` adds values; nothing else may be repeated.
  void AddCondition(call::Condition condition, std::string_view path, const std::string& value,
                    std::vector<call::Condition>& conditions) {
    bool many = RowOf(condition.op).many;
    condition.values = many ? SplitValues(value) : std::vector<std::string>{value};
    std::string key = fmt::format("{}[{}]", path, RowOf(condition.op).name);
    auto [place, fresh] = conditions_.try_emplace(key, conditions.size());
    if (fresh) {
      conditions.push_back(std::move(condition));
    } else if (many && condition.op == call::Operator::kIn) {
      auto& values = conditions[place->second].values;
      values.insert(values.end(), condition.values.begin(), condition.values.end());
    } else {
      Wrong(fmt::format("'{}' is given twice", key));
    }
  }

  static std::string OperatorNames() {
    auto names = std::views::transform(call::Operators(), &call::OperatorRow::name);
    return fmt::format("{}", fmt::join(names, ", "));
  }

  void Wrong(std::string message) { wrong_.push_back(std::move(message)); }

  OperationKind kind_;
  call::Call& call_;
  call::Aggregation aggregation_;
  std::set<std::string> seen_;
  std::map<std::string, size_t> conditions_;
  std::vector<std::string> wrong_;
};

}  // namespace

void AddSortTerm(std::string term, std::vector<call::SortTerm>& sort) {
  bool descending = term.starts_with('-');
  if (descending) term.erase(0, 1);
  sort.push_back({std::move(term), descending});
}

bool AddInclude(std::string_view path, call::Selection& selection) {
  if (std::count(path.begin(), path.end(), '.') > kMaxDots) return false;
  size_t dot = path.find('.');
  std::string name(path.substr(0, dot));
  auto found = std::find_if(selection.includes.begin(), selection.includes.end(),
                            [&](const auto& include) { return include.key == name; });
  if (found == selection.includes.end()) {
    selection.includes.push_back({name, name, {}});
    found = std::prev(selection.includes.end());
  }
  return dot == std::string_view::npos || AddInclude(path.substr(dot + 1), found->selection);
}

void CheckPaging(const std::set<std::string>& seen, const call::Paging& paging, std::vector<std::string>& wrong) {
  if (seen.contains("after") && seen.contains("before")) wrong.emplace_back("'after' and 'before' exclude each other");
  if (paging.cursor && (seen.contains("page") || seen.contains("total"))) {
    wrong.push_back(fmt::format("'{}' does not go with '{}'", seen.contains("page") ? "page" : "total",
                                paging.backwards ? "before" : "after"));
  }
}

bool IsParameterName(std::string_view name) { return IsOneOf(kNamed, name); }

std::vector<std::string> SplitValues(std::string_view text) {
  std::vector<std::string> values(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') {
      values.back() += ',';
      ++i;
    } else if (text[i] == ',') {
      values.emplace_back();
    } else {
      values.back() += text[i];
    }
  }
  return values;
}

void DecodeQuery(const Parameters& parameters, model::OperationKind kind, call::Call& call) {
  QueryReader reader(kind, call);
  reader.Read(parameters);
  if (reader.wrong().empty() || call.malformed) return;
  call.malformed = call::ApiError{call::Code::kInvalidQuery, fmt::format("{}", fmt::join(reader.wrong(), "; ")), {}};
}

}  // namespace ashlar::surface::rest
