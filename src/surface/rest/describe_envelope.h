// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/json/writer.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// {"$ref": "#/components/KIND/NAME"}
void WriteReference(std::string_view kind, std::string_view name, json::Writer& out);
// The components that what is written so far refers to; those that nobody refers to are left out, so each comes behind
// all that may refer to it. The text is read once, however often it is asked.
class Referred {
 public:
  explicit Referred(const json::Writer& out) : text_(out.out()) {}
  bool To(std::string_view kind, std::string_view name);

 private:
  const std::string& text_;
  size_t read_ = 0;
  std::unordered_set<std::string> found_;  // "KIND/NAME"
};
// "KEY": ["TEXT", ...]
void WriteStrings(std::string_view key, const std::vector<std::string>& texts, json::Writer& out);

// The name of a schema that is no resource's: "Meta", "ListMeta", "ApiError". None is a resource's name.
std::string CommonSchemaName(const model::Service& service, std::string_view name);
// Writes those schemas, inside the open object of all of them.
void WriteCommonSchemas(const model::Service& service, Referred& referred, json::Writer& out);

}  // namespace ashlar::surface::rest
