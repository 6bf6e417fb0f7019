// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "call/call.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// Names and values of a query string, percent-decoded, in their order.
using Parameters = std::vector<std::pair<std::string, std::string>>;

// Reads the parameters that the operation takes into the call (api.md, Query of a list). What is wrong with them, all
// at once, becomes call.malformed; nothing is ignored.
void DecodeQuery(const Parameters& parameters, model::OperationKind kind, call::Call& call);

// Whether a query of this name means something else than a field: such a field is filtered as `name[eq]` alone.
bool IsParameterName(std::string_view name);

// What both forms of a query read alike. AddInclude: false if the path is absurdly deep; paths that begin alike share
// their beginning. CheckPaging: which parameters exclude each other, of those that were seen.
void AddSortTerm(std::string term, std::vector<call::SortTerm>& sort);
bool AddInclude(std::string_view path, call::Selection& selection);
void CheckPaging(const std::set<std::string>& seen, const call::Paging& paging, std::vector<std::string>& wrong);

// Splits at commas that are not escaped as `\,`.
std::vector<std::string> SplitValues(std::string_view text);

}  // namespace ashlar::surface::rest
