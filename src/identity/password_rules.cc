// SPDX-License-Identifier: Apache-2.0
#include "identity/password_rules.h"

#include <vector>

#include "base/utf8.h"
#include "identity/password_strength.h"

namespace ashlar::identity {
namespace {

using types::Detail;

constexpr size_t kShortestWord = 3;  // shorter ones are in anything
constexpr size_t kMostWords = 40;

// The words of a text, and the text itself.
void AddWords(std::string_view text, std::vector<std::string>& words) {
  auto add = [&](std::string_view word) {
    if (word.size() >= kShortestWord && words.size() < kMostWords) words.emplace_back(word);
  };
  add(text);
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const unsigned char c = i < text.size() ? static_cast<unsigned char>(text[i]) : '.';
    const bool inside = c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (inside) continue;
    if (i - begin < text.size()) add(text.substr(begin, i - begin));
    begin = i + 1;
  }
}

}  // namespace

Result<std::unique_ptr<const PasswordRules>> PasswordRules::Open(const model::Service& service) {
  std::unique_ptr<const BreachedList> breached;
  if (!service.identity->breached_passwords.empty()) {
    TRY(list, BreachedList::Open(service.identity->breached_passwords));
    breached = std::move(list);
  }
  return std::unique_ptr<const PasswordRules>(new PasswordRules(service, std::move(breached)));
}

PasswordRules::Verdict PasswordRules::Judge(std::string_view field, const std::string& password,
                                            std::string_view email) const {
  const model::Identity& identity = *service_.identity;
  auto wrong = [&](Detail code, std::string message) {
    return call::ErrorDetail{std::string(field), code, std::move(message)};
  };
  if (password.size() > kMostPassword) {
    return wrong(Detail::kTooLong, fmt::format("must have at most {} bytes", kMostPassword));
  }
  if (CountCodePoints(password) < static_cast<size_t>(identity.least_password)) {
    return wrong(Detail::kTooShort, fmt::format("must have at least {} characters", identity.least_password));
  }
  if (FoldCase(password) == FoldCase(email)) return wrong(Detail::kCheck, "must not be the address");
  if (identity.least_strength > 0) {
    std::vector<std::string> words;
    AddWords(email, words);
    AddWords(service_.name, words);
    if (StrengthOf(password, words) < identity.least_strength) {
      return wrong(Detail::kCheck, "is too easy to guess: take more words, or others");
    }
  }
  if (breached_ == nullptr) return std::nullopt;
  auto leaked = breached_->Holds(password);
  if (!leaked) return call::Refuse(call::Code::kUnavailable, std::string(RowOf(call::Code::kUnavailable).message));
  if (*leaked) return wrong(Detail::kCheck, "is known from a leak: take another one");
  return std::nullopt;
}

}  // namespace ashlar::identity
