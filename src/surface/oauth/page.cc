// SPDX-License-Identifier: Apache-2.0
#include "surface/oauth/page.h"

#include "base/base64.h"
#include "base/crypto/sha256.h"
#include "base/html.h"

namespace ashlar::surface::oauth {
namespace {

// Colours have a contrast of 4.5 to 1 at least (WCAG 2.2, 1.4.3), in both schemes.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--back:#f5f6f8;--card:#fff;--text:#1b1f27;--soft:#525b6b;--line:#7a8494;--blue:#1f4fc4;
--on:#fff;--bad:#a4161a;--badback:#fdecec}
@media (prefers-color-scheme:dark){:root{--back:#12151b;--card:#1b2029;--text:#eef1f6;--soft:#b3bccb;--line:#7d889a;
--blue:#9db8ff;--on:#0d1a3d;--bad:#ffb4ae;--badback:#3b1d1f}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
main{max-width:26rem;margin:0 auto;padding:1.5rem 1rem}
.card{background:var(--card);border-radius:.75rem;padding:1.5rem;box-shadow:0 1px 4px rgb(0 0 0/.18)}
h1{font-size:1.375rem;line-height:1.25;margin:0 0 .5rem;overflow-wrap:anywhere}
p{margin:0 0 1rem;overflow-wrap:anywhere}
.soft,.house{color:var(--soft)}
.house{font-weight:600;overflow-wrap:anywhere}
label{display:block;font-weight:600;margin:0 0 .25rem}
.hint{display:block;font-weight:400;color:var(--soft);font-size:.875rem}
input{display:block;width:100%;min-height:2.75rem;margin:0 0 1rem;padding:.5rem .75rem;font:inherit;color:inherit;
background:var(--back);border:1px solid var(--line);border-radius:.5rem}
button{display:block;width:100%;min-height:2.75rem;margin:.75rem 0 0;padding:.5rem .75rem;font:inherit;font-weight:600;
border-radius:.5rem;border:1px solid var(--blue);background:var(--blue);color:var(--on);cursor:pointer}
button.other{background:transparent;color:var(--text);border-color:var(--line)}
:focus-visible{outline:3px solid var(--blue);outline-offset:2px}
ul{margin:0 0 1rem;padding-left:1.25rem}
.alert,.caution{background:var(--badback);color:var(--bad);border:1px solid var(--bad);border-radius:.5rem;
padding:.75rem}
)";

const std::string& StyleHash() {
  static const std::string hash = [] {
    const Digest digest = Sha256(kStyle);
    return Base64Encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  }();
  return hash;
}

constexpr std::string_view kAuthorize = "/oauth/authorize", kLogout = "/oauth/logout";

std::string Render(const Page& page) {
  std::string alert;
  if (!page.alert.empty()) alert = fmt::format("<p class=\"alert\" role=\"alert\">{}</p>\n", EscapeHtml(page.alert));
  return fmt::format(R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>{0}{1} - {2}</title>
<style>{3}</style>
</head>
<body>
<main>
<p class="house">{2}</p>
<div class="card">
<h1>{1}</h1>
{4}{5}</div>
</main>
</body>
</html>
)",
                     page.alert.empty() ? "" : "Error: ", EscapeHtml(page.title), EscapeHtml(page.service), kStyle,
                     alert, page.content);
}

// Chromium holds every redirect that follows upon a form against form-action: a client's callback leads on to wherever
// the client lives, and a page that names the callback's origin alone would stop there. So all of https is let in.
// Where answers go is not left to it: that is of the contract, or of the row of the client.
std::string FormTargets(std::string_view target) {
  if (target.empty()) return "'self'";
  const bool named = !target.starts_with("https:");  // a scheme of its own, or of http on this machine
  return fmt::format("'self' https:{}{}", named ? " " : "", named ? target : "");
}

}  // namespace

// Referrer-Policy: with no-referrer a form's Origin would be null.
http::Response PageAnswer(int status, const Page& page, std::string_view target) {
  http::Response response{status, {}, Render(page)};
  response.Set("Content-Type", "text/html; charset=utf-8");
  response.Set("Content-Security-Policy",
               fmt::format("default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action {}; "
                           "frame-ancestors 'none'; base-uri 'none'",
                           StyleHash(), FormTargets(target)));
  response.Set("Cache-Control", "no-store");
  response.Set("Referrer-Policy", "same-origin");
  return response;
}

std::string Hidden(std::string_view name, std::string_view value) {
  return fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", EscapeHtml(name), EscapeHtml(value));
}

std::string Button(std::string_view name, std::string_view value, std::string_view text, bool first) {
  return fmt::format("<button{} name=\"{}\" value=\"{}\">{}</button>\n", first ? "" : " class=\"other\"", name, value,
                     EscapeHtml(text));
}

std::string Form(std::string_view action, std::string_view content) {
  return fmt::format("<form method=\"post\" action=\"{}\">\n{}</form>\n", EscapeHtml(action), content);
}

std::string Caution(const model::Client& client, std::string_view origin) {
  if (!model::IsRegisteredId(client.id)) return "";
  return fmt::format(
      "<p class=\"caution\">This program registered itself. Nobody here has checked that it is what it calls itself. "
      "It goes back to <strong>{}</strong>: go on only if you know that place.</p>\n",
      EscapeHtml(origin));
}

Page SignInPage(const SignInForm& form) {
  Page page;
  page.title = "Sign in";
  std::string fields = Hidden("form", form.sealed);
  fields += fmt::format(R"(<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="320" value="{}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024">
<label for="code">Code <span class="hint">Of your second factor, if your account has one</span></label>
<input id="code" name="code" autocomplete="one-time-code" maxlength="64" spellcheck="false" autocapitalize="off">
)",
                        EscapeHtml(form.email));
  fields += Button("do", "login", "Sign in");
  page.content = fmt::format("<p class=\"soft\">to go on to {}</p>\n{}", EscapeHtml(form.client), form.caution);
  // Of no form with fields that must be filled in.
  page.content += Form(form.action, fields);
  page.content += Form(form.action, Hidden("form", form.sealed) + Button("do", "deny", "Cancel", false));
  return page;
}

Page ConsentPage(const ConsentForm& form) {
  Page page;
  page.title = fmt::format("Allow {}?", form.client);
  page.content = fmt::format("<p class=\"soft\">Signed in as {}</p>\n{}<p>{} would like to:</p>\n<ul>\n",
                             EscapeHtml(form.email), form.caution, EscapeHtml(form.client));
  for (const std::string& want : form.wants) page.content += fmt::format("<li>{}</li>\n", EscapeHtml(want));
  page.content += "</ul>\n";
  page.content += Form(kAuthorize, Hidden("form", form.sealed) + Button("do", "allow", "Allow") +
                                       Button("do", "deny", "Do not allow", false));
  return page;
}

Page ReturnPage(std::string_view client, std::string_view redirect_uri, const http::Parameters& parameters) {
  Page page;
  page.title = fmt::format("Back to {}", client);
  std::string fields;
  for (const auto& [name, value] : parameters) fields += Hidden(name, value);
  fields += fmt::format("<button>{}</button>\n", "Continue");
  page.content = Form(redirect_uri, fields);
  return page;
}

Page OnwardPage(std::string_view title, std::string_view text, std::string_view uri) {
  Page page = NoticePage(title, text);
  page.content += fmt::format(
      "<p>A program that registered itself here sent you, and nobody here knows it.</p>\n"
      "<p><a href=\"{}\" rel=\"noreferrer\">Go on to {}</a></p>\n",
      EscapeHtml(uri), EscapeHtml(model::RedirectOriginOf(uri)));
  return page;
}

Page SignOutPage(std::string_view email, std::string_view sealed) {
  Page page;
  page.title = "Sign out?";
  page.content = fmt::format("<p class=\"soft\">Signed in as {}</p>\n", EscapeHtml(email));
  page.content += Form(kLogout, Hidden("form", sealed) + Button("do", "logout", "Sign out") +
                                    Button("do", "stay", "Stay signed in", false));
  return page;
}

Page NoticePage(std::string_view title, std::string_view text) {
  Page page;
  page.title = title;
  page.content = fmt::format("<p>{}</p>\n", EscapeHtml(text));
  return page;
}

}  // namespace ashlar::surface::oauth
