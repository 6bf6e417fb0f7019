// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstring>
#include <memory>
#include <string_view>

namespace ashlar::bench {

// Bytes that grow at their end. Whoever writes much asks for the room once, writes behind `end()` and says how far.
class Buffer {
 public:
  char* Room(size_t bytes) {
    if (size_ + bytes > capacity_) Grow(size_ + bytes);
    return end();
  }
  void Wrote(const char* end) { size_ = static_cast<size_t>(end - data_.get()); }
  void Add(std::string_view text) {
    std::memcpy(Room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  void Drop(size_t bytes) {  // of the front
    std::memmove(data_.get(), data_.get() + bytes, size_ - bytes);
    size_ -= bytes;
  }

  char* data() { return data_.get(); }
  char* end() { return data_.get() + size_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_.get(), size_}; }
  void clear() { size_ = 0; }

 private:
  void Grow(size_t least) {
    capacity_ = least > 2 * capacity_ ? least + 4096 : 2 * capacity_;
    std::unique_ptr<char[]> wider(new char[capacity_]);
    if (size_ > 0) std::memcpy(wider.get(), data_.get(), size_);
    data_ = std::move(wider);
  }

  std::unique_ptr<char[]> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace ashlar::bench
