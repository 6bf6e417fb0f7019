// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/path.h"
#include "model/provider.h"

namespace ashlar::surface::oauth {

// What people are shown: plain HTML without scripts, which needs nothing from elsewhere. Texts are escaped here.
struct Page {
  std::string title;
  std::string service;   // whose page it is
  std::string alert;     // what went wrong; empty: nothing
  std::string content;   // HTML
};

// An answer with that page. `target`: the origin of a client to which its forms may lead besides this one, and by which
// on to others; empty: none.
http::Response PageAnswer(int status, const Page& page, std::string_view target = "");

// Parts of a page.
std::string Hidden(std::string_view name, std::string_view value);
std::string Button(std::string_view name, std::string_view value, std::string_view text, bool first = true);
std::string Form(std::string_view action, std::string_view content);

// What people are told of a client that registered itself, with its name; empty of others. `origin`: where its answers
// go (model::RedirectOriginOf).
std::string Caution(const model::Client& client, std::string_view origin);

struct SignInForm {
  std::string action;  // where it goes
  std::string client;  // its name
  std::string caution;  // HTML, of Caution
  std::string email;  // what is known of who signs in
  std::string sealed;
};
Page SignInPage(const SignInForm& form);
struct ConsentForm {
  std::string client;  // its name
  std::string caution;  // HTML, of Caution
  std::string email;  // of whom it is asked
  std::vector<std::string> wants;  // what the client would have, in words
  std::string sealed;
};
Page ConsentPage(const ConsentForm& form);
// Sends the parameters to a client by a form, which its reader submits.
Page ReturnPage(std::string_view client, std::string_view redirect_uri, const http::Parameters& parameters);
// That leads to an address of a stranger's client, if its reader wants to go there.
Page OnwardPage(std::string_view title, std::string_view text, std::string_view uri);
Page SignOutPage(std::string_view email, std::string_view sealed);
// That says something, and no more.
Page NoticePage(std::string_view title, std::string_view text);

}  // namespace ashlar::surface::oauth
