// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "base/json/writer.h"
#include "call/outcome.h"
#include "model/service.h"
#include "surface/rest/encode.h"

namespace ashlar::surface::rest {

// Answers as HAL (draft-kelly-json-hal): rows without an envelope, what is included under _embedded, and under _links
// the row itself, the rows that it refers to, and the operations that the caller's rules do not rule out, by their
// names (update, replace, delete, restore, purge, history, create), with the method as title.
struct HalRequest {
  const model::Service& service;
  std::function<bool(const model::Operation&)> may;       // whether the caller has a chance of it
  std::function<bool(const model::Resource&)> may_purge;  // the same of deleting a row for good
  std::string self;                                  // the target that was asked for
  std::vector<std::pair<std::string, std::string>> neighbours;  // of a page: relation, target
};

// The path of what was cut short stands in "_more". Its ETag always carries a hash, for Accept shapes it.
Envelope HalRow(const HalRequest& request, const call::Outcome& outcome);
// {"_links", "_embedded": {"products": [...]}, "page", "perPage", "total", "totalPages"}, or with a cursor "next" ...
Envelope HalList(const HalRequest& request, const model::Resource& resource, const call::Outcome& outcome);
Envelope HalGroups(const HalRequest& request, const call::Outcome& outcome);
Envelope HalHistory(const HalRequest& request, const call::Outcome& outcome);

}  // namespace ashlar::surface::rest
