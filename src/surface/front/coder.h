// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>

#include "http/compress.h"
#include "surface/front/pages.h"

namespace ashlar::surface {

// Sends answers in the content coding that their requests want. An entity tag names the bytes that are sent: in a
// coding, "7" is "7-gzip", whose number If-Match compares all the same. One per loop.
class Coder {
 public:
  static constexpr size_t kLeastBytes = 1 << 10;  // smaller ones are sent as they are, where that is taken
  static constexpr size_t kMostBytes = 2 << 20;   // larger ones, too: compressing those would hold up the loop

  // The tag under which the client of `request` has what `tag` names, by its If-None-Match: as it is, or in a coding
  // that it takes.
  static std::optional<std::string> Held(const http::Request& request, const http::AcceptedCodings& accepted,
                                         std::string_view tag);

  // Writes the body in a coding and says so in Content-Encoding and ETag, where that is wanted and worth it.
  void Apply(const http::Request& request, const http::AcceptedCodings& accepted, http::Response& response);
  // The same with the body of a page, which is compressed already.
  static void Show(const http::Request& request, const http::AcceptedCodings& accepted, const Pages::Page& page,
                   http::Response& response);

 private:
  http::Compressor compressor_{http::Effort::kAnswer};
};

}  // namespace ashlar::surface
