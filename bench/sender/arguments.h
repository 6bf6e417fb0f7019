// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace ashlar::sender {

// A stretch of the schedule: so many requests a second, from one rate to another in a line where they differ.
struct Phase {
  double from = 0;  // requests a second
  double to = 0;
  double seconds = 0;
};

struct Arguments {
  uint16_t port = 0;              // of 127.0.0.1
  size_t connections = 64;        // opened at the start
  size_t most_connections = 1000;  // opened when all others wait for an answer
  std::vector<Phase> phases;      // the schedule; empty: a closed loop
  double closed_seconds = 0;      // every connection sends as soon as it was answered
  double linger_seconds = 5;      // for answers that are still to come at the end
  std::string requests_file;      // as ReadRequests has it
  std::string path;               // of a GET, where there is no file
};

extern const char* const kUsage;

// What the command line says; kInvalid: what is wrong with it.
Result<Arguments> ParseArguments(std::span<char* const> words);

}  // namespace ashlar::sender
