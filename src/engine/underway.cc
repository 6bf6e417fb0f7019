// SPDX-License-Identifier: Apache-2.0
#include "engine/underway.h"

namespace ashlar::engine {

std::optional<Underway::Hold> Underway::Begin(const std::string& id) {
  {
    std::lock_guard lock(mutex_);
    if (!ids_.insert(id).second) return std::nullopt;
  }
  return std::optional<Hold>(std::in_place, *this, id);
}

void Underway::End(const std::string& id) {
  std::lock_guard lock(mutex_);
  ids_.erase(id);
}

}  // namespace ashlar::engine
