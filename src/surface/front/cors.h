// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace ashlar::surface {

// Which pages of other origins may read what is answered (Fetch, CORS): none, those whose origin is listed, compared
// byte for byte, or all. It lets nothing in that would not be let in without it: a page that may not read an answer may
// have asked all the same, and access is for rules and credentials to decide. Immutable; safe to share between threads.
class Cors {
 public:
  Cors() = default;  // none

  // `origins`: "https://a.example, https://b.example:8443", or "*" alone; empty: none. `credentials`: whether their
  // requests may carry cookies. kInvalid: what is no origin, or credentials for everybody.
  static Result<Cors> Make(std::string_view origins, bool credentials);

  // Whether pages of that origin may ask with cookies.
  bool TakesCookiesOf(std::string_view origin) const;

  // Adds to an answer what the request's page may do with it. `allow`: the methods of the address.
  void Apply(const http::Request& request, std::string_view allow, http::Response& response) const;

 private:
  std::vector<std::string> origins_;
  bool everybody_ = false;
  bool credentials_ = false;
};

}  // namespace ashlar::surface
