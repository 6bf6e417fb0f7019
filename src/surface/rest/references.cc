// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/references.h"

#include <charconv>

#include "http/head.h"
#include "http/path.h"

namespace ashlar::surface::rest {
namespace {

constexpr size_t kMaxTarget = http::ParserLimits{}.target_bytes;
constexpr size_t kMaxLength = 512;  // of a reference
constexpr size_t kMostBytes = json::Limits{}.bytes;  // that references bring into one body
constexpr size_t kMaxReferences = 1000;              // in one body
constexpr size_t kMaxShown = 100;   // of its text, in messages

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsNamed(char c) { return IsLetter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

// Takes a name off the front.
std::string TakeName(std::string_view& text) {
  size_t size = 0;
  while (size < text.size() && IsNamed(text[size])) ++size;
  std::string name(text.substr(0, size));
  text.remove_prefix(size);
  return name;
}

bool IsReference(std::string_view text) { return text.starts_with("${"); }
bool IsEscaped(std::string_view text) { return text.starts_with("$${"); }

std::string Shown(std::string_view text) {
  return text.size() <= kMaxShown ? std::string(text) : std::string(text.substr(0, kMaxShown)) + "...";
}

// Goes through a target: `whole` gets what may be a reference (segments of the path, values of the query), `other` what
// stands between, names of parameters included.
template <class Whole, class Other>
void ForEachPart(std::string_view target, const Whole& whole, const Other& other) {
  size_t question = std::min(target.find('?'), target.size());
  std::string_view path = target.substr(0, question);
  for (size_t at = 0; at <= path.size();) {
    size_t end = std::min(path.find('/', at), path.size());
    whole(path.substr(at, end - at));
    if (end < path.size()) other("/");
    at = end + 1;
  }
  for (size_t at = question; at < target.size();) {
    size_t end = std::min(target.find('&', at + 1), target.size());
    std::string_view pair = target.substr(at, end - at);  // with the mark before it
    size_t value = std::min(pair.find('='), pair.size() - 1) + 1;
    other(pair.substr(0, value));
    whole(pair.substr(value));
    at = end;
  }
}

void AddId(std::string_view text, std::vector<std::string>& ids) {
  if (auto reference = ParseReference(text)) ids.push_back(reference->of);
}

// Takes what the document weighs, nearly its bytes as text, from `room`; false once there is none left, so that no more
// is looked at than fits.
bool Fits(const json::Json& document, size_t& room) {
  auto take = [&room](size_t size) {
    bool fits = size <= room;
    room = fits ? room - size : 0;
    return fits;
  };
  if (const std::string* text = document.string()) return take(text->size() + 2);
  if (const json::Number* number = document.number()) return take(number->token.size());
  if (!take(4)) return false;
  if (const json::Array* items = document.array()) {
    return std::ranges::all_of(*items, [&](const json::Json& item) { return Fits(item, room); });
  }
  if (const json::Object* members = document.object()) {
    return std::ranges::all_of(
        *members, [&](const json::Member& member) { return take(member.name.size() + 4) && Fits(member.value, room); });
  }
  return true;
}

// What one value of a condition may be, or a list of these.
bool IsValue(const json::Json& value) {
  if (value.object() != nullptr) return false;
  return value.array() == nullptr || std::ranges::none_of(*value.array(), [](const json::Json& item) {
           return item.object() != nullptr || item.array() != nullptr;
         });
}

class Resolver {
 public:
  Resolver(const LookUp& look_up, Takes takes) : look_up_(look_up), takes_(takes) {}

  void Walk(json::Json& at, const std::string& place) {
    if (auto* text = std::get_if<std::string>(&at.value)) {
      if (IsEscaped(*text)) {
        text->erase(0, 1);
      } else if (IsReference(*text)) {
        Replace(at, place);
      }
    } else if (auto* items = std::get_if<json::Array>(&at.value)) {
      for (size_t i = 0; i < items->size(); ++i) Walk((*items)[i], fmt::format("{}[{}]", place, i));
    } else if (auto* members = std::get_if<json::Object>(&at.value)) {
      for (json::Member& member : *members) {
        Walk(member.value, place.empty() ? member.name : place + "." + member.name);
      }
    }
  }

  std::vector<call::ErrorDetail> Take() { return std::move(wrong_); }

 private:
  void Replace(json::Json& at, const std::string& place) {
    if (!wrong_.empty() && seen_ > kMaxReferences) return;
    auto reference = ParseReference(*at.string());
    auto value = reference ? look_up_(*reference) : std::unexpected(reference.error());
    if (++seen_ > kMaxReferences) {
      value = std::unexpected(fmt::format("is one of more than {} references", kMaxReferences));
    }
    if (value && takes_ == Takes::kValues && !IsValue(**value)) {
      value = std::unexpected(fmt::format("'{}' holds an object or a list of lists, which is no value to look for",
                                          Shown(reference->text)));
    }
    if (value && !Fits(**value, room_)) {
      value = std::unexpected(fmt::format("'{}' makes the body too large", Shown(reference->text)));
    }
    if (value) {
      json::Json copy = **value;
      at = std::move(copy);
    } else {
      wrong_.push_back({place, types::Detail::kReferenceNotFound, std::move(value.error())});
    }
  }

  const LookUp& look_up_;
  const Takes takes_;
  size_t room_ = kMostBytes;
  size_t seen_ = 0;
  std::vector<call::ErrorDetail> wrong_;
};

}  // namespace

std::expected<Reference, std::string> ParseReference(std::string_view text) {
  auto wrong = [&](std::string_view why) {
    return std::unexpected(fmt::format("'{}' {}; a text that begins with '${{' is written '$${{'", Shown(text), why));
  };
  if (!text.starts_with("${") || !text.ends_with("}") || text.size() > kMaxLength) return wrong("is no reference");
  Reference reference;
  reference.text = text;
  std::string_view rest = text.substr(2, text.size() - 3);
  reference.of = TakeName(rest);
  if (reference.of.empty()) return wrong("names no operation");
  while (!rest.empty()) {
    char mark = rest.front();
    rest.remove_prefix(1);
    if (mark == '.') {
      std::string name = TakeName(rest);
      if (name.empty()) return wrong("is no reference");
      reference.path.emplace_back(std::move(name));
    } else if (mark == '[') {
      size_t item = 0;
      auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), item);
      if (error != std::errc() || end == rest.data() + rest.size() || *end != ']') return wrong("is no reference");
      rest.remove_prefix(static_cast<size_t>(end - rest.data()) + 1);
      reference.path.emplace_back(item);
    } else {
      return wrong("is no reference");
    }
  }
  if (reference.path.empty()) return wrong("names no field of the answer");
  return reference;
}

bool FindReferences(const json::Json& document, std::vector<std::string>& ids) {
  if (const std::string* text = document.string()) {
    if (IsReference(*text)) AddId(*text, ids);
    return IsReference(*text) || IsEscaped(*text);
  }
  bool found = false;
  if (const json::Array* items = document.array()) {
    for (const json::Json& item : *items) found = FindReferences(item, ids) || found;
  } else if (const json::Object* members = document.object()) {
    for (const json::Member& member : *members) found = FindReferences(member.value, ids) || found;
  }
  return found;
}

bool FindReferences(std::string_view target, std::vector<std::string>& ids) {
  bool found = false;
  auto whole = [&](std::string_view part) {
    if (IsReference(part)) AddId(part, ids);
    found = found || IsReference(part) || IsEscaped(part);
  };
  ForEachPart(target, whole, [](std::string_view) {});
  return found;
}

std::vector<call::ErrorDetail> Resolve(json::Json& document, const LookUp& look_up, Takes takes) {
  Resolver resolver(look_up, takes);
  resolver.Walk(document, "");
  return resolver.Take();
}

std::expected<std::string, std::string> ResolveTarget(std::string_view target, const LookUp& look_up) {
  std::string resolved;
  std::string wrong;
  auto whole = [&](std::string_view part) {
    if (!wrong.empty()) return;
    if (IsEscaped(part)) {
      resolved += part.substr(1);
    } else if (IsReference(part)) {
      auto reference = ParseReference(part);
      auto value = reference ? look_up(*reference) : std::unexpected(reference.error());
      bool plain =
          value && ((*value)->string() != nullptr || (*value)->number() != nullptr || (*value)->boolean() != nullptr);
      size_t size = !plain || (*value)->string() == nullptr ? 0 : (*value)->string()->size();
      if (resolved.size() + size > kMaxTarget) {
        wrong = fmt::format("'{}' makes the path too long", part);
      } else if (plain) {
        resolved += http::EncodeQuery((*value)->string() != nullptr ? *(*value)->string() : json::ToText(**value));
      } else {
        wrong = value ? fmt::format("'{}' is no text, number or boolean", part) : value.error();
      }
    } else {
      resolved += part;
    }
  };
  ForEachPart(target, whole, [&resolved](std::string_view part) { resolved += part; });
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  return resolved;
}

std::expected<const json::Json*, std::string> Follow(const Reference& reference, const json::Json& document) {
  const json::Json* at = &document;
  for (const auto& step : reference.path) {
    const json::Json* next = nullptr;
    if (const auto* name = std::get_if<std::string>(&step)) {
      next = at->Find(*name);
    } else if (const json::Array* items = at->array(); items != nullptr && std::get<size_t>(step) < items->size()) {
      next = &(*items)[std::get<size_t>(step)];
    }
    if (next == nullptr) {
      return std::unexpected(
          fmt::format("'{}': the answer of '{}' has no such value", Shown(reference.text), reference.of));
    }
    at = next;
  }
  return at;
}

}  // namespace ashlar::surface::rest
