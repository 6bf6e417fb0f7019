// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "base/json/json.h"
#include "call/call.h"

namespace ashlar::call {

// The structured form of a condition (`where`), as every surface that takes JSON values has it:
//   Where := { Member* }, all of which hold
//   Member := "and": [Where*] | Where;  "or": [Where*];  "not": Where
//           | PATH: VALUE                     equal; null: is null
//           | PATH: { OPERATOR: VALUE, ... }  all of these
//           | PATH: Where                     PATH ends with a relation: of the row there, or of one row there
// PATH is a field behind the relations that lead to it, with dots between. An object is operators if one of its names
// is an operator's. What is empty is a mistake, but for the outermost and for a list of values: it would be taken for
// either everything or nothing.
//
// Conditions that all must hold. Mistakes of form are added to `wrong`, the first hundred of them.
std::vector<Condition> ReadWhere(const json::Json& where, std::vector<std::string>& wrong);

}  // namespace ashlar::call
