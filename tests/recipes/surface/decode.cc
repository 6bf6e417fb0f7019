// SPDX-License-Identifier: Apache-2.0
#include "recipes/surface/decode.h"

namespace ashlar::recipes {
namespace {

using call::Code;
using model::OperationKind;

struct Verb {
  std::string_view name;
  OperationKind kind;
  bool row;      // an id follows the resource
  bool body;     // JSON follows
  bool selects;  // fields= may follow
};
constexpr Verb kVerbs[] = {
    {"LIST", OperationKind::kList, false, false, true},     {"GET", OperationKind::kGet, true, false, true},
    {"CREATE", OperationKind::kCreate, false, true, false}, {"UPDATE", OperationKind::kUpdate, true, true, false},
    {"DELETE", OperationKind::kDelete, true, false, false},
};

// Cuts off what stands in front of the first `by`, and that too.
std::string_view Cut(std::string_view& text, char by) {
  size_t end = std::min(text.find(by), text.size());
  std::string_view cut = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return cut;
}

std::vector<std::string> Split(std::string_view text, char by) {
  std::vector<std::string> parts;
  while (text.contains(by)) parts.emplace_back(Cut(text, by));
  parts.emplace_back(text);
  return parts;
}

class Reader {
 public:
  Reader(const Verb& verb, model::OperationId operation) : verb_(verb) { call_.operation = operation; }

  call::Call Read(std::string_view rest) {
    if (verb_.row) {
      call_.id = Cut(rest, ' ');
      if (call_.id.empty()) Wrong(Code::kInvalidQuery, "an id must follow");
    }
    if (verb_.body) {
      ReadBody(rest);
    } else {
      while (!rest.empty()) ReadWord(rest);
    }
    return std::move(call_);
  }

 private:
  bool Lists() const { return verb_.kind == OperationKind::kList; }

  void Wrong(Code code, std::string message) {
    if (!call_.malformed) call_.malformed = call::ApiError{code, std::move(message), {}};
  }

  void ReadBody(std::string_view text) {
    auto parsed = json::Parse(text);
    if (!parsed) return Wrong(Code::kMalformedJson, parsed.error().message);
    call_.body = std::move(*parsed);
  }

  void ReadWord(std::string_view& rest) {
    std::string word(Cut(rest, ' '));
    if (word == "WHERE" && Lists()) {
      call_.filter = std::exchange(rest, {});
      if (call_.filter.empty()) Wrong(Code::kInvalidQuery, "an expression must follow WHERE");
    } else if (word.starts_with("fields=") && verb_.selects) {
      call_.selection.fields = Split(word.substr(7), ',');
    } else if (word.starts_with("sort=") && Lists()) {
      for (std::string& name : Split(word.substr(5), ',')) {
        bool descending = name.starts_with('-');
        call_.sort.push_back({descending ? name.substr(1) : std::move(name), descending});
      }
    } else if (size_t equals = word.find('='); equals != std::string::npos && Lists()) {
      ReadCondition(word.substr(0, equals), word.substr(equals + 1));
    } else {
      Wrong(Code::kInvalidQuery, fmt::format("{} takes no '{}'", verb_.name, word));
    }
  }

  // `name`, `album.title`, `price[gte]`; the values of a list are parted by commas.
  void ReadCondition(const std::string& place, std::string value) {
    call::Condition condition;
    condition.place = place;
    size_t bracket = place.ends_with(']') ? place.find('[') : std::string::npos;
    if (bracket != std::string::npos) {
      const call::OperatorRow* row = call::FindOperator(place.substr(bracket + 1, place.size() - bracket - 2));
      if (row == nullptr) return Wrong(Code::kInvalidQuery, fmt::format("'{}' names no operator", place));
      condition.op = row->op;
    }
    condition.path = Split(place.substr(0, bracket), '.');
    bool many = call::RowOf(condition.op).many;
    condition.values = many ? Split(value, ',') : std::vector<std::string>{std::move(value)};
    call_.where.push_back(std::move(condition));
  }

  const Verb& verb_;
  call::Call call_;
};

}  // namespace

call::Answer<call::Call> Decode(const model::Service& service, std::string_view line) {
  std::string_view name = Cut(line, ' ');
  const Verb* verb = std::ranges::find(kVerbs, name, &Verb::name);
  if (verb == std::end(kVerbs)) return call::Refuse(Code::kRouteNotFound, "a line begins with a verb");
  std::string_view resource = Cut(line, ' ');
  model::OperationId operation = service.FindOperation(service.FindResource(resource), verb->kind);
  if (!operation.valid()) return call::Refuse(Code::kRouteNotFound, "there is nothing of this name");
  return Reader(*verb, operation).Read(line);
}

}  // namespace ashlar::recipes
