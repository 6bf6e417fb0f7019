// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "call/outcome.h"

namespace ashlar::call {

// Outcomes as bytes, to be kept and answered again, perhaps under a later contract: what they name, they name by the
// names of the model. What is no longer there then, or of another kind, is left out.
std::string EncodeOutcomes(const model::Service& service, std::span<const Outcome> outcomes);
// Nothing if they are not what EncodeOutcomes gave.
std::optional<std::vector<Outcome>> DecodeOutcomes(const model::Service& service, std::string_view bytes);

}  // namespace ashlar::call
