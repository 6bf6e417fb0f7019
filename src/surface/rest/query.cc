// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/query.h"

#include <charconv>
#include <map>
#include <ranges>
#include <set>

namespace ashlar::surface::rest {
namespace {

using model::OperationKind;

constexpr size_t kMaxParameters = 200;
constexpr int kMaxDots = 8;  // the planner allows fewer relations; this bounds what is built to tell so

// Of a later build; refused by name wherever they stand.
constexpr std::string_view kNotBuilt[] = {"select", "groupBy", "having", "tz"};

// What ReadNamed reads.
constexpr std::string_view kNamed[] = {"page",    "perPage", "total",   "after", "before", "sort",  "fields",
                                       "include", "filter",  "deleted", "q",     "purge",  "dryRun"};

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
    if (seen_.contains("after") && seen_.contains("before")) Wrong("'after' and 'before' exclude each other");
    if (call_.paging.cursor && (seen_.contains("page") || seen_.contains("total"))) {
      Wrong(fmt::format("'{}' does not go with '{}'", seen_.contains("page") ? "page" : "total",
                        call_.paging.backwards ? "before" : "after"));
    }
  }

  const std::vector<std::string>& wrong() const { return wrong_; }

 private:
  bool Lists() const { return kind_ == OperationKind::kList; }
  bool Pages() const { return Lists() || kind_ == OperationKind::kHistory; }
  bool Selects() const { return Lists() || kind_ == OperationKind::kGet; }

  void ReadOne(const std::string& name, const std::string& value) {
    if (IsOneOf(kNotBuilt, name)) {
      return Wrong(fmt::format("'{}' is not supported by this build", name));
    }
    if (IsOneOf(kNamed, name) && ReadNamed(name, value)) return;
    if (!Lists()) return Wrong(fmt::format("'{}' is not a parameter of this operation", name));
    ReadCondition(name, value);
  }

  // True if the name is one of the parameters; they may each stand once.
  bool ReadNamed(const std::string& name, const std::string& value) {
    bool known = true;
    if (name == "page" && Pages()) {
      call_.paging.page = Number(name, value);
    } else if (name == "perPage" && Pages()) {
      call_.paging.per_page = Number(name, value);
    } else if (name == "total" && Lists()) {
      call_.paging.total = Flag(name, value);
    } else if ((name == "after" || name == "before") && Lists()) {
      call_.paging.cursor = true;
      call_.paging.backwards = name == "before";
      call_.paging.at = value;
    } else if (name == "sort" && Lists()) {
      ReadSort(value);
    } else if (name == "fields" && Selects()) {
      call_.selection.fields = Names(name, value);
    } else if (name == "include" && Selects()) {
      for (const std::string& path : Names(name, value)) {
        if (std::count(path.begin(), path.end(), '.') > kMaxDots)
          return Wrong(fmt::format("'include': '{}' is too deep", path)), true;
        AddInclude(call_.selection, path);
      }
    } else if (name == "filter" && Lists()) {
      if (value.empty()) Wrong("'filter' is empty");
      call_.filter = value;
    } else if (name == "q" && Lists()) {
      call_.search = value;
    } else if (name == "purge" && kind_ == OperationKind::kDelete) {
      call_.purge = Flag(name, value);
    } else if (name == "deleted" && Lists()) {
      if (value != "with" && value != "only") Wrong("'deleted' must be with or only");
      call_.deleted = value == "only" ? call::Deleted::kOnly : call::Deleted::kWith;
    } else if (name == "dryRun" && model::Writes(kind_)) {
      call_.dry_run = Flag(name, value);
    } else {
      known = false;
    }
    if (known && !seen_.insert(name).second) Wrong(fmt::format("'{}' is given twice", name));
    return known;
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
    for (std::string name : Names("sort", value)) {
      bool descending = name.starts_with('-');
      if (descending) name.erase(0, 1);
      call_.sort.push_back({std::move(name), descending});
    }
  }

  // Paths that begin alike share their beginning.
  static void AddInclude(call::Selection& selection, std::string_view path) {
    size_t dot = path.find('.');
    std::string name(path.substr(0, dot));
    auto found = std::find_if(selection.includes.begin(), selection.includes.end(),
                              [&](const auto& include) { return include.key == name; });
    if (found == selection.includes.end()) {
      selection.includes.push_back({name, name, {}});
      found = std::prev(selection.includes.end());
    }
    if (dot != std::string_view::npos) AddInclude(found->selection, path.substr(dot + 1));
  }

  // `price[gte]=10`, `category.name=Tea`
  void ReadCondition(const std::string& name, const std::string& value) {
    call::Condition condition;
    condition.place = name;
    std::string_view path = name;
    if (size_t bracket = name.find('['); bracket != std::string::npos && name.ends_with(']')) {
      std::string op = name.substr(bracket + 1, name.size() - bracket - 2);
      const call::OperatorRow* row = call::FindOperator(op);
      if (row == nullptr)
        return Wrong(fmt::format("'{}': there is no operator '{}'; there are {}", name, op, OperatorNames()));
      condition.op = row->op;
      path = std::string_view(name).substr(0, bracket);
    }
    condition.path = Split(path, '.');
    if (std::find(condition.path.begin(), condition.path.end(), "") != condition.path.end()) {
      return Wrong(fmt::format("'{}' is not a field", name));
    }
    bool many = RowOf(condition.op).many;
    condition.values = many ? SplitValues(value) : std::vector<std::string>{value};
    std::string key = fmt::format("{}[{}]", path, RowOf(condition.op).name);
    auto [place, fresh] = conditions_.try_emplace(key, call_.where.size());
    if (fresh) {
      call_.where.push_back(std::move(condition));
    } else if (many && condition.op == call::Operator::kIn) {
      auto& values = call_.where[place->second].values;
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
  std::set<std::string> seen_;
  std::map<std::string, size_t> conditions_;
  std::vector<std::string> wrong_;
};

}  // namespace

bool IsParameterName(std::string_view name) { return IsOneOf(kNamed, name) || IsOneOf(kNotBuilt, name); }

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
