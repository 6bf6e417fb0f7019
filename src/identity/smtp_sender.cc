// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>
#include <unistd.h>

#include <cstring>
#include <mutex>

#include "identity/mail_sender.h"

namespace ashlar::identity {
namespace {

constexpr long kConnectMillis = 10'000, kWholeMillis = 30'000;
constexpr long kClosing = 421, kNeedsPassword = 530;  // answers that are of no mail by itself
constexpr const char* kForm =
    "is not smtp://[USER:PASSWORD@]HOST[:PORT], smtps://[USER:PASSWORD@]HOST[:PORT] or file:FOLDER";

struct UrlEnd {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct HandleEnd {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListEnd {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, HandleEnd>;

// Where and how, read of a URL.
struct Relay {
  std::string url;  // without what opens it
  std::string user, password;
  std::string host;
  bool tls_may_lack = false;
};

// A part of a URL, decoded; empty if it has none.
std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_URLDECODE) != CURLUE_OK) return "";
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool IsLoopback(std::string_view host) { return host == "localhost" || host == "[::1]" || host.starts_with("127."); }

// ?tls=optional lets a server go without. It is not taken together with a password, which would be told to whoever
// listens; nor is it needed for one on this machine.
Result<Relay> ReadRelay(const std::string& text) {
  std::unique_ptr<CURLU, UrlEnd> url(curl_url());
  constexpr unsigned kFlags = CURLU_NON_SUPPORT_SCHEME;
  if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), kFlags) != CURLUE_OK) {
    return Fail(ErrorKind::kInvalid, kForm);
  }
  const std::string scheme = PartOf(url.get(), CURLUPART_SCHEME), query = PartOf(url.get(), CURLUPART_QUERY);
  Relay relay;
  relay.host = PartOf(url.get(), CURLUPART_HOST);
  relay.user = PartOf(url.get(), CURLUPART_USER);
  relay.password = PartOf(url.get(), CURLUPART_PASSWORD);
  const std::string path = PartOf(url.get(), CURLUPART_PATH);
  const bool known = scheme == "smtp" || scheme == "smtps";
  const bool more = !PartOf(url.get(), CURLUPART_FRAGMENT).empty() || (!path.empty() && path != "/");
  if (!known || relay.host.empty() || more) return Fail(ErrorKind::kInvalid, kForm);
  if (!query.empty() && query != "tls=optional") return Fail(ErrorKind::kInvalid, "takes nothing but ?tls=optional");
  if (relay.user.empty() != relay.password.empty()) {
    return Fail(ErrorKind::kInvalid, "has a user without a password, or a password without a user");
  }
  const bool local = IsLoopback(relay.host);
  relay.tls_may_lack = local || query == "tls=optional";
  if (query == "tls=optional" && !relay.user.empty() && !local) {
    return Fail(ErrorKind::kInvalid, "would tell a password without TLS: ?tls=optional takes none");
  }
  std::string port = PartOf(url.get(), CURLUPART_PORT);
  relay.url = fmt::format("{}://{}{}{}", scheme, relay.host, port.empty() ? "" : ":", port);
  return relay;
}

size_t ReadText(char* buffer, size_t size, size_t count, void* rest) {
  auto& text = *static_cast<std::string_view*>(rest);
  const size_t taken = std::min(size * count, text.size());
  std::memcpy(buffer, text.data(), taken);
  text.remove_prefix(taken);
  return taken;
}

int MayGoOn(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

// Hands mails to a server by SMTP (RFC 5321), over one connection as long as it lasts.
class SmtpSender final : public MailSender {
 public:
  SmtpSender(Handle handle, Relay relay, std::string ca)
      : handle_(std::move(handle)), relay_(std::move(relay)), ca_(std::move(ca)) {}

  Delivery Send(const Outgoing& mail, const std::stop_token& stop) override {
    CURL* handle = handle_.get();
    curl_easy_reset(handle);  // its connections stay
    std::unique_ptr<curl_slist, ListEnd> to(curl_slist_append(nullptr, fmt::format("<{}>", mail.to).c_str()));
    std::string_view rest = mail.text;
    SetServer(handle);
    curl_easy_setopt(handle, CURLOPT_MAIL_FROM, fmt::format("<{}>", mail.from).c_str());
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, to.get());
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, ReadText);
    curl_easy_setopt(handle, CURLOPT_READDATA, &rest);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, MayGoOn);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &stop);
    const CURLcode code = curl_easy_perform(handle);
    if (code == CURLE_OK) return {};
    long said = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &said);
    // What libcurl says of itself names the step and the server's number, never what the server wrote.
    std::string why = said == 0 ? curl_easy_strerror(code) : fmt::format("{} ({})", curl_easy_strerror(code), said);
    const bool of_any = said == kClosing || said == kNeedsPassword;
    const bool refused = said >= 400 && !of_any && (code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY);
    return {refused ? Delivery::What::kRefused : Delivery::What::kUnreachable, std::move(why)};
  }

 private:
  void SetServer(CURL* handle) const {
    curl_easy_setopt(handle, CURLOPT_URL, relay_.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(handle, CURLOPT_PROXY, "");  // the environment names none
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, kConnectMillis);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, kWholeMillis);
    curl_easy_setopt(handle, CURLOPT_USE_SSL, static_cast<long>(relay_.tls_may_lack ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!ca_.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, ca_.c_str());
    if (relay_.user.empty()) return;
    curl_easy_setopt(handle, CURLOPT_USERNAME, relay_.user.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, relay_.password.c_str());
  }

  const Handle handle_;
  const Relay relay_;
  const std::string ca_;
};

}  // namespace

Result<std::unique_ptr<MailSender>> OpenSmtpSender(const MailServer& server) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  TRY(relay, ReadRelay(server.url));
  if (!server.ca.empty() && access(server.ca.c_str(), R_OK) != 0) {
    return Fail(ErrorKind::kInvalid, "the certificate cannot be read");
  }
  Handle handle(curl_easy_init());
  if (handle == nullptr) return Fail(ErrorKind::kInternal, "libcurl gives no handle");
  return std::make_unique<SmtpSender>(std::move(handle), std::move(relay), server.ca);
}

}  // namespace ashlar::identity
