// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

namespace ashlar::engine {

// The names of writes (call::Once) that are being done now, in this process, which alone writes to its store: a second
// of the same name is told so instead of waiting. Thread safe.
class Underway {
 public:
  // Holds a name for as long as it lives. REQUIRES: the Underway outlives it.
  class Hold {
   public:
    Hold(Underway& all, std::string id) : all_(&all), id_(std::move(id)) {}
    Hold(Hold&& other) noexcept : all_(std::exchange(other.all_, nullptr)), id_(std::move(other.id_)) {}
    Hold& operator=(Hold&& other) noexcept {
      std::swap(all_, other.all_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~Hold() {
      if (all_ != nullptr) all_->End(id_);
    }

   private:
    Underway* all_;
    std::string id_;
  };

  // Nothing if it is held.
  std::optional<Hold> Begin(const std::string& id);

 private:
  void End(const std::string& id);
  std::mutex mutex_;
  std::unordered_set<std::string> ids_;
};

}  // namespace ashlar::engine
