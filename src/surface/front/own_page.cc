// SPDX-License-Identifier: Apache-2.0
#include "surface/front/own_page.h"

namespace ashlar::surface {

// "https://a.example:8443" names the host of "a.example:8443". The scheme is not compared: behind a proxy that ends TLS
// nothing here knows it, and the browsers that leave it at Origin are those that know no Sec-Fetch-Site.
bool IsOwnPage(const http::Request& request, const Cors& cors) {
  if (request.Count("Origin") > 1 || request.Count("Sec-Fetch-Site") > 1) return false;
  auto origin = request.Find("Origin");
  if (origin && cors.TakesCookiesOf(*origin)) return true;
  if (auto site = request.Find("Sec-Fetch-Site")) return *site == "same-origin" || *site == "none";
  if (!origin) return true;
  const size_t colon = origin->find("://");
  auto host = request.Find("Host");
  return colon != std::string_view::npos && host && http::EqualIgnoringCase(origin->substr(colon + 3), *host);
}

}  // namespace ashlar::surface
