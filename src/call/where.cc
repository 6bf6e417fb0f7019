// SPDX-License-Identifier: Apache-2.0
#include "call/where.h"

#include <algorithm>

namespace ashlar::call {
namespace {

using Kind = Condition::Kind;

constexpr size_t kMostMistakes = 100;
// What is beyond these is not built: the planner takes fewer, and every place tells all that stands above it.
constexpr size_t kMostConditions = 1000;
constexpr size_t kLongestPath = 256;

bool IsOperator(const json::Member& member) { return FindOperator(member.name) != nullptr; }

class WhereReader {
 public:
  explicit WhereReader(std::vector<std::string>& wrong) : wrong_(wrong) {}

  // `above`: the relations that lead here, each with a dot behind it.
  std::vector<Condition> Read(const json::Object& where, const std::string& above) {
    std::vector<Condition> all;
    for (const json::Member& member : where) {
      if (!Room()) return all;
      if (member.name.size() > kLongestPath) {
        Wrong(fmt::format("'{}{}...' is not a field", above, Shortened(member.name)));
        continue;
      }
      std::string place = above + member.name;
      if (member.name == "and" || member.name == "or" || member.name == "not") {
        ReadJunction(member, place, above, all);
      } else {
        ReadPath(member, place, all);
      }
    }
    return all;
  }

  void Wrong(std::string message) {
    if (wrong_.size() < kMostMistakes) wrong_.push_back(std::move(message));
  }

 private:
  // Whether one more condition or group of them is taken.
  bool Room() {
    if (++made_ == kMostConditions + 1) {
      wrong_.push_back(fmt::format("'where' has more than {} conditions", kMostConditions));
    }
    return made_ <= kMostConditions;
  }

  // Ends between two code points.
  static std::string_view Shortened(std::string_view name) {
    size_t size = kLongestPath;
    while (size > 0 && (static_cast<unsigned char>(name[size]) & 0xC0) == 0x80) --size;
    return name.substr(0, size);
  }

  // As a message shows it: without a value that is long.
  static std::string Brief(const json::Json& meant) {
    constexpr size_t kLongest = 100;
    std::string text = json::ToText(meant);
    return text.size() <= kLongest ? text : R"({"field": {"operator": value}})";
  }

  void ReadJunction(const json::Member& member, const std::string& place, const std::string& above,
                    std::vector<Condition>& all) {
    Condition junction;
    junction.place = place;
    junction.kind = member.name == "not" ? Kind::kNot : member.name == "or" ? Kind::kAny : Kind::kAll;
    const json::Array* parts = junction.kind == Kind::kNot ? nullptr : member.value.array();
    if (parts != nullptr) {
      for (const json::Json& part : *parts) AddPart(part, place, above, junction.of);
    } else if (junction.kind != Kind::kAny && member.value.object() != nullptr) {
      junction.of = ReadSome(*member.value.object(), place, above);
    } else {
      return Wrong(fmt::format("'{}': must be {}", place,
                               junction.kind == Kind::kNot   ? "an object"
                               : junction.kind == Kind::kAny ? "an array of objects"
                                                             : "an array of objects, or one"));
    }
    if (parts != nullptr && parts->empty()) Wrong(fmt::format("'{}': is empty", place));
    all.push_back(std::move(junction));
  }

  // One of several: what stands in it goes together.
  void AddPart(const json::Json& part, const std::string& place, const std::string& above,
               std::vector<Condition>& parts) {
    if (!Room()) return;
    if (part.object() == nullptr) return Wrong(fmt::format("'{}': must hold objects", place));
    Condition together;
    together.place = place;
    together.kind = Kind::kAll;
    together.of = ReadSome(*part.object(), place, above);
    if (together.of.size() == 1) {
      Condition only = std::move(together.of.front());
      parts.push_back(std::move(only));
    } else {
      parts.push_back(std::move(together));
    }
  }

  std::vector<Condition> ReadSome(const json::Object& where, const std::string& place, const std::string& above) {
    if (where.empty()) Wrong(fmt::format("'{}': has no condition", place));
    return Read(where, above);
  }

  void ReadPath(const json::Member& member, const std::string& place, std::vector<Condition>& all) {
    size_t bracket = member.name.find('[');
    if (bracket != std::string::npos && bracket > 0 && member.name.ends_with(']')) {  // as an address has it
      json::Object value{{member.name.substr(bracket + 1, member.name.size() - bracket - 2), member.value}};
      json::Json meant(json::Object{{member.name.substr(0, bracket), json::Json(std::move(value))}});
      return Wrong(fmt::format("'{}': in a body an operator is a member (did you mean '{}'?)", place, Brief(meant)));
    }
    Condition condition;
    condition.place = place;
    size_t start = 0;
    for (size_t dot = 0; dot != std::string::npos; start = dot + 1) {
      dot = member.name.find('.', start);
      condition.path.push_back(member.name.substr(start, dot - start));
      if (condition.path.back().empty()) return Wrong(fmt::format("'{}' is not a field", place));
    }
    const json::Object* members = member.value.object();
    if (members == nullptr) {
      ReadValue(member.value, std::move(condition), all);
    } else if (std::ranges::any_of(*members, IsOperator)) {
      ReadOperators(*members, condition, all);
    } else {
      condition.kind = Kind::kRelated;
      condition.of = ReadSome(*members, place, place + ".");
      all.push_back(std::move(condition));
    }
  }

  void ReadOperators(const json::Object& members, const Condition& plain, std::vector<Condition>& all) {
    for (const json::Member& member : members) {
      if (!Room()) return;
      const OperatorRow* row = FindOperator(member.name);
      Condition condition = plain;
      if (row == nullptr) {
        bool long_one = member.name.size() > kLongestPath;
        std::string name = long_one ? std::string(Shortened(member.name)) + "..." : member.name;
        Wrong(fmt::format("'{}[{}]': there is no operator '{}'", plain.place, name, name));
      } else {
        condition.place = fmt::format("{}[{}]", plain.place, member.name);
        condition.op = row->op;
        ReadValue(member.value, std::move(condition), all);
      }
    }
  }

  void ReadValue(const json::Json& value, Condition condition, std::vector<Condition>& all) {
    const json::Array* values = value.array();
    bool many = RowOf(condition.op).many;
    if (many && values == nullptr) return Wrong(fmt::format("'{}': must be an array", condition.place));
    if (!many && (values != nullptr || value.object() != nullptr)) {
      return Wrong(fmt::format("'{}': must be one value", condition.place));
    }
    condition.typed = many ? *values : json::Array{value};
    all.push_back(std::move(condition));
  }

  std::vector<std::string>& wrong_;
  size_t made_ = 0;
};

}  // namespace

std::vector<Condition> ReadWhere(const json::Json& where, std::vector<std::string>& wrong) {
  WhereReader reader(wrong);
  if (where.object() != nullptr) return reader.Read(*where.object(), "");
  reader.Wrong("'where': must be an object");
  return {};
}

}  // namespace ashlar::call
