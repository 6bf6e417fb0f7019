// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/json/json.h"
#include "http/message.h"
#include "model/service.h"
#include "types/value.h"

namespace ashlar::app {

// Short names for uuids, as tests of a contract write them: `ann` is the same uuid wherever it stands. What is a uuid
// already is left as it is.
class ShortIds {
 public:
  types::Uuid Of(std::string_view name);
  // In the fields of a row, or of a body.
  void PutIn(const model::Resource& resource, json::Json& fields);
  // In the address of a row and in the conditions of a query.
  void PutIn(const model::Resource& resource, bool row, http::Request& request);
  // The name that stands for the id, or the id; of a composite one, part by part.
  std::string NameOf(std::string_view id) const;

 private:
  std::string TextOf(std::string_view name);
  std::string KeyOf(const model::Resource& resource, const std::string& id);

  std::map<std::string, std::string, std::less<>> names_;  // by uuid
};

}  // namespace ashlar::app
