// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "app/runtime.h"
#include "app/settings.h"
#include "http/server.h"
#include "identity/letter.h"
#include "identity/mail_sender.h"
#include "redis/server.h"
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
  identity::MailServer mail;  // without a URL: none is given
  identity::Sender mail_from;
  bool login_limit = true;              // that there is the one by default
  std::optional<redis::Server> redis;  // through which limits are shared; none: they are not
  std::string authorities;  // a file; empty: the system's
  std::string public_url;   // "https://shop.example", without a path; empty: not told
  bool dev = false;
};

// kInvalid names the setting that is wrong.
Result<ServeOptions> ReadServeOptions(const Flags& flags);

}  // namespace ashlar::app
