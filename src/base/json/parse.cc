// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/json/json.h"
#include "base/json/locate.h"

namespace ashlar::json {
namespace {

namespace ondemand = simdjson::ondemand;

// What simdjson needs beside a text: a copy with room behind it, and its own buffers. A thread keeps one for the small
// documents that requests are.
struct Scratch {
  ondemand::parser parser;
  std::unique_ptr<char[]> copy;
  size_t capacity = 0;

  simdjson::padded_string_view Copy(std::string_view text) {
    if (capacity < text.size() + simdjson::SIMDJSON_PADDING) {
      capacity = std::max<size_t>(4096, text.size() + simdjson::SIMDJSON_PADDING);
      copy = std::make_unique<char[]>(capacity);
    }
    std::memcpy(copy.get(), text.data(), text.size());
    std::memset(copy.get() + text.size(), ' ', simdjson::SIMDJSON_PADDING);
    return simdjson::padded_string_view(copy.get(), text.size(), capacity);
  }
};
constexpr size_t kKeptBytes = 64 << 10;
constexpr size_t kUsualMembers = 12;  // of a body

bool HasDuplicate(const Object& object) {
  if (object.size() <= 16) {
    for (size_t i = 1; i < object.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (object[i].name == object[j].name) return true;
      }
    }
    return false;
  }
  std::vector<std::string_view> names;
  names.reserve(object.size());
  for (const Member& member : object) names.push_back(member.name);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

std::string_view Trimmed(std::string_view token) {
  while (!token.empty() && std::string_view(" \t\r\n").contains(token.back())) token.remove_suffix(1);
  return token;
}

// Turns what simdjson walks into Json. Every function is false where the text is not what Parse takes; why and where
// is then Locate's to say.
class Builder {
 public:
  Builder(simdjson::padded_string_view text, int max_depth) : end_(text.data() + text.size()), max_depth_(max_depth) {}

  bool Root(ondemand::document& document, Json& out) {
    ondemand::json_type type;
    if (document.type().get(type)) return false;
    bool ok = type == ondemand::json_type::object ? BuildObject(document, 1, out) : BuildArray(document, 1, out);
    return ok && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  }

 private:
  bool Build(ondemand::value value, int depth, Json& out) {
    std::string_view token = value.raw_json_token();
    switch (token.front()) {
      case '{': return BuildObject(value, depth + 1, out);
      case '[': return BuildArray(value, depth + 1, out);
      case '"': return BuildString(value, token, out);
      default: return BuildToken(Trimmed(token), out);
    }
  }

  template <class Source>
  bool BuildObject(Source& source, int depth, Json& out) {
    ondemand::object object;
    if (depth > max_depth_ || source.get_object().get(object)) return false;
    Object& members = out.value.emplace<Object>();
    for (auto step : object) {
      ondemand::field field;
      std::string_view name;
      if (std::move(step).get(field)) return false;
      const char* raw = field.key().raw();
      if (field.unescaped_key().get(name) || !NameIsWhole(raw, name)) return false;
      if (depth == 1 && members.empty()) members.reserve(kUsualMembers);
      Member& member = members.emplace_back(Member{std::string(name), {}});
      if (!Build(field.value(), depth, member.value)) return false;
    }
    return !HasDuplicate(members);
  }

  template <class Source>
  bool BuildArray(Source& source, int depth, Json& out) {
    ondemand::array array;
    if (depth > max_depth_ || source.get_array().get(array)) return false;
    Array& items = out.value.emplace<Array>();
    for (auto step : array) {
      ondemand::value value;
      if (std::move(step).get(value)) return false;
      if (!Build(value, depth, items.emplace_back())) return false;
    }
    return true;
  }

  // `raw` is where the name starts in the text. A name without escapes is the text itself up to its quote.
  bool NameIsWhole(const char* raw, std::string_view name) const {
    std::string_view rest(raw, static_cast<size_t>(end_ - raw));
    if (rest.starts_with(name) && rest.substr(name.size()).starts_with('"')) return true;
    return !HasLoneSurrogate(rest);
  }

  bool BuildString(ondemand::value value, std::string_view token, Json& out) {
    std::string_view text;
    if (value.get_string().get(text)) return false;
    if (token.contains('\\') && HasLoneSurrogate(token.substr(1))) return false;
    out.value.emplace<std::string>(text);
    return true;
  }

  bool BuildToken(std::string_view token, Json& out) {
    if (token == "null") return true;
    if (token == "true" || token == "false") {
      out.value = token == "true";
      return true;
    }
    if (!IsNumber(token)) return false;
    out.value = Number{std::string(token)};
    return true;
  }

  const char* end_;  // of the text
  int max_depth_;
};

// A document that is one string, number or word. REQUIRES: Locate finds nothing wrong with it.
Json Scalar(ondemand::document& document) {
  std::string_view token;
  Json out;
  if (document.raw_json_token().get(token)) return out;
  token = Trimmed(token);
  if (token.starts_with('"')) {
    std::string_view text;
    if (!document.get_string().get(text)) out.value.emplace<std::string>(text);
  } else if (token == "true" || token == "false") {
    out.value = token == "true";
  } else if (token != "null") {
    out.value = Number{std::string(token)};
  }
  return out;
}

std::expected<Json, SyntaxError> ParseWith(Scratch& scratch, std::string_view text, const Limits& limits) {
  size_t first = text.find_first_not_of(" \t\r\n");
  bool container = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  if (!container) {
    if (auto error = Locate(text, limits)) return std::unexpected(std::move(*error));
  }
  simdjson::padded_string_view copy = scratch.Copy(text);
  ondemand::document document;
  if (!scratch.parser.iterate(copy).get(document)) {
    if (!container) return Scalar(document);
    Json out;
    if (Builder(copy, limits.depth).Root(document, out)) return out;
  }
  if (auto error = Locate(text, limits)) return std::unexpected(std::move(*error));
  return std::unexpected(SyntaxError{1, 1, "not a JSON document"});
}

}  // namespace

std::expected<Json, SyntaxError> Parse(std::string_view text, const Limits& limits) {
  // simdjson counts in 32 bits.
  Limits bounded{limits.depth, std::min<size_t>(limits.bytes, UINT32_MAX - 4096)};
  if (text.size() > bounded.bytes) return std::unexpected(*Locate(text, bounded));
  if (text.size() > kKeptBytes) {
    Scratch scratch;
    return ParseWith(scratch, text, bounded);
  }
  thread_local Scratch kept;
  return ParseWith(kept, text, bounded);
}

}  // namespace ashlar::json
