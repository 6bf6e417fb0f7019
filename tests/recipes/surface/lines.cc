// SPDX-License-Identifier: Apache-2.0
#include "recipes/surface/lines.h"

#include "base/await.h"
#include "recipes/surface/decode.h"
#include "recipes/surface/encode.h"

namespace ashlar::recipes {

Task<std::string> Lines::Answer(Context& context, call::Caller caller, std::string line) {
  auto call = Decode(engine_.service(), line);
  if (!call) co_return Encode(engine_.service(), std::unexpected(call.error()));
  auto outcome = co_await Await(engine_.Run(context, caller, *call));
  co_return Encode(engine_.service(), outcome);
}

}  // namespace ashlar::recipes
