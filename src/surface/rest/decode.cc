// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/decode.h"

#include <charconv>

#include "surface/rest/accept.h"
#include "surface/rest/once.h"
#include "surface/rest/query.h"
#include "surface/rest/query_body.h"

namespace ashlar::surface::rest {
namespace {

using call::Code;
using model::OperationKind;

constexpr const char* kEncoded = "the body must not be encoded";

bool IsEncoded(const http::Request& request) {
  auto encoding = request.FindList("Content-Encoding");
  return encoding && !http::EqualIgnoringCase(*encoding, "identity");
}

// "7" and "7-HASH" give 7; a weak tag matches nothing here.
bool ReadTag(std::string_view tag, call::Preconditions& wanted) {
  bool weak = tag.starts_with("W/");
  if (weak) tag.remove_prefix(2);
  if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') return false;
  std::string_view inner = tag.substr(1, tag.size() - 2);
  std::string_view digits = inner.substr(0, inner.find('-'));
  int64_t version = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  bool number = error == std::errc() && end == digits.data() + digits.size();
  if (number && !weak) wanted.if_match_versions.push_back(version);
  return true;
}

class Decoder {
 public:
  Decoder(const http::Request& request, const Match& match) : request_(request), kind_(match.operation->kind) {
    call_.operation = match.operation->id;
    if (match.row) call_.id = request.segments[2];
  }

  call::Call Run() {
    CheckAccept();
    CheckHeaders();
    if (!request_.bad_query.empty()) {
      Wrong(Code::kInvalidQuery, fmt::format("'{}' is not percent-encoded UTF-8", request_.bad_query.substr(0, 100)));
    }
    if (!Queries()) {
      DecodeQuery(request_.query, kind_, call_);
    } else if (!request_.query.empty()) {
      Wrong(Code::kInvalidQuery, fmt::format("'{}': the parameters of a QUERY stand in its body",
                                             request_.query.front().first.substr(0, 100)));
    }
    ReadPreconditions();
    ReadBody();
    return std::move(call_);
  }

 private:
  bool TakesBody() const {
    return kind_ == OperationKind::kCreate || kind_ == OperationKind::kUpdate || kind_ == OperationKind::kReplace;
  }

  bool Queries() const { return request_.method == "QUERY"; }

  void Wrong(Code code, std::string message) {
    if (!call_.malformed) call_.malformed = call::ApiError{code, std::move(message), {}};
  }

  void CheckAccept() {
    if (Negotiate(request_.FindList("Accept").value_or("")).form) return;
    Wrong(Code::kNotAcceptable, fmt::format("only {} and {} can be given", kJson, kHal));
  }

  void CheckHeaders() {
    auto once = ReadOnce(request_);
    if (!once) Wrong(once.error().code, std::move(once.error().message));
    if (once) call_.once = std::move(*once);
    if (IsEncoded(request_)) Wrong(Code::kUnsupportedMediaType, kEncoded);
  }

  void ReadPreconditions() {
    call::Preconditions& wanted = call_.preconditions;
    auto match = ReadIfMatch(request_);
    if (!match) return Wrong(match.error().code, std::move(match.error().message));
    wanted = std::move(*match);
    auto none = request_.FindList("If-None-Match");
    if (!none || kind_ == OperationKind::kGet) return;
    if (kind_ == OperationKind::kReplace && Trim(*none) == "*") {
      wanted.if_none_match_any = true;
      return;
    }
    bool pages = kind_ == OperationKind::kList || kind_ == OperationKind::kAggregate;
    if (!pages && kind_ != OperationKind::kHistory) {
      Wrong(Code::kInvalidQuery, "'If-None-Match' is for GET, and as '*' for PUT");
    }
  }

  void ReadBody() {
    if (!TakesBody() && !Queries()) {
      if (!request_.body.empty()) Wrong(Code::kInvalidQuery, fmt::format("{} takes no body here", request_.method));
      return;
    }
    auto type = request_.Find("Content-Type");
    std::string media = type ? MediaType(*type) : "";
    bool updates = kind_ == OperationKind::kUpdate;
    call_.json_patch = media == kJsonPatch && updates;
    if (media != kJson && !call_.json_patch && !(media == kMergePatch && updates)) {
      return Wrong(Code::kUnsupportedMediaType,
                   updates ? fmt::format("the body must be {}, {} or {}", kJson, kMergePatch, kJsonPatch)
                           : fmt::format("the body must be {}", kJson));
    }
    auto body = ReadJson(request_);
    if (!body) return Wrong(body.error().code, std::move(body.error().message));
    if (Queries()) {
      DecodeQueryBody(*body, call_);
    } else {
      call_.body = std::move(*body);
    }
  }

  const http::Request& request_;
  OperationKind kind_;
  call::Call call_;
};

}  // namespace

call::Call Decode(const http::Request& request, const Match& match) { return Decoder(request, match).Run(); }

call::Answer<call::Preconditions> ReadIfMatch(const http::Request& request) {
  call::Preconditions wanted;
  auto match = request.FindList("If-Match");
  if (!match) return wanted;
  wanted.if_match = true;
  for (std::string_view tag : Items(*match)) {
    if (tag == "*") {
      wanted.if_match_any = true;
    } else if (!ReadTag(tag, wanted)) {
      return call::Refuse(Code::kInvalidQuery, "If-Match is not a list of entity tags");
    }
  }
  return wanted;
}

call::Answer<json::Json> ReadJson(const http::Request& request, int depth) {
  if (IsEncoded(request)) return call::Refuse(Code::kUnsupportedMediaType, kEncoded);
  auto charset = ParameterOf(request.Find("Content-Type").value_or(""), "charset");
  if (charset && !http::EqualIgnoringCase(*charset, "utf-8")) {
    return call::Refuse(Code::kUnsupportedMediaType, "the body must be in UTF-8");
  }
  auto parsed = json::Parse(request.body, {.depth = depth});
  if (parsed) return std::move(*parsed);
  const json::SyntaxError& error = parsed.error();
  return call::Refuse(Code::kMalformedJson,
                      fmt::format("line {}, column {}: {}", error.line, error.column, error.message));
}

bool NamesTag(std::string_view if_none_match, std::string_view tag) {
  for (std::string_view item : Items(if_none_match)) {
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == "*" || item == tag) return true;
  }
  return false;
}

}  // namespace ashlar::surface::rest
