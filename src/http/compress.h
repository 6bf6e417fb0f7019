// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/content_coding.h"

namespace ashlar::http {

// How much a body may cost: once for every answer, or once for all of them.
enum class Effort : uint8_t { kAnswer, kOnce };

// Writes whole bodies in a content coding. Keeps the libraries' contexts: one per loop, and one thread uses it.
class Compressor {
 public:
  explicit Compressor(Effort effort);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // Nothing where the library could not (out of memory). REQUIRES: the coding is not identity.
  std::optional<std::string> Compress(ContentCoding coding, std::string_view body);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
};

}  // namespace ashlar::http
