// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "cel/expr.h"

namespace ashlar::model {

// Where the contract says who may: a rule of a resource's `access`, or of one of its fields.
struct Origin {
  cel::ResourceId resource;
  cel::FieldId field;  // invalid: of the resource's access
  std::string key;     // "read", "update", "update.before"
  std::string file;
  int line = 0;
  std::string text;    // as it stands there, but for what the environment filled in
};

}  // namespace ashlar::model
