// SPDX-License-Identifier: Apache-2.0
#include "contract/expressions.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {

void ReadFieldRules(Draft& draft, Expressions& expressions) {
  for (size_t i = 0; i < draft.resources.size(); ++i) {
    model::Resource& resource = draft.resource(i);
    for (const FieldDraft& source : draft.resources[i].fields) {
      if (!source.field.valid()) continue;
      model::Field& field = resource.fields[source.field.index()];
      field.read = expressions.CompileRule(source.Value("read"), resource.id);
      if (field.write_only) field.read = cel::False();
      field.write = expressions.CompileRule(source.Value("write"), resource.id);
    }
  }
}

}  // namespace ashlar::contract
