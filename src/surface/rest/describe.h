// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "model/service.h"
#include "surface/rest/describe_answers.h"

namespace ashlar::surface::rest {

// What is served beside the resources.
struct OtherOperation {
  std::string path;    // "/auth/sessions/{id}"
  std::string method;  // "post"
  std::string id, tag, summary, description;
  std::string body;     // JSON Schema; empty: it takes none
  std::string example;  // of the body, JSON; empty: none
  OtherAnswer answer;
  std::vector<std::string> parameters;  // Parameter Objects, JSON, besides those of the path
  bool anonymous = false;  // no credential is asked for
  bool keys = false;       // API keys are taken too
};
// What one part of the surface serves; those of one path stand together.
struct OtherOperations {
  std::string tag, description;
  std::vector<OtherOperation> operations;
};

// The OpenAPI 3.1 document of a service's REST surface: every operation that the Router serves, from the same list,
// and what is served beside. The same service gives the same text, byte for byte.
std::string DescribeOpenApi(const model::Service& service, const OtherOperations& others = {});

}  // namespace ashlar::surface::rest
