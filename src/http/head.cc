// SPDX-License-Identifier: Apache-2.0
#include "http/head.h"

#include <charconv>

#include "http/path.h"

namespace ashlar::http {
namespace {

constexpr size_t kMethodBytes = 32;

constexpr std::array<std::string_view, kSingles> kSingleNames = {"Host",         "Content-Length", "Transfer-Encoding",
                                                                 "Content-Type", "Authorization",  "Expect"};
constexpr std::array<std::string_view, kSingles> kSingleTwice = {
    "Host is given twice",         "Content-Length is given twice", "Transfer-Encoding is given twice",
    "Content-Type is given twice", "Authorization is given twice",  "Expect is given twice"};

Single SingleOf(std::string_view name) {
  size_t i = 0;
  while (i < kSingles && !EqualIgnoringCase(name, kSingleNames[i])) ++i;
  return static_cast<Single>(i);
}

}  // namespace

bool IsMethod(std::string_view text) { return IsToken(text) && text.size() <= kMethodBytes; }

std::optional<Refusal> ReadTarget(std::string_view target, Request& request) {
  if (target == "*") {
    if (request.method != "OPTIONS") return Refusal{400, "'*' is for OPTIONS"};
    request.segments = {"*"};
    return std::nullopt;
  }
  size_t question = target.find('?');
  if (!ReadPath(target.substr(0, question), request.segments)) {
    request.segments.clear();
    return Refusal{400, "the path is not in its plain form"};
  }
  if (question == std::string_view::npos) return std::nullopt;
  auto query = ParseQuery(target.substr(question + 1));
  if (query) {
    request.query = std::move(*query);
  } else {
    request.bad_query = std::move(query.error());
  }
  return std::nullopt;
}

bool IsSingle(std::string_view name) { return SingleOf(name) != kSingles; }

std::expected<Singles, Refusal> FindSingles(const Request& request) {
  Singles given;
  for (const Header& header : request.headers) {
    Single single = SingleOf(header.name);
    if (single == kSingles) continue;
    if (given[single]) return std::unexpected(Refusal{400, kSingleTwice[single]});
    given[single] = header.value;
  }
  return given;
}

std::expected<uint64_t, Refusal> ReadLength(std::string_view digits) {
  if (!IsDigits(digits) || (digits.size() > 1 && digits.front() == '0')) {
    return std::unexpected(Refusal{400, "Content-Length is not a number"});
  }
  uint64_t length = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc()) return std::unexpected(Refusal{400, "Content-Length is beyond measure"});
  return length;
}

}  // namespace ashlar::http
