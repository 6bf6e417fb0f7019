// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/decode.h"

#include <charconv>

#include "surface/rest/query.h"

namespace ashlar::surface::rest {
namespace {

using call::Code;
using model::OperationKind;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// What stands between separators outside of quotes, trimmed, but for what is empty (RFC 9110, 5.6).
std::vector<std::string_view> Parts(std::string_view value, char separator) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= value.size(); ++i) {
    if (i < value.size() && value[i] == '"') quoted = !quoted;
    if (i < value.size() && (quoted || value[i] != separator)) continue;
    std::string_view part = Trim(value.substr(begin, i - begin));
    if (!part.empty()) parts.push_back(part);
    begin = i + 1;
  }
  return parts;
}

// The items of a comma-separated field value.
std::vector<std::string_view> Items(std::string_view value) { return Parts(value, ','); }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

std::string MediaType(std::string_view value) { return Lower(Trim(value.substr(0, value.find(';')))); }

// The value of a parameter of a media type or range, without its quotes.
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

// "0", "0.", "0.000": not wanted (RFC 9110, 12.4.2).
bool IsUnwanted(std::string_view range) {
  auto weight = ParameterOf(range, "q");
  return weight && weight->starts_with('0') && weight->find_first_of("123456789") == std::string_view::npos;
}

class Decoder {
 public:
  Decoder(const http::Request& request, const Match& match) : request_(request), kind_(match.operation->kind) {
    call_.operation = match.operation->id;
    call_.id = match.id;
  }

  call::Call Run() {
    CheckAccept();
    CheckHeaders();
    if (!request_.bad_query.empty()) {
      Wrong(Code::kInvalidQuery, fmt::format("'{}' is not percent-encoded UTF-8", request_.bad_query.substr(0, 100)));
    }
    DecodeQuery(request_.query, kind_, call_);
    ReadPreconditions();
    ReadBody();
    return std::move(call_);
  }

 private:
  bool TakesBody() const {
    return kind_ == OperationKind::kCreate || kind_ == OperationKind::kUpdate || kind_ == OperationKind::kReplace;
  }

  void Wrong(Code code, std::string message) {
    if (!call_.malformed) call_.malformed = call::ApiError{code, std::move(message), {}};
  }

  void CheckAccept() {
    auto accept = request_.FindList("Accept");
    if (!accept || accept->empty()) return;
    std::string later;
    int named = -1;  // how exactly the range names JSON that does so best; it alone says (RFC 9110, 12.5.1)
    bool wanted = false;
    for (std::string_view item : Items(*accept)) {
      std::string type = MediaType(item);
      int exact = type == "application/json" ? 2 : type == "application/*" ? 1 : type == "*/*" ? 0 : -1;
      if (exact > named) {
        named = exact;
        wanted = !IsUnwanted(item);
      }
      if (type == "application/hal+json" || type == "application/problem+json") later = type;
    }
    if (wanted) return;
    Wrong(Code::kNotAcceptable, later.empty() ? "only application/json can be given"
                                              : fmt::format("'{}' is not supported by this build", later));
  }

  void CheckHeaders() {
    if (request_.Find("Idempotency-Key"))
      Wrong(Code::kInvalidQuery, "'Idempotency-Key' is not supported by this build");
    auto encoding = request_.Find("Content-Encoding");
    if (encoding && !http::EqualIgnoringCase(*encoding, "identity")) {
      Wrong(Code::kUnsupportedMediaType, "the body must not be encoded");
    }
  }

  void ReadPreconditions() {
    call::Preconditions& wanted = call_.preconditions;
    if (auto match = request_.FindList("If-Match")) {
      wanted.if_match = true;
      for (std::string_view tag : Items(*match)) {
        if (tag == "*") {
          wanted.if_match_any = true;
        } else if (!ReadTag(tag)) {
          return Wrong(Code::kInvalidQuery, "If-Match is not a list of entity tags");
        }
      }
    }
    auto none = request_.FindList("If-None-Match");
    if (!none || kind_ == OperationKind::kGet) return;
    if (kind_ == OperationKind::kReplace && Trim(*none) == "*") {
      wanted.if_none_match_any = true;
      return;
    }
    if (kind_ != OperationKind::kList && kind_ != OperationKind::kHistory) {
      Wrong(Code::kInvalidQuery, "'If-None-Match' is for GET, and as '*' for PUT");
    }
  }

  // "7" and "7-HASH" give 7; a weak tag matches nothing here.
  bool ReadTag(std::string_view tag) {
    bool weak = tag.starts_with("W/");
    if (weak) tag.remove_prefix(2);
    if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') return false;
    std::string_view inner = tag.substr(1, tag.size() - 2);
    std::string_view digits = inner.substr(0, inner.find('-'));
    int64_t version = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
    bool number = error == std::errc() && end == digits.data() + digits.size();
    if (number && !weak) call_.preconditions.if_match_versions.push_back(version);
    return true;
  }

  void ReadBody() {
    if (!TakesBody()) {
      if (!request_.body.empty()) Wrong(Code::kInvalidQuery, fmt::format("{} takes no body here", request_.method));
      return;
    }
    auto type = request_.Find("Content-Type");
    std::string media = type ? MediaType(*type) : "";
    bool merge = media == "application/merge-patch+json" && kind_ == OperationKind::kUpdate;
    if (media != "application/json" && !merge) {
      bool patch = media == "application/json-patch+json";
      return Wrong(Code::kUnsupportedMediaType, patch ? "'application/json-patch+json' is not supported by this build"
                                                      : "the body must be application/json");
    }
    auto charset = ParameterOf(*type, "charset");
    if (charset && !http::EqualIgnoringCase(*charset, "utf-8")) {
      return Wrong(Code::kUnsupportedMediaType, "the body must be in UTF-8");
    }
    auto parsed = json::Parse(request_.body);
    if (!parsed) {
      const json::SyntaxError& error = parsed.error();
      return Wrong(Code::kMalformedJson,
                   fmt::format("line {}, column {}: {}", error.line, error.column, error.message));
    }
    call_.body = std::move(*parsed);
  }

  const http::Request& request_;
  OperationKind kind_;
  call::Call call_;
};

}  // namespace

call::Call Decode(const http::Request& request, const Match& match) { return Decoder(request, match).Run(); }

bool NamesTag(std::string_view if_none_match, std::string_view tag) {
  for (std::string_view item : Items(if_none_match)) {
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == "*" || item == tag) return true;
  }
  return false;
}

}  // namespace ashlar::surface::rest
