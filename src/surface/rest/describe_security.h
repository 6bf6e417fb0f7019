// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/json/writer.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// Which credentials an operation takes.
struct Credentials {
  bool none = false;    // it can be asked without any
  bool keys = true;     // API keys, where the service takes them
  bool clients = true;  // tokens of the provider's clients, likewise
  bool writes = false;  // a browser's cookie is not enough by itself
};

// "security" of an operation.
void WriteSecurity(const model::Service& service, Credentials taken, json::Writer& out);
// "securitySchemes": what those above name.
void WriteSecuritySchemes(const model::Service& service, json::Writer& out);

}  // namespace ashlar::surface::rest
