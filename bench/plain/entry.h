// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <string>

#include "text.h"

namespace ashlar::bench {

using RequestId = std::array<char, kUuidText>;

// What is posted, with what the service adds.
struct Entry {
  Uuid id{}, maker{}, owner{};
  int64_t now = 0, price = 0, stock = 0, released = 0;
  bool published = false;
  std::string name, status = "draft";
  RequestId request{};
  std::string json;  // the row as it is answered and audited
};

// The body's members, checked; false where one is missing, unknown, twice there or not of its type.
bool ReadEntry(std::string_view body, Entry& entry);

// Writes entry.json.
void WriteEntry(Entry& entry);

}  // namespace ashlar::bench
