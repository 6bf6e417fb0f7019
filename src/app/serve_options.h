// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "app/runtime.h"
#include "app/settings.h"
#include "http/server.h"
#include "surface/front/admission.h"
#include "surface/front/cors.h"
#include "surface/limits/client_address.h"

namespace ashlar::app {

// How a service is served, as the settings say; read and judged.
struct ServeOptions {
  http::ServerOptions http;
  std::string admin_listen;  // empty: there is no such listener
  surface::AdmissionLimits admission;
  RuntimeOptions runtime;
  surface::Cors cors;
  surface::TrustedProxies proxies;
  std::string authorities;  // a file; empty: the system's
  bool dev = false;
};

// kInvalid names the setting that is wrong.
Result<ServeOptions> ReadServeOptions(const Flags& flags);

}  // namespace ashlar::app
