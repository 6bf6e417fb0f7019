// SPDX-License-Identifier: Apache-2.0
#include "types/field_types/plain_text.h"

namespace ashlar::types {

FieldType StringType() {
  return {.name = "string",
          .doc = "A short text; min and max count Unicode code points, max is 255 unless given.",
          .json = "string",
          .takes = "min max pattern",
          .make = [](const Parameters& parameters) { return MakePlainText(parameters, StringType(), 255); }};
}

}  // namespace ashlar::types
