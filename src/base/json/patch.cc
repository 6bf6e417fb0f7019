// SPDX-License-Identifier: Apache-2.0
#include "base/json/patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ashlar::json {
namespace {

using Path = std::vector<std::string>;

// A number as its digits without zeros around them and the power of ten of the last: 1.50 and 15e-1 are {"15", -1}.
struct Worth {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;
  bool operator==(const Worth&) const = default;
};

Worth WorthOf(std::string_view token) {
  Worth worth;
  worth.negative = token.starts_with('-');
  if (worth.negative) token.remove_prefix(1);
  size_t mark = token.find_first_of("eE");
  if (mark != std::string_view::npos) {
    std::string_view power = token.substr(mark + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), worth.exponent);
    if (error != std::errc()) worth.exponent = power.starts_with('-') ? INT32_MIN : INT32_MAX;
    worth.exponent = std::clamp<int64_t>(worth.exponent, INT32_MIN, INT32_MAX);
    token = token.substr(0, mark);
  }
  size_t point = token.find('.');
  worth.digits = token.substr(0, point);
  if (point != std::string_view::npos) {
    worth.digits += token.substr(point + 1);
    worth.exponent -= static_cast<int64_t>(token.size() - point - 1);
  }
  size_t last = worth.digits.find_last_not_of('0');
  if (last == std::string::npos) return {};  // zero, whatever its sign and power
  worth.exponent += static_cast<int64_t>(worth.digits.size() - last - 1);
  worth.digits.resize(last + 1);
  worth.digits.erase(0, worth.digits.find_first_not_of('0'));
  return worth;
}

int DepthOf(const Json& document) {
  int below = 0;
  if (const Array* array = document.array()) {
    for (const Json& element : *array) below = std::max(below, DepthOf(element));
    return below + 1;
  }
  if (const Object* object = document.object()) {
    for (const Member& member : *object) below = std::max(below, DepthOf(member.value));
    return below + 1;
  }
  return 0;
}

// The place of an element that an array has, or of the one behind its last where `end`; nullopt for anything else.
std::optional<size_t> IndexOf(const std::string& part, size_t size, bool end) {
  if (part == "-") return end ? std::optional(size) : std::nullopt;
  size_t index = 0;
  auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  bool digits = error == std::errc() && stop == part.data() + part.size() && (part == "0" || part[0] != '0');
  return digits && (index < size || (end && index == size)) ? std::optional(index) : std::nullopt;
}

Object::iterator Named(Object& object, const std::string& name) {
  return std::ranges::find(object, name, &Member::name);
}

// By name, for comparing members that may stand in any order.
std::vector<const Member*> Sorted(const Object& object) {
  std::vector<const Member*> members;
  for (const Member& member : object) members.push_back(&member);
  std::ranges::sort(members, {}, &Member::name);
  return members;
}

class Patch {
 public:
  Patch(Json& target, const PatchLimits& limits) : target_(target), limits_(limits) {}

  std::optional<PatchError> Run(const Json& patch) {
    const Array* operations = patch.array();
    if (operations == nullptr) return PatchError{PatchError::Kind::kForm, "", "a JSON Patch is an array of operations"};
    if (operations->size() > limits_.operations) {
      return PatchError{PatchError::Kind::kForm, "", fmt::format("has more than {} operations", limits_.operations)};
    }
    for (const Json& operation : *operations) {
      Apply(operation);
      if (error_) return std::move(error_);
      ++number_;
    }
    return std::nullopt;
  }

 private:
  void Wrong(PatchError::Kind kind, std::string_view member, std::string message) {
    if (error_) return;
    std::string place = fmt::format("[{}]", number_);
    if (!member.empty()) place.append(".").append(member);
    error_ = PatchError{kind, std::move(place), std::move(message)};
  }
  void Form(std::string_view member, std::string message) {
    Wrong(PatchError::Kind::kForm, member, std::move(message));
  }
  void Nothing(std::string_view member) { Wrong(PatchError::Kind::kConflict, member, "nothing stands there"); }

  std::optional<Path> PathOf(const Json& operation, std::string_view member) {
    const Json* text = operation.Find(member);
    if (text == nullptr) return Form(member, "must be given"), std::nullopt;
    if (text->string() == nullptr) return Form(member, "must be a string"), std::nullopt;
    std::optional<Path> path = ParsePointer(*text->string());
    if (!path) Form(member, "must be a JSON Pointer, like /name");
    return path;
  }

  void Apply(const Json& operation) {
    const Json* op = operation.Find("op");
    if (operation.object() == nullptr) return Form("", "must be an object");
    if (op == nullptr) return Form("op", "must be given");
    std::optional<Path> path = PathOf(operation, "path");
    if (!path) return;
    std::string_view name = op->string() == nullptr ? "" : std::string_view(*op->string());
    if (name == "remove") {
      Take(*path, "path");
    } else if (name == "move" || name == "copy") {
      FromElsewhere(operation, *path, name == "move");
    } else if (name == "add" || name == "replace" || name == "test") {
      WithValue(operation, *path, name);
    } else {
      Form("op", "must be one of add, remove, replace, move, copy, test");
    }
  }

  void WithValue(const Json& operation, const Path& path, std::string_view name) {
    const Json* value = operation.Find("value");
    if (value == nullptr) return Form("value", "must be given");
    if (name == "add") return Add(path, *value);
    Json* there = At(path, path.size());
    if (there == nullptr) return Nothing("path");
    if (name == "test") {
      if (!SameValue(*there, *value)) Wrong(PatchError::Kind::kConflict, "value", "is not what stands there");
    } else if (FitsAt(path, *value)) {
      *there = *value;
    }
  }

  void FromElsewhere(const Json& operation, const Path& path, bool moves) {
    std::optional<Path> from = PathOf(operation, "from");
    if (!from) return;
    if (moves && from->size() < path.size() && std::equal(from->begin(), from->end(), path.begin())) {
      return Form("path", "stands within what is moved");
    }
    if (moves) {
      if (path == *from) return At(path, path.size()) == nullptr ? Nothing("from") : void();
      std::optional<Json> value = Take(*from, "from");
      if (value) Add(path, std::move(*value));
      return;
    }
    const Json* there = At(*from, from->size());
    if (there == nullptr) return Nothing("from");
    copied_ += ToText(*there).size();
    if (copied_ > limits_.copied) return Form("from", fmt::format("copies more than {} bytes", limits_.copied));
    Add(path, Json(*there));
  }

  // Whether there is patience left for that many more steps.
  bool Spend(size_t steps) {
    steps_ += steps;
    if (steps_ > limits_.steps) Form("", "asks for too much at once");
    return steps_ <= limits_.steps;
  }

  Json* Step(Json& parent, const std::string& part) {
    if (Object* object = std::get_if<Object>(&parent.value)) {
      if (!Spend(object->size())) return nullptr;
      auto member = Named(*object, part);
      return member == object->end() ? nullptr : &member->value;
    }
    Array* array = std::get_if<Array>(&parent.value);
    auto index = array == nullptr ? std::nullopt : IndexOf(part, array->size(), false);
    return index ? &(*array)[*index] : nullptr;
  }

  // What stands at the first `parts` parts of a path, or null.
  Json* At(const Path& path, size_t parts) {
    Json* at = &target_;
    for (size_t i = 0; i < parts && at != nullptr; ++i) at = Step(*at, path[i]);
    return at;
  }

  bool FitsAt(const Path& path, const Json& value) {
    bool fits = static_cast<int>(path.size()) + DepthOf(value) <= limits_.depth;
    if (!fits) Form("path", fmt::format("nests the document deeper than {}", limits_.depth));
    return fits;
  }

  void Add(const Path& path, Json value) {
    if (!FitsAt(path, value)) return;
    if (path.empty()) {
      target_ = std::move(value);
      return;
    }
    Json* parent = At(path, path.size() - 1);
    if (parent == nullptr) return Nothing("path");
    if (Object* object = std::get_if<Object>(&parent->value)) {
      if (!Spend(object->size())) return;
      auto member = Named(*object, path.back());
      if (member == object->end()) {
        object->push_back({path.back(), std::move(value)});
      } else {
        member->value = std::move(value);
      }
      return;
    }
    Array* array = std::get_if<Array>(&parent->value);
    auto index = array == nullptr ? std::nullopt : IndexOf(path.back(), array->size(), true);
    if (!index) return Nothing("path");
    if (!Spend(array->size() - *index)) return;
    array->insert(array->begin() + static_cast<ptrdiff_t>(*index), std::move(value));
  }

  // What stood at the path, which is gone from there.
  std::optional<Json> Take(const Path& path, std::string_view member) {
    if (path.empty()) return Form(member, "the whole document cannot be removed"), std::nullopt;
    Json* parent = At(path, path.size() - 1);
    Json* there = parent == nullptr ? nullptr : Step(*parent, path.back());
    if (there == nullptr) return Nothing(member), std::nullopt;
    Json taken = std::move(*there);
    if (Object* object = std::get_if<Object>(&parent->value)) {
      if (Spend(2 * object->size())) object->erase(Named(*object, path.back()));
    } else {
      Array& array = std::get<Array>(parent->value);
      if (Spend(array.size())) array.erase(array.begin() + (there - array.data()));
    }
    return taken;
  }

  Json& target_;
  const PatchLimits& limits_;
  size_t number_ = 0;
  size_t copied_ = 0;
  size_t steps_ = 0;
  std::optional<PatchError> error_;
};

}  // namespace

std::optional<Path> ParsePointer(std::string_view text) {
  Path path;
  if (text.empty()) return path;
  if (text[0] != '/') return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      path.emplace_back();
    } else if (text[i] != '~') {
      path.back() += text[i];
    } else {
      ++i;
      if (i == text.size() || (text[i] != '0' && text[i] != '1')) return std::nullopt;
      path.back() += text[i] == '0' ? '~' : '/';
    }
  }
  return path;
}

bool SameValue(const Json& one, const Json& other) {
  if (one.number() != nullptr && other.number() != nullptr) {
    return WorthOf(one.number()->token) == WorthOf(other.number()->token);
  }
  const Array* array = one.array();
  const Array* other_array = other.array();
  if (array != nullptr && other_array != nullptr) return std::ranges::equal(*array, *other_array, SameValue);
  const Object* object = one.object();
  if (object == nullptr || other.object() == nullptr) return one == other;
  return std::ranges::equal(Sorted(*object), Sorted(*other.object()), [](const Member* left, const Member* right) {
    return left->name == right->name && SameValue(left->value, right->value);
  });
}

std::optional<PatchError> ApplyPatch(Json& target, const Json& patch, const PatchLimits& limits) {
  return Patch(target, limits).Run(patch);
}

}  // namespace ashlar::json
