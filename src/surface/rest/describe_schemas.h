// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "base/json/json.h"
#include "base/json/writer.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// What a schema of a resource is for.
enum class Shape : uint8_t {
  kRow,      // the whole row, as a write answers it
  kView,     // a row as a query asks for it: some of its fields, and rows that were included
  kCreate,   // the body of a POST
  kPatch,    // of a PATCH
  kReplace,  // of a PUT
  kChange,   // an entry of the history
  kGroup,    // a row of an aggregate
};

// Its name among the document's schemas: "Product", "ProductView". No two share a name, whatever resources are called.
std::string SchemaName(const model::Service& service, const model::Resource& resource, Shape shape);

// The members of the JSON Schema of a type, as a document that can be changed.
json::Object SchemaOf(const types::Type& type);
// `type` becomes [type, "null"], and null one of the constants.
void AllowNull(json::Object& schema);
// What the document shows as a value of the field; nothing where none is known that the type takes.
std::optional<json::Json> ExampleOf(const model::Field& field);
// A body that would do, as far as single fields are concerned; nothing where a required field has no known example.
std::optional<json::Json> BodyExample(const model::Resource& resource, Shape shape);
// Whether an answer to a write may have no row: the caller may write what it may not read.
bool MayBeHidden(const model::Resource& resource);

// Writes the member "schemas" of the document's components.
void WriteSchemas(const model::Service& service, json::Writer& out);

}  // namespace ashlar::surface::rest
