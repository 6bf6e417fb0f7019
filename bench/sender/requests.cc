// SPDX-License-Identifier: Apache-2.0
#include "bench/sender/requests.h"

#include <fmt/format.h>

#include <fstream>

#include "base/json/json.h"

namespace ashlar::sender {
namespace {

constexpr std::string_view kAlways = "Host: 127.0.0.1\r\n";

bool IsWord(std::string_view text) { return !text.empty() && text.find_first_of(" \r\n:") == std::string_view::npos; }

Result<std::string> TextOf(const json::Json& json, std::string_view name) {
  if (json.string() == nullptr) return Fail(ErrorKind::kInvalid, fmt::format("'{}' is no string", name));
  if (json.string()->find_first_of("\r\n") != std::string::npos && name != "body") {
    return Fail(ErrorKind::kInvalid, fmt::format("'{}' has more than one line", name));
  }
  return *json.string();
}

Result<std::string> HeadersOf(const json::Json& json) {
  if (json.object() == nullptr) return Fail(ErrorKind::kInvalid, "'headers' is no object");
  std::string lines;
  for (const json::Member& header : *json.object()) {
    TRY(value, TextOf(header.value, header.name));
    if (!IsWord(header.name)) return Fail(ErrorKind::kInvalid, fmt::format("'{}' is no header", header.name));
    lines += fmt::format("{}: {}\r\n", header.name, value);
  }
  return lines;
}

Result<std::string> Encode(const json::Json& request) {
  if (request.object() == nullptr) return Fail(ErrorKind::kInvalid, "no object");
  std::string method = "GET", path, headers, body;
  for (const json::Member& member : *request.object()) {
    if (member.name == "headers") {
      TRY(lines, HeadersOf(member.value));
      headers = std::move(lines);
      continue;
    }
    TRY(text, TextOf(member.value, member.name));
    if (member.name == "method") {
      method = std::move(text);
    } else if (member.name == "path") {
      path = std::move(text);
    } else if (member.name == "body") {
      body = std::move(text);
    } else {
      return Fail(ErrorKind::kInvalid, fmt::format("there is no '{}' in a request", member.name));
    }
  }
  if (!IsWord(method) || method == "HEAD") return Fail(ErrorKind::kInvalid, "'method' is none that is sent here");
  if (!path.starts_with('/') || path.contains(' ')) return Fail(ErrorKind::kInvalid, "'path' is none");
  std::string length = request.Find("body") == nullptr ? "" : fmt::format("Content-Length: {}\r\n", body.size());
  return fmt::format("{} {} HTTP/1.1\r\n{}{}{}\r\n{}", method, path, kAlways, headers, length, body);
}

}  // namespace

std::string EncodeGet(std::string_view path) { return fmt::format("GET {} HTTP/1.1\r\n{}\r\n", path, kAlways); }

Result<std::vector<std::string>> ReadRequests(const std::string& file) {
  std::ifstream input(file);
  if (!input) return Fail(ErrorKind::kInvalid, fmt::format("{} cannot be read", file));
  std::vector<std::string> requests;
  std::string line;
  for (int number = 1; std::getline(input, line); ++number) {
    auto json = json::Parse(line);
    if (!json) return Fail(ErrorKind::kInvalid, fmt::format("{}:{}: {}", file, number, json.error().message));
    auto request = Encode(*json);
    if (!request) return Fail(ErrorKind::kInvalid, fmt::format("{}:{}: {}", file, number, request.error().message));
    requests.push_back(std::move(*request));
  }
  if (requests.empty()) return Fail(ErrorKind::kInvalid, fmt::format("{} has no requests", file));
  return requests;
}

}  // namespace ashlar::sender
