// SPDX-License-Identifier: Apache-2.0
// Findings about what the generated documents would lack.
#include "contract/findings/findings.h"

namespace ashlar::contract {

void FindUndescribed(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft& source) {
    if (source.system || !resource.description.empty()) return;
    review.Tell(resource, fmt::format("'{}' has no description", resource.name));
  });
}

}  // namespace ashlar::contract
