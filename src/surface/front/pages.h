// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "http/compress.h"
#include "model/service.h"

namespace ashlar::surface {

// What a service tells of itself, the same for everybody: at "/" what it is and where the rest stands, its OpenAPI
// document and the reference page that shows it.
// Made once, before the first request; immutable; safe to share between threads.
class Pages {
 public:
  struct Page {
    std::string path;             // "/docs"
    std::string_view type;
    std::string body;
    std::array<std::string, http::kContentCodings> coded;  // the body, by coding; empty where it gains nothing
    std::string tag;              // an entity tag, quotes included
    std::string_view policy;      // Content-Security-Policy; empty: none
    std::string_view missing;     // why this build has no such page; empty: it has
    bool takes_post = false;      // answers POST as it does GET, whatever the body
  };

  explicit Pages(const model::Service& service);

  // `segments` as the request has them, decoded; null where no page is.
  const Page* Find(const std::vector<std::string>& segments) const;
  std::vector<std::string> Paths() const;

 private:
  void Add(const std::string& path, std::string_view type, std::string body, std::string_view policy = "");

  http::Compressor compressor_{http::Effort::kOnce};
  std::vector<Page> pages_;
};

}  // namespace ashlar::surface
