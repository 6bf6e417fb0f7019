// SPDX-License-Identifier: Apache-2.0
#include "surface/front/browser_headers.h"

#include <array>

namespace ashlar::surface {
namespace {

http::SharedHeaders Make(AnswerKind kind, bool tls) {
  std::vector<http::Header> headers;
  if (kind == AnswerKind::kHealth) headers.push_back({"Content-Type", "application/json"});
  const bool kept = kind == AnswerKind::kKept || kind == AnswerKind::kPage;
  if (!kept) headers.push_back({"Cache-Control", "no-store"});
  headers.push_back({"Vary", "Authorization, Cookie, X-Api-Key, Accept, Accept-Encoding"});
  headers.push_back({"X-Content-Type-Options", "nosniff"});
  headers.push_back({"X-Frame-Options", "DENY"});
  headers.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  if (kind != AnswerKind::kPage) {
    headers.push_back({"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"});
  }
  if (tls) headers.push_back({"Strict-Transport-Security", "max-age=31536000"});
  return http::SharedHeaders(std::move(headers));
}

using Kinds = std::array<http::SharedHeaders, 4>;

Kinds MakeAll(bool tls) {
  return {Make(AnswerKind::kOther, tls), Make(AnswerKind::kKept, tls), Make(AnswerKind::kHealth, tls),
          Make(AnswerKind::kPage, tls)};
}

}  // namespace

const http::SharedHeaders& BrowserHeaders(AnswerKind kind, bool tls) {
  static const std::array<Kinds, 2> all = {MakeAll(false), MakeAll(true)};
  return all[tls ? 1 : 0][static_cast<size_t>(kind)];
}

}  // namespace ashlar::surface
