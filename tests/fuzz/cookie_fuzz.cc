// SPDX-License-Identifier: Apache-2.0
// FindCookie: a line is a field, and whatever stands there, what is found stood there behind its name.
#include <cstdlib>

#include "http/cookie.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  ashlar::http::Request request;
  size_t fields = 0;
  while (!text.empty() && fields < 100) {
    const size_t end = std::min(text.find('\n'), text.size());
    request.headers.push_back({"Cookie", std::string(text.substr(0, end))});
    text.remove_prefix(std::min(end + 1, text.size()));
    ++fields;
  }
  auto found = ashlar::http::FindCookie(request, "__Host-session");
  if (!found || !*found) return 0;
  const std::string_view value = **found;
  if (value.contains(';') || value.starts_with(' ') || value.ends_with(' ')) std::abort();
  bool stood = false;
  for (const ashlar::http::Header& header : request.headers) {
    std::string_view field = header.value;
    stood = stood || (value.data() >= field.data() && value.data() + value.size() <= field.data() + field.size() &&
                      field.contains("__Host-session"));
  }
  if (!stood) std::abort();
  return 0;
}
