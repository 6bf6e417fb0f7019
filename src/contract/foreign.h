// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string_view>

namespace ashlar::contract {

// What other languages write, and what is written here instead.
struct Foreign {
  std::string_view of;     // what mapping it would stand in, as Members is told: "a field"
  std::string_view word;   // theirs: "minLength"
  std::string_view ours;   // another key: "min"; or empty
  std::string_view instead = "";  // where there is no such key: what to write
};
std::span<const Foreign> ForeignKeys();
// Null if nothing is known of it.
const Foreign* FindForeignKey(std::string_view of, std::string_view key);

struct ForeignType {
  std::string_view word;
  std::string_view ours;
};
std::span<const ForeignType> ForeignTypes();
// The field type that is meant by one of another language, whatever its case; empty if nothing is known.
std::string_view TypeFor(std::string_view foreign);

}  // namespace ashlar::contract
