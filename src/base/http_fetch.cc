// SPDX-License-Identifier: Apache-2.0
#include "base/http_fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

#include "base/json/json.h"
#include "base/private_address.h"

namespace ashlar {
namespace {

using Easy = std::unique_ptr<CURL, decltype([](CURL* own) { curl_easy_cleanup(own); })>;
using Lines = std::unique_ptr<curl_slist, decltype([](curl_slist* own) { curl_slist_free_all(own); })>;
using Url = std::unique_ptr<CURLU, decltype([](CURLU* own) { curl_url_cleanup(own); })>;

bool Begin() {
  static const bool begun = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return begun;
}

std::optional<std::string> PartOf(const Url& url, CURLUPart which) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, 0) != CURLUE_OK) return std::nullopt;
  std::string part(text);
  curl_free(text);
  return part;
}

// A URL that this file is willing to ask.
struct Place {
  Url url;
  bool http = false;
  bool literal = false;  // its host is an address, or localhost
};

std::optional<Place> Parse(const std::string& text) {
  const size_t scheme_end = text.find("://");  // which curl would do without
  bool plain = text.size() <= 2048 && scheme_end == text.find(':') && scheme_end != std::string::npos &&
               !text.contains(":///") && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  Place place{Url(curl_url())};
  if (!plain || curl_url_set(place.url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return std::nullopt;
  auto scheme = PartOf(place.url, CURLUPART_SCHEME), host = PartOf(place.url, CURLUPART_HOST);
  bool more = PartOf(place.url, CURLUPART_USER) || PartOf(place.url, CURLUPART_PASSWORD) ||
              PartOf(place.url, CURLUPART_FRAGMENT);
  if (!scheme || !host || host->empty() || more) return std::nullopt;
  place.http = *scheme == "http";
  const bool here = *host == "127.0.0.1" || *host == "[::1]" || *host == "localhost";
  if (place.http ? !here : *scheme != "https") return std::nullopt;
  in_addr v4{};  // whose other spellings curl has turned into this one
  place.literal = here || host->starts_with('[') || inet_pton(AF_INET, host->c_str(), &v4) == 1;
  return place;
}

// One transfer, as curl's callbacks see it.
struct Transfer {
  const FetchOptions& options;
  const std::atomic<bool>& ended;
  bool loopback = false;  // nothing but this machine
  bool too_large = false;
  bool forbidden = false;
  std::string body;
};

size_t Take(char* data, size_t size, size_t count, void* own) {
  auto& transfer = *static_cast<Transfer*>(own);
  transfer.too_large = transfer.too_large || transfer.body.size() + size * count > transfer.options.bytes;
  if (transfer.too_large) return 0;
  transfer.body.append(data, size * count);
  return size * count;
}

int Look(void* own, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(own)->ended.load() ? 1 : 0;
}

// Judged here, where the connection is made, so that no second answer of a name server leads elsewhere.
curl_socket_t Connect(void* own, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(own);
  bool fits =
      transfer.loopback ? IsLoopback(address->addr) : transfer.options.private_addresses || !IsPrivate(address->addr);
  transfer.forbidden = !fits;
  if (!fits) return CURL_SOCKET_BAD;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// max-age of the answer's Cache-Control (RFC 9111): 0 where it may not be kept.
std::optional<int64_t> MaxAge(CURL* easy) {
  curl_header* header = nullptr;
  if (curl_easy_header(easy, "Cache-Control", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return std::nullopt;
  std::string_view value = header->value;
  if (value.contains("no-store") || value.contains("no-cache")) return 0;
  size_t at = value.find("max-age=");
  if (at == std::string_view::npos || (at > 0 && value[at - 1] != ' ' && value[at - 1] != ',')) return std::nullopt;
  value.remove_prefix(at + 8);
  int64_t seconds = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  return error == std::errc() && seconds >= 0 ? std::optional(seconds) : std::nullopt;
}

void Set(CURL* easy, const Place& place, Transfer& transfer) {
  curl_easy_setopt(easy, CURLOPT_CURLU, place.url.get());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, place.http ? "http" : "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(transfer.options.millis));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  const std::string& authorities = transfer.options.authorities;
  if (!authorities.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, authorities.c_str());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "ashlar");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Take);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Connect);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Look);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
}

// What is sent along; the lines must outlive the transfer. False: no memory.
bool SetSending(CURL* easy, const Sending& sending, Lines& lines) {
  auto add = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(lines.get(), line.c_str());
    if (longer == nullptr) return false;
    (void)lines.release();
    lines.reset(longer);
    return true;
  };
  if (sending.form.empty() && sending.authorization.empty()) return true;
  if (!sending.authorization.empty() && !add("Authorization: " + sending.authorization)) return false;
  if (!add("Accept: application/json")) return false;
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines.get());
  if (sending.form.empty()) return true;
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(sending.form.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, sending.form.c_str());
  return true;
}

// "status 400, invalid_client"
std::string Refusal(long status, const std::string& body) {
  auto read = json::Parse(body, {.depth = 16, .bytes = 64 << 10});
  const json::Json* error = read ? read->Find("error") : nullptr;
  const std::string* code = error != nullptr ? error->string() : nullptr;
  const bool told = code != nullptr && IsErrorCode(*code);
  return fmt::format("it answered with status {}{}{}", status, told ? ", " : "", told ? *code : "");
}

}  // namespace

bool IsErrorCode(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

bool IsFetchable(const std::string& url) { return Begin() && Parse(url).has_value(); }

bool NamesAddress(const std::string& url) {
  auto place = Begin() ? Parse(url) : std::nullopt;
  return place && place->literal;
}

Result<Fetched> Fetch(const std::string& url, const FetchOptions& options, const std::atomic<bool>& ended,
                      const Sending& sending) {
  auto place = Begin() ? Parse(url) : std::nullopt;
  if (!place) return Fail(ErrorKind::kInvalid, "not an address that is asked");
  Easy easy(curl_easy_init());
  if (easy == nullptr) return Fail(ErrorKind::kUnavailable, "no memory");
  Transfer transfer{options, ended};
  transfer.loopback = place->http;
  Set(easy.get(), *place, transfer);
  Lines lines;
  if (!SetSending(easy.get(), sending, lines)) return Fail(ErrorKind::kUnavailable, "no memory");
  CURLcode code = curl_easy_perform(easy.get());
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (transfer.too_large) {
    return Fail(ErrorKind::kUnavailable, fmt::format("the document has more than {} bytes", options.bytes));
  }
  if (code != CURLE_OK && transfer.forbidden) {
    return Fail(ErrorKind::kUnavailable, "its name leads to a private address");
  }
  if (code != CURLE_OK) return Fail(ErrorKind::kUnavailable, curl_easy_strerror(code));
  if (status != 200) return Fail(ErrorKind::kUnavailable, Refusal(status, transfer.body));
  return Fetched{std::move(transfer.body), MaxAge(easy.get())};
}

}  // namespace ashlar
