// SPDX-License-Identifier: Apache-2.0
// bench_sender: an open-model load sender. Latencies count from the time when a request was due, so that a server that
// makes its clients wait cannot slow the load down and look well for it (no coordinated omission).
#include <fmt/format.h>

#include <cstdio>

#include "bench/sender/requests.h"
#include "bench/sender/sender.h"

namespace {

using namespace ashlar;

Result<std::string> Run(std::span<char* const> words) {
  TRY(arguments, sender::ParseArguments(words));
  std::vector<std::string> requests;
  if (arguments.requests_file.empty()) {
    requests.push_back(sender::EncodeGet(arguments.path));
  } else {
    TRY(read, sender::ReadRequests(arguments.requests_file));
    requests = std::move(read);
  }
  sender::Sender sender(arguments, std::move(requests), SystemClock());
  TRY_VOID(sender.Begin());
  return sender.Run();
}

void Write(std::FILE* to, const std::string& text) { (void)std::fwrite(text.data(), 1, text.size(), to); }

}  // namespace

int main(int count, char** words) {
  if (count == 2 && std::string_view(words[1]) == "--help") {
    Write(stdout, sender::kUsage);
    return 0;
  }
  auto told = Run(std::span(words, static_cast<size_t>(count)).subspan(1));
  if (told) {
    Write(stdout, *told);
    return 0;
  }
  Write(stderr, fmt::format("bench_sender: {}\n", told.error().message));
  return told.error().kind == ErrorKind::kInvalid ? 2 : 1;
}
