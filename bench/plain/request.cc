// SPDX-License-Identifier: Apache-2.0
#include "request.h"

#include <strings.h>

#include <charconv>
#include <cstring>

namespace ashlar::bench {
namespace {

constexpr size_t kMostHead = 16 << 10;
constexpr size_t kMostBody = 1 << 20;

bool Is(std::string_view name, std::string_view lower) {
  return name.size() == lower.size() && strncasecmp(name.data(), lower.data(), lower.size()) == 0;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool ReadLine(std::string_view line, Request& request) {
  size_t first = line.find(' ');
  size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !line.ends_with(" HTTP/1.1")) return false;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  return true;
}

// Only the headers that the works use; told apart by their length first.
bool ReadHeader(std::string_view line, Request& request, size_t& length) {
  size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string_view name = line.substr(0, colon);
  auto value = [&] { return Trimmed(line.substr(colon + 1)); };
  switch (name.size()) {
    case 10:
      if (Is(name, "connection")) request.keep = !Is(value(), "close");
      return true;
    case 13:
      if (Is(name, "authorization")) request.authorization = value();
      if (Is(name, "if-none-match")) request.if_none_match = value();
      return true;
    case 14: {
      if (!Is(name, "content-length")) return true;
      std::string_view digits = value();
      auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
      return error == std::errc() && end == digits.data() + digits.size() && length <= kMostBody;
    }
    case 17: return !Is(name, "transfer-encoding");  // no work sends one
    default: return true;
  }
}

}  // namespace

Parsed Parse(std::string_view bytes, Request& request, size_t& used) {
  const auto* found = static_cast<const char*>(memmem(bytes.data(), bytes.size(), "\r\n\r\n", 4));
  if (found == nullptr) return bytes.size() > kMostHead ? Parsed::kBad : Parsed::kPart;
  auto head_size = static_cast<size_t>(found - bytes.data());
  std::string_view head = bytes.substr(0, head_size + 2);
  request = Request();
  size_t length = 0;
  size_t end = head.find("\r\n");
  if (!ReadLine(head.substr(0, end), request)) return Parsed::kBad;
  for (size_t at = end + 2; at < head.size(); at = end + 2) {
    end = head.find("\r\n", at);
    if (!ReadHeader(head.substr(at, end - at), request, length)) return Parsed::kBad;
  }
  if (bytes.size() < head_size + 4 + length) return Parsed::kPart;
  request.body = bytes.substr(head_size + 4, length);
  used = head_size + 4 + length;
  return Parsed::kWhole;
}

}  // namespace ashlar::bench
