// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <string>
#include <utility>

#include "app/operator/rows_file.h"

namespace ashlar::app {

// What the readers of all forms have in common: texts taken out of a file, with their places.
class TextTaker {
 public:
  TextTaker(const SourceFile& file, size_t number, RowSink& sink) : reader_(file), number_(number), sink_(sink) {}

 protected:
  FilePlace Here() const { return {number_, reader_.line(), 0}; }

  // Begins the text of a row or a name at the next byte.
  void Begin() {
    text_.clear();
    place_ = Here();
    column_ = reader_.column();
    offset_ = reader_.offset();
    size_ = 0;
  }
  // Takes the next byte into the text; beyond the limit it is only counted.
  void Take() {
    if (size_++ < kMostRowBytes) text_ += static_cast<char>(reader_.Peek());
    reader_.Advance();
  }
  bool TooLarge() const { return size_ > kMostRowBytes; }
  static std::string TooLargeText() { return fmt::format("the row is larger than {} MiB", kMostRowBytes >> 20); }

  // Where in the file, and what, a mistake in the text is.
  std::pair<FilePlace, std::string> Told(const json::SyntaxError& error) const {
    int column = error.line == 1 ? column_ + error.column - 1 : error.column;
    return {{number_, place_.line + error.line - 1, 0}, fmt::format("column {}: {}", column, error.message)};
  }

  bool StopAt(FilePlace place, std::string message) {
    if (!stopped_) sink_.Stopped(place, reader_.trouble().empty() ? std::move(message) : reader_.trouble());
    stopped_ = true;
    return false;
  }
  bool Stop(std::string message) { return StopAt(Here(), fmt::format("column {}: {}", reader_.column(), message)); }

  ByteReader reader_;
  const size_t number_;
  RowSink& sink_;
  std::string text_;
  FilePlace place_;
  int column_ = 1;
  uint64_t offset_ = 0;
  size_t size_ = 0;
  bool stopped_ = false;
};

}  // namespace ashlar::app
