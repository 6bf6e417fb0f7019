// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/json/json.h"
#include "call/api_error.h"
#include "call/once.h"
#include "http/message.h"

namespace ashlar::surface::rest {

inline constexpr size_t kMostOperations = 100;  // of one batch

// One operation of a batch as it was sent.
struct BatchOperation {
  std::string id;      // empty: none
  std::string method;  // "POST"
  std::string path;    // with its query; references in it not yet resolved
  std::optional<json::Json> body;
  std::optional<std::string> if_match;
};

struct BatchForm {
  std::vector<BatchOperation> operations;
  bool dry_run = false;
  std::optional<call::Once> once;
};

// A batch of the right form, or all that is wrong with it. Which addresses and methods there are is not looked at.
call::Answer<BatchForm> ReadBatchForm(const http::Request& request);

}  // namespace ashlar::surface::rest
