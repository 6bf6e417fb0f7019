// SPDX-License-Identifier: Apache-2.0
#include "surface/front/pages.h"

#include "base/base64.h"
#include "base/crypto/sha256.h"
#include "base/html.h"
#include "base/json/writer.h"
#include "surface/auth/describe.h"
#include "surface/front/coder.h"
#include "surface/front/rapidoc.h"

namespace ashlar::surface {
namespace {

// Nothing from elsewhere, no script but the one that is served here. RapiDoc sets style attributes as it draws.
constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
constexpr std::string_view kScriptPolicy = "default-src 'none'; frame-ancestors 'none'";

std::string ReferencePage(const model::Service& service) {
  return fmt::format(R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{}</title>
<script src="/docs/rapidoc-min.js" defer></script>
</head>
<body>
<rapi-doc spec-url="/openapi.json" load-fonts="false" render-style="read" schema-style="table"
 show-header="false" allow-spec-file-download="true" allow-server-selection="false" sort-tags="false"
 show-method-in-nav-bar="as-colored-text" use-path-in-nav-bar="false" persist-auth="false"></rapi-doc>
<noscript>This page needs JavaScript. It shows <a href="/openapi.json">/openapi.json</a>.</noscript>
</body>
</html>
)",
                     EscapeHtml(service.title.empty() ? service.name : service.title));
}

// Where to go from here.
std::string Index(const model::Service& service) {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  out.Field("service", service.name);
  out.Field("version", service.version);
  out.Field("openapi", "/openapi.json");
  if (!RapidocScript().empty()) out.Field("docs", "/docs");
  out.Field("live", "/health/live");
  out.Field("ready", "/health/ready");
  out.EndObject();
  return text;
}

// Whether the segments, joined, are that path.
bool IsAt(std::string_view path, const std::vector<std::string>& segments) {
  path.remove_prefix(1);
  for (size_t i = 0; i < segments.size(); ++i) {
    if (i > 0 && !path.starts_with('/')) return false;
    if (i > 0) path.remove_prefix(1);
    if (!path.starts_with(segments[i])) return false;
    path.remove_prefix(segments[i].size());
  }
  return path.empty();
}

}  // namespace

Pages::Pages(const model::Service& service) {
  Add("", "application/json", Index(service));
  pages_.back().takes_post = true;  // nothing changes: who probes HTTP itself finds an address that takes one
  Add("openapi.json", "application/json", rest::DescribeOpenApi(service, auth::Describe(service)));
  if (RapidocScript().empty()) {
    Page none;
    none.path = "/docs";
    none.missing = "the reference page is not in this build, which was made without npm; see /openapi.json";
    pages_.push_back(std::move(none));
    return;
  }
  Add("docs", "text/html; charset=utf-8", ReferencePage(service), kPagePolicy);
  Add("docs/rapidoc-min.js", "text/javascript; charset=utf-8", std::string(RapidocScript()), kScriptPolicy);
  Add("docs/rapidoc-min.js.LICENSE.txt", "text/plain; charset=utf-8", std::string(RapidocLicense()), kScriptPolicy);
}

void Pages::Add(const std::string& path, std::string_view type, std::string body, std::string_view policy) {
  auto digest = Sha256(body);
  std::string tag = Base64UrlEncode({reinterpret_cast<const char*>(digest.data()), 16});
  Page page{"/" + path, type, std::move(body), {}, "\"" + tag + "\"", policy, ""};
  for (http::ContentCoding coding : http::CodingsByMerit()) {
    auto coded = page.body.size() < Coder::kLeastBytes ? std::nullopt : compressor_.Compress(coding, page.body);
    if (coded && coded->size() < page.body.size()) page.coded[static_cast<size_t>(coding)] = std::move(*coded);
  }
  pages_.push_back(std::move(page));
}

std::vector<std::string> Pages::Paths() const {
  std::vector<std::string> paths;
  for (const Page& page : pages_) paths.push_back(page.path);
  return paths;
}

const Pages::Page* Pages::Find(const std::vector<std::string>& segments) const {
  if (segments.size() > 2) return nullptr;
  auto found = std::find_if(pages_.begin(), pages_.end(), [&](const Page& page) { return IsAt(page.path, segments); });
  return found == pages_.end() ? nullptr : &*found;
}

}  // namespace ashlar::surface
