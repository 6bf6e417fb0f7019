// SPDX-License-Identifier: Apache-2.0
#include "types/field_types/plain_text.h"

namespace ashlar::types {

FieldType TextType() {
  return {.name = "text",
          .doc = "A long text; min and max count Unicode code points, max is 1048576 unless given.",
          .json = "string",
          .takes = "min max pattern",
          .make = [](const Parameters& parameters) { return MakePlainText(parameters, TextType(), 1 << 20); }};
}

}  // namespace ashlar::types
