// SPDX-License-Identifier: Apache-2.0
#include "model/limits.h"

namespace ashlar::model {
namespace {

bool Fits(std::string_view wanted, std::string_view segment) {
  return wanted == "*" || wanted.starts_with('{') || segment.contains('{') || wanted == segment;
}

// Numbers with which an office of some hundred behind one address signs in of a morning, and with which guessing takes
// ages: what one account may be tried is for its own lock to say.
struct SignInRow {
  std::string_view method;
  std::vector<std::string> segments;
  int64_t count;
  int64_t window_s;
  std::string_view to;
  int64_t burst;
};

std::vector<Limit> MakeSignInLimits() {
  const SignInRow rows[] = {
      {"POST", {"auth", "login"}, 30, 60, "30/min", 100},          // guesses; each costs a hash
      {"POST", {"auth", "register"}, 60, 3600, "60/h", 30},        // accounts that nobody asked for
      {"*", {"auth", "password", "*"}, 60, 3600, "60/h", 30},      // guesses, and mail to others
      {"*", {"auth", "email", "*"}, 60, 3600, "60/h", 30},
      {"*", {"auth", "totp"}, 60, 3600, "60/h", 30},
      {"*", {"auth", "totp", "*"}, 60, 3600, "60/h", 30},
      {"*", {"auth", "links", "*"}, 60, 3600, "60/h", 30},         // guesses
      {"*", {"auth", "login", "*"}, 60, 60, "60/min", 120},        // people who go to a provider, and
      {"*", {"auth", "callback", "*"}, 60, 60, "60/min", 120},     // who come back, for whom it is asked
      {"POST", {"auth", "refresh"}, 300, 60, "300/min", 600},      // nobody guesses those: many tabs, many people
      {"*", {"auth", "*"}, 600, 60, "600/min", 1200},              // all of it
      {"POST", {"oauth", "authorize"}, 30, 60, "30/min", 100},     // the same guesses, by the provider's page
      {"POST", {"oauth", "activate"}, 30, 60, "30/min", 100},      // and those of codes of devices
      {"POST", {"oauth", "device"}, 60, 3600, "60/h", 30},         // of which only so many can wait
      {"POST", {"oauth", "register"}, 20, 3600, "20/h", 20},       // of which only so many are kept
      {"*", {"oauth", "*"}, 600, 60, "600/min", 1200},
  };
  static_assert(std::size(rows) + Limit::kMost <= Limit::kMostAll);
  std::vector<Limit> limits;
  for (const SignInRow& row : rows) {
    Limit limit;
    limit.match = LimitMatch{std::string(row.method), row.segments};
    limit.count = row.count;
    limit.window_s = row.window_s;
    limit.to = row.to;
    limit.burst = row.burst;
    limit.of_sign_in = true;
    limits.push_back(std::move(limit));
  }
  return limits;
}

}  // namespace

const std::vector<Limit>& SignInLimits() {
  static const std::vector<Limit> limits = MakeSignInLimits();
  return limits;
}

bool ReplacesSignIn(const Limit& own) {
  if (own.of_sign_in || !own.match || own.match->segments.empty()) return false;
  return own.match->segments[0] == "auth" || own.match->segments[0] == "oauth";
}

bool IsFor(const Limit& limit, std::string_view method, std::span<const std::string> segments) {
  if (!limit.match) return true;
  if (limit.match->method != "*" && limit.match->method != (method == "HEAD" ? "GET" : method)) return false;
  const std::vector<std::string>& wanted = limit.match->segments;
  const bool open = !wanted.empty() && wanted.back() == "*";
  if (open ? segments.size() < wanted.size() : segments.size() != wanted.size()) return false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!Fits(wanted[i], segments[i])) return false;
  }
  return true;
}

}  // namespace ashlar::model
