// SPDX-License-Identifier: Apache-2.0
#include "bench/sender/arguments.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <functional>
#include <utility>

namespace ashlar::sender {
namespace {

constexpr double kMostRate = 1'000'000;
constexpr double kMostSeconds = 600;
constexpr size_t kMostConnections = 20'000;

template <class T>
Result<T> Number(std::string_view text, T least, T most) {
  T number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool proper = error == std::errc() && end == text.data() + text.size() && number >= least && number <= most;
  if (!proper) return Fail(ErrorKind::kInvalid, fmt::format("'{}' is no number from {} to {}", text, least, most));
  return number;
}

// RATE:SECONDS, FROM-TO:SECONDS
Result<Phase> ReadPhase(std::string_view text) {
  size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Fail(ErrorKind::kInvalid, fmt::format("'{}' is not RATE:SECONDS", text));
  std::string_view rates = text.substr(0, colon);
  size_t dash = rates.find('-');
  TRY(from, Number<double>(rates.substr(0, dash), 1, kMostRate));
  TRY(to, dash == std::string_view::npos ? Result<double>(from) : Number<double>(rates.substr(dash + 1), 1, kMostRate));
  TRY(seconds, Number<double>(text.substr(colon + 1), 0.1, kMostSeconds));
  return Phase{from, to, seconds};
}

template <class T>
Result<void> Store(Result<T> value, T& into) {
  if (!value) return std::unexpected(std::move(value).error());
  into = std::move(*value);
  return {};
}

Result<void> Take(std::string_view name, std::string_view value, Arguments& all) {
  if (name == "--port") return Store(Number<uint16_t>(value, 1, 65535), all.port);
  if (name == "--connections") return Store(Number<size_t>(value, 1, kMostConnections), all.connections);
  if (name == "--most-connections") return Store(Number<size_t>(value, 1, kMostConnections), all.most_connections);
  if (name == "--closed") return Store(Number<double>(value, 0.1, kMostSeconds), all.closed_seconds);
  if (name == "--linger") return Store(Number<double>(value, 0, kMostSeconds), all.linger_seconds);
  if (name == "--requests") return Store(Result<std::string>(value), all.requests_file);
  if (name == "--get") return Store(Result<std::string>(value), all.path);
  if (name != "--phase") return Fail(ErrorKind::kInvalid, fmt::format("there is no '{}'", name));
  TRY(phase, ReadPhase(value));
  all.phases.push_back(phase);
  return {};
}

Result<void> Check(const Arguments& all) {
  if (all.port == 0) return Fail(ErrorKind::kInvalid, "--port is missing");
  if (all.requests_file.empty() == all.path.empty()) {
    return Fail(ErrorKind::kInvalid, "one of --requests and --get is needed");
  }
  if (!all.path.empty() && (all.path[0] != '/' || all.path.find_first_of(" \r\n") != std::string::npos)) {
    return Fail(ErrorKind::kInvalid, "--get takes a path");
  }
  if (all.phases.empty() == (all.closed_seconds == 0)) {
    return Fail(ErrorKind::kInvalid, "either --phase, once or more, or --closed is needed");
  }
  if (all.connections > all.most_connections) {
    return Fail(ErrorKind::kInvalid, "--connections is more than --most-connections");
  }
  double seconds = 0;
  for (const Phase& phase : all.phases) seconds += phase.seconds;
  if (seconds > kMostSeconds) return Fail(ErrorKind::kInvalid, "the phases take more than ten minutes");
  return {};
}

}  // namespace

const char* const kUsage =
    R"(bench_sender: sends requests to 127.0.0.1 by a schedule, whether or not answers come; prints what came as JSON
  --port PORT             of the server
  --phase RATE:SECONDS    so many requests a second; FROM-TO:SECONDS ramps; may be given again: one after another
  --closed SECONDS        instead of phases: every connection sends as soon as it was answered
  --get PATH              what is asked
  --requests FILE         instead, in turn: a JSON object a line, {"method": "POST", "path": "/v1/rows",
                          "headers": {"X-A": "b"}, "body": "..."}; all but path may be left out
  --connections N         opened at the start; 64
  --most-connections N    opened while all others wait; beyond, a request counts as not sent; 1000
  --linger SECONDS        waits for the last answers; 5
Latencies are microseconds from the scheduled time (in a closed loop: from sending).
)";

Result<Arguments> ParseArguments(std::span<char* const> words) {
  Arguments all;
  for (size_t i = 0; i < words.size(); i += 2) {
    std::string_view name = words[i];
    if (i + 1 == words.size()) return Fail(ErrorKind::kInvalid, fmt::format("'{}' has no value", name));
    Result<void> taken = Take(name, words[i + 1], all);
    if (!taken) return Fail(ErrorKind::kInvalid, fmt::format("{}: {}", name, taken.error().message));
  }
  TRY_VOID(Check(all));
  return all;
}

}  // namespace ashlar::sender
