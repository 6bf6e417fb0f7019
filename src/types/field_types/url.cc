// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/hex.h"
#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"
#include "types/host.h"

namespace ashlar::types {
namespace {

constexpr int64_t kDefaultMax = 2048;
constexpr const char* kForm = "must be an absolute URL such as https://example.com/path";

// Schemes whose URLs lead to a host. What a browser would run (javascript:, data:) is not among them.
constexpr std::array<std::string_view, 7> kSchemes = {"http", "https", "ws", "wss", "ftp", "ftps", "sftp"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlphanumeric(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// RFC 3986: unreserved, sub-delims, those in `more`, and percent-encoded octets.
bool AreUrlChars(std::string_view text, std::string_view more) {
  constexpr std::string_view kAnywhere = "-._~!$&'()*+,;=";
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3 || HexDigit(text[i + 1]) < 0 || HexDigit(text[i + 2]) < 0) return false;
      i += 2;
    } else if (!IsAlphanumeric(c) && !kAnywhere.contains(c) && !more.contains(c)) {
      return false;
    }
  }
  return true;
}

bool IsPort(std::string_view port) {
  if (port.empty() || port.size() > 5) return false;
  int number = 0;
  for (char c : port) {
    if (!IsDigit(c)) return false;
    number = number * 10 + (c - '0');
  }
  return number >= 1 && number <= 65535;
}

// A name, or an IPv4 address: whatever ends in a number must be one. Names of hosts may have underscores in practice.
bool IsHost(std::string_view host) {
  std::string_view last = host.substr(host.rfind('.') + 1);
  if (!last.empty() && std::ranges::all_of(last, IsDigit)) return IsIpv4(host);
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string name(host);
  std::ranges::replace(name, '_', 'a');
  return IsHostName(name);
}

// [userinfo@]host[:port]
bool IsAuthority(std::string_view authority) {
  if (size_t at = authority.find('@'); at != std::string_view::npos) {
    if (!AreUrlChars(authority.substr(0, at), ":")) return false;
    authority.remove_prefix(at + 1);
  }
  if (authority.starts_with('[')) {
    size_t end = authority.find(']');
    if (end == std::string_view::npos || !IsIpv6(authority.substr(1, end - 1))) return false;
    authority.remove_prefix(end + 1);
    return authority.empty() || (authority.starts_with(':') && IsPort(authority.substr(1)));
  }
  size_t colon = authority.find(':');
  if (colon != std::string_view::npos && !IsPort(authority.substr(colon + 1))) return false;
  return IsHost(authority.substr(0, colon));
}

bool IsUrl(std::string_view text) {
  size_t colon = text.find("://");
  if (colon == std::string_view::npos) return false;
  std::string scheme(text.substr(0, colon));
  for (char& c : scheme) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (std::ranges::find(kSchemes, scheme) == kSchemes.end()) return false;
  text.remove_prefix(colon + 3);
  size_t end = std::min(text.find_first_of("/?#"), text.size());
  if (!IsAuthority(text.substr(0, end))) return false;
  text.remove_prefix(end);
  size_t hash = std::min(text.find('#'), text.size());
  std::string_view fragment = text.substr(std::min(hash + 1, text.size()));
  return AreUrlChars(text.substr(0, hash), ":@/?") && AreUrlChars(fragment, ":@/?");
}

class Url final : public TypedOver<std::string> {
 public:
  explicit Url(Length length) : length_(length) {}

  std::string_view name() const override { return "url"; }
  std::string text() const override { return "url"; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Field("format", "uri");
    if (length_.min > 0) out.Field("minLength", length_.min);
    out.Field("maxLength", length_.max);
  }
  json::Json Example() const override {
    std::string url = "https://example.com/";
    url.resize(static_cast<size_t>(std::max(length_.min, std::ssize(url))), 'x');
    return json::Json(url);
  }

 protected:
  Read<std::string> ReadJson(const json::Json& input) const override {
    auto text = TextOf(input);
    if (!text) return std::unexpected(std::move(text).error());
    return ReadText(*text);
  }
  Read<std::string> ReadText(std::string_view input) const override {
    if (!IsUrl(input)) return Wrong(Detail::kFormat, kForm);
    return std::string(input);
  }
  FieldErrors Check(std::string_view value) const override {
    if (!IsUrl(value)) return {{"", Detail::kFormat, kForm}};
    return length_.Check(value.size());
  }
  void Write(std::string_view value, json::Writer& out) const override { out.String(value); }

 private:
  Length length_;
};

}  // namespace

FieldType UrlType() {
  return {.name = "url",
          .doc =
              "An absolute URL of RFC 3986 (http, https, ws, wss, ftp, ftps, sftp); max is 2048 characters unless "
              "given.",
          .json = "string",
          .takes = "min max",
          .make = [](const Parameters& parameters) {
            ParameterReader reader(parameters, UrlType());
            Length length = reader.ReadLength(kDefaultMax, "character");
            return reader.Finish<Url>(length);
          }};
}

}  // namespace ashlar::types
