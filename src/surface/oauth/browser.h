// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <optional>
#include <string>

#include "base/task.h"
#include "surface/oauth/asked.h"
#include "surface/oauth/page.h"

namespace ashlar::surface::oauth {

// What ties a form to the browser that got it: a random text in a cookie. A form is sealed with it, so that no other
// page can make this browser send one.
class Browser {
 public:
  explicit Browser(const Asked& asked);

  // What its cookie with the provider holds; empty: none.
  const std::string& visit() const { return visit_; }
  // What a form carries: `text`, for this browser and this step alone, for an hour.
  std::string Seal(std::string_view step, std::string_view text) const;
  // The same again, of the form that was sent; nothing unless this browser got it from us.
  std::optional<std::string> Open(std::string_view step) const;

  // Signed in from now on, or out.
  void Remember(std::string cookie);
  void Forget();
  // The page as an answer of the service's, with the cookies that changed.
  http::Response Show(int status, Page page, std::string_view target = "") const;
  void SetCookies(http::Response& response) const;

 private:
  std::string WhereOf(std::string_view step) const;
  const Asked& asked_;
  std::string form_, visit_;
  bool known_ = false;  // the browser had the cookie of forms
  bool changed_ = false;
};

// Why somebody has not signed in, as people are told.
struct NotEntered {
  int status = 403;
  std::string alert;
};
// Signs in with what the form says, as POST /auth/login does; the browser remembers it.
Task<std::expected<identity::Visitor, NotEntered>> EnterFrom(const Asked& asked, Browser& browser);

}  // namespace ashlar::surface::oauth
