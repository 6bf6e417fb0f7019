// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <ctime>
#include <span>
#include <string>

#include "base/result.h"

namespace ashlar::app {

// A file that an operator's command has opened, also in the process that it asks: the descriptor travels, the bytes
// do not. It is read at any place, so it is a regular file.
class SourceFile {
 public:
  // kInvalid: it cannot be read, or is of another kind.
  static Result<SourceFile> Open(const std::string& path);
  // Owns the descriptor from now on, also when it fails. `path` is for messages.
  static Result<SourceFile> Adopt(std::string path, int descriptor);
  SourceFile(SourceFile&& other) noexcept;
  SourceFile& operator=(SourceFile&&) = delete;
  ~SourceFile();

  const std::string& path() const { return path_; }
  int descriptor() const { return descriptor_; }
  // How many bytes it got: fewer than there is room for only at the end. kUnavailable: the disk fails.
  Result<size_t> ReadAt(uint64_t offset, std::span<char> into) const;
  // Whether it is as it was when it was opened.
  bool Unchanged() const;

 private:
  SourceFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_;
  uint64_t size_ = 0;
  timespec modified_{};
};

// Reads a file from its beginning, byte by byte, in pieces of its own; leaves out a byte order mark of UTF-8.
class ByteReader {
 public:
  explicit ByteReader(const SourceFile& file);
  // The next byte, or -1 at the end (or where the disk failed: see trouble).
  int Peek() { return at_ < filled_ || Fill() ? static_cast<unsigned char>(buffer_[at_]) : -1; }
  // REQUIRES: there is a next byte.
  void Advance() {
    if (buffer_[at_] == '\n') {
      ++line_;
      column_ = 0;
    }
    ++column_;
    ++at_;
  }
  uint64_t offset() const { return base_ + at_; }
  int line() const { return line_; }      // both of the next byte, from 1; columns in bytes
  int column() const { return column_; }
  const std::string& trouble() const { return trouble_; }

 private:
  bool Fill();
  const SourceFile& file_;
  std::string buffer_;
  size_t at_ = 0;
  size_t filled_ = 0;
  uint64_t base_ = 0;  // of the buffer in the file
  int line_ = 1;
  int column_ = 1;
  std::string trouble_;
};

// Gives parts of a file again, wherever they stand; cheap where they follow each other.
class PartReader {
 public:
  explicit PartReader(const SourceFile& file) : file_(&file) {}
  // Valid until the next Read. An Error too where the file ends earlier.
  Result<std::string_view> Read(uint64_t offset, size_t length);

 private:
  const SourceFile* file_;
  std::string window_;
  uint64_t base_ = 0;
};

}  // namespace ashlar::app
