// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <set>
#include <string>
#include <vector>

namespace ashlar::app {

// A place in one of the files of a load, in the order of their reading.
struct FilePlace {
  size_t file = 0;
  int line = 1;
  uint32_t row = 0;  // in its array, for several may stand on one line
  auto operator<=>(const FilePlace&) const = default;
};

// What is wrong with the files of a load: the first ones by their places, and how many there are in all. What keeps a
// part of a file from being read goes before the mistakes of rows, which may follow from it.
class Mistakes {
 public:
  enum class Of : uint8_t { kFile, kRow };
  explicit Mistakes(size_t most) : most_(most) {}
  void Add(Of of, FilePlace place, std::string message);
  size_t count() const { return count_; }
  // "FILE:LINE: message" each, in the order of the files, then how many more there are.
  std::string Text(const std::vector<std::string>& paths) const;

 private:
  struct Mistake {
    Of of;
    FilePlace place;
    std::string message;
    auto operator<=>(const Mistake&) const = default;
  };
  size_t most_;
  size_t count_ = 0;
  std::multiset<Mistake> kept_;
};

}  // namespace ashlar::app
