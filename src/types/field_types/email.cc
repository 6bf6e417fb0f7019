// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/utf8.h"
#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"
#include "types/host.h"

namespace ashlar::types {
namespace {

// RFC 5321: a path of 256 octets less its brackets; a local part of 64.
constexpr int64_t kMaxAddress = 254;
constexpr size_t kMaxLocal = 64;

// What an atom may hold: RFC 5322's atext, and letters of any script (RFC 6531).
bool IsAtomText(char32_t c) {
  if (c >= 0x80) return IsWordCodePoint(c);
  bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return alphanumeric || (c != 0 && std::u32string_view(U"!#$%&'*+-/=?^_`{|}~").contains(c));
}

// Atoms with single dots between them. REQUIRES: valid UTF-8.
bool IsLocalPart(std::string_view local) {
  if (local.empty() || local.size() > kMaxLocal || local.starts_with('.') || local.ends_with('.')) return false;
  if (local.contains("..")) return false;
  for (size_t i = 0; i < local.size(); i += CodePointSize(local, i)) {
    if (local[i] != '.' && !IsAtomText(CodePointAt(local, i))) return false;
  }
  return true;
}

// The address as it is kept: the local part as it came, the domain folded.
std::optional<std::string> Fold(std::string_view address) {
  size_t at = address.rfind('@');
  if (at == std::string_view::npos || !IsLocalPart(address.substr(0, at))) return std::nullopt;
  auto domain = FoldDomain(address.substr(at + 1));
  if (!domain) return std::nullopt;
  return std::string(address.substr(0, at + 1)) + *domain;
}

class Email final : public TypedOver<std::string> {
 public:
  std::string_view name() const override { return "email"; }
  std::string text() const override { return "email"; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Field("format", "email");
    out.Field("maxLength", kMaxAddress);
  }
  json::Json Example() const override { return json::Json(std::string("ann@example.com")); }

 protected:
  Read<std::string> ReadJson(const json::Json& input) const override {
    auto text = TextOf(input);
    if (!text) return std::unexpected(std::move(text).error());
    return ReadText(*text);
  }
  Read<std::string> ReadText(std::string_view input) const override {
    // Judged before anything else looks at it: what is too long costs nothing.
    if (FieldErrors errors = kLength.Check(input.size()); !errors.empty()) return std::unexpected(errors.front());
    auto folded = IsValidUtf8(input) ? Fold(input) : std::nullopt;
    if (!folded) return Wrong(Detail::kFormat, "must be an e-mail address such as ann@example.com");
    if (FieldErrors errors = kLength.Check(folded->size()); !errors.empty()) return std::unexpected(errors.front());
    return std::move(*folded);
  }
  FieldErrors Check(std::string_view value) const override {
    auto read = ReadText(value);
    if (!read) return {std::move(read).error()};
    if (*read != value) return {{"", Detail::kFormat, "must have its domain in lower case"}};
    return {};
  }
  void Write(std::string_view value, json::Writer& out) const override { out.String(value); }

 private:
  static constexpr Length kLength{0, kMaxAddress, "byte"};
};

}  // namespace

FieldType EmailType() {
  return {
      .name = "email",
      .doc = "A mail address of at most 254 bytes; its domain is kept in lower case, its local part as it came.",
      .json = "string",
      .takes = "",
      .make = [](const Parameters& parameters) { return ParameterReader(parameters, EmailType()).Finish<Email>(); }};
}

}  // namespace ashlar::types
