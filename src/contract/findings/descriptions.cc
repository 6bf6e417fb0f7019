// SPDX-License-Identifier: Apache-2.0
// Findings about what the generated documents would lack.
#include "contract/findings/findings.h"
#include "contract/findings/words.h"

namespace ashlar::contract {

void FindUndescribed(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft& source) {
    if (source.system || !resource.description.empty()) return;
    review.Tell(resource, fmt::format("'{}' has no description", resource.name));
  });
}

void FindOpaque(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft& source) {
    std::vector<std::string> opaque;
    for (const model::Field& field : resource.fields) {
      const types::Type& type = field.type->element() == nullptr ? *field.type : *field.type->element();
      bool tells = type.kind() != types::Kind::kJson && type.kind() != types::Kind::kBytes;
      if (!tells && field.description.empty()) opaque.push_back(fmt::format("'{}'", field.declared));
    }
    if (source.system || opaque.empty()) return;
    review.Tell(resource, fmt::format("nothing says what is in {} of '{}'", Listed(opaque), resource.name));
  });
}

}  // namespace ashlar::contract
