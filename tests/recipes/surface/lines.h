// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "base/context.h"
#include "base/task.h"
#include "engine/engine.h"

namespace ashlar::recipes {

// A toy surface: a line asks, a line answers. One loop's; the engine must outlive it.
class Lines {
 public:
  explicit Lines(engine::Engine& engine) : engine_(engine) {}

  // Both without their line ends. The context must live until the answer is there.
  Task<std::string> Answer(Context& context, call::Caller caller, std::string line);

 private:
  engine::Engine& engine_;
};

}  // namespace ashlar::recipes
