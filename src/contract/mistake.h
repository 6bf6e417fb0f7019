// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace ashlar::contract {

// One mistake, or one finding: what a reviewer would say of a contract that is right. Ready to be shown. Lines
// and columns count from 1, columns in code points.
struct Mistake {
  bool finding = false;    // a warning rather than an error
  std::string file;
  int line = 1;
  int column = 1;
  std::string id;          // of its kind, stable: "unknown-key", "ACCESS_WORLD_WRITABLE"
  std::string message;
  std::string suggestion;  // a near name, or empty
  std::string source_line; // printable; a long line is cut around the place
  int caret = 1;           // column within source_line
  int length = 1;          // of what is marked, in code points, within source_line
  bool operator==(const Mistake&) const = default;
};
using MistakeList = std::vector<Mistake>;

}  // namespace ashlar::contract
