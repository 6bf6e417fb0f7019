// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "types/type.h"

namespace ashlar::types {

// How stores keep lists: a compact JSON array whose elements say exactly what their kind stores, so that SQL can look
// into it. By the kind of the element:
//   bool: true, false    int64, date (days), timestamp, duration (micros), decimal (unscaled): an integer
//   float64: a number    text: a string    uuid: a string in lower case    bytes: a string in base64    json: itself
std::string ToListForm(const List& list);
// The same for one element, as it stands in the array.
std::string ToListElement(const Value& value);

// The List, or null if `text` is no list form of such elements (a damaged store).
Value FromListForm(std::string_view text, const Type& element);

}  // namespace ashlar::types
