// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "call/outcome.h"

namespace ashlar::identity {

// The value of a field of one of the rows; null if it is not there. REQUIRES: there is such a row.
types::Value ValueOf(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row = 0);
// The same as what it is known to be, or what nothing stands for.
std::string TextIn(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row = 0);
std::string IdIn(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row = 0);
int64_t NumberIn(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row = 0);
bool FlagIn(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row = 0);
// Microseconds since 1970; 0 for null.
int64_t MicrosIn(const model::Resource& resource, const call::RowSet& set, std::string_view name, size_t row = 0);

// Whether a User may sign in: not disabled, and with a proved address where the service wants that. Whoever may not is
// told the same as who is not there.
bool MaySignIn(const model::Service& service, const call::RowSet& users, size_t row = 0);

}  // namespace ashlar::identity
