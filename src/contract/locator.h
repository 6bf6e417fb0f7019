// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "contract/contract.h"
#include "contract/node.h"

namespace ashlar::contract {

// Turns places into lines and columns, and the line that is shown.
class Locator {
 public:
  // `sources` must outlive this.
  explicit Locator(std::span<const Source> sources);
  // Fills in file, line, column, source_line, caret and length.
  void Locate(Place place, Mistake& mistake) const;

 private:
  std::span<const Source> sources_;
  std::vector<std::vector<size_t>> starts_;  // of lines, by source
};

}  // namespace ashlar::contract
