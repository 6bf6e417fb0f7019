// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "cel/cel.h"

namespace ashlar::cel {

// An expression about a row of `resource` as CEL, which means the same when it is read again. What a variable of `all`,
// `exists`, ... was called is not known any more: they are x, y, z. A part that is always an error is written
// `<error: WHY>`, which is no CEL. Guards are left out: rules have none.
std::string ToText(const Expr& expr, const Schema& schema, ResourceId resource);

// The same condition, where a part of && or || stands twice, or follows from another one beside it, without it. Of the
// result only the truth counts, as for every rule.
ExprPtr Reduce(const ExprPtr& condition, const Schema& schema, ResourceId resource);

}  // namespace ashlar::cel
