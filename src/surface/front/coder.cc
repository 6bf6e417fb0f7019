// SPDX-License-Identifier: Apache-2.0
#include "surface/front/coder.h"

#include "surface/rest/decode.h"

namespace ashlar::surface {
namespace {

using http::AcceptedCodings;
using http::ContentCoding;

std::string TagOf(std::string_view tag, ContentCoding coding) {
  tag.remove_suffix(1);  // the quote
  return fmt::format("{}-{}\"", tag, NameOf(coding));
}

// Whether another site's page may have made the browser send the request with the caller's cookies: then the size of
// a compressed answer could tell what stands in it (BREACH).
bool IsProbed(const http::Request& request) {
  if (!request.Find("Cookie")) return false;
  auto site = request.Find("Sec-Fetch-Site");
  return !site || (*site != "same-origin" && *site != "none");
}

ContentCoding Choose(const http::Request& request, const AcceptedCodings& accepted, size_t size) {
  ContentCoding best = accepted.Best();
  if (best == ContentCoding::kIdentity || !accepted.Takes(ContentCoding::kIdentity)) return best;
  bool worth = size >= Coder::kLeastBytes && size <= Coder::kMostBytes;
  return worth && !IsProbed(request) ? best : ContentCoding::kIdentity;
}

void Stamp(ContentCoding coding, http::Response& response) {
  response.Set("Content-Encoding", std::string(NameOf(coding)));
  for (http::Header& header : response.headers) {
    if (header.name == "ETag") header.value = TagOf(header.value, coding);
  }
}

bool IsCoded(const http::Response& response) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [](const http::Header& header) { return header.name == "Content-Encoding"; });
}

}  // namespace

std::optional<std::string> Coder::Held(const http::Request& request, const AcceptedCodings& accepted,
                                       std::string_view tag) {
  auto none = request.FindList("If-None-Match");
  if (!none) return std::nullopt;
  if (rest::NamesTag(*none, tag)) return std::string(tag);
  for (ContentCoding coding : http::CodingsByMerit()) {
    if (!accepted.Takes(coding)) continue;
    std::string coded = TagOf(tag, coding);
    if (rest::NamesTag(*none, coded)) return coded;
  }
  return std::nullopt;
}

void Coder::Apply(const http::Request& request, const AcceptedCodings& accepted, http::Response& response) {
  if (response.body.empty()) return;
  ContentCoding coding = Choose(request, accepted, response.body.size());
  if (coding == ContentCoding::kIdentity || IsCoded(response)) return;
  auto body = compressor_.Compress(coding, response.body);
  bool smaller = body && body->size() < response.body.size();
  if (!body || (!smaller && accepted.Takes(ContentCoding::kIdentity))) return;
  response.body = std::move(*body);
  Stamp(coding, response);
}

void Coder::Show(const http::Request& request, const AcceptedCodings& accepted, const Pages::Page& page,
                 http::Response& response) {
  ContentCoding coding = Choose(request, accepted, kLeastBytes);
  const std::string& coded = page.coded[static_cast<size_t>(coding)];
  response.body = coded.empty() ? page.body : coded;
  if (!coded.empty()) Stamp(coding, response);
}

}  // namespace ashlar::surface
