// SPDX-License-Identifier: Apache-2.0
#include "app/serve_options.h"

#include <sys/resource.h>

#include <charconv>
#include <thread>

#include "app/admin_listener.h"
#include "base/http_fetch.h"

namespace ashlar::app {
namespace {

constexpr int64_t kMostWorkers = 256;
constexpr int64_t kMostKeptMib = int64_t{1} << 20;
constexpr int64_t kMostStoreCacheMib = int64_t{1} << 20;

struct Range {
  int64_t least, most, fallback;
};

Result<int64_t> NumberOf(std::string_view setting, const std::string& text, const Range& range) {
  int64_t number = range.fallback;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool sound = text.empty() || (error == std::errc() && end == text.data() + text.size());
  if (!sound || number < range.least || number > range.most) {
    return Fail(ErrorKind::kInvalid,
                fmt::format("{}: '{}' is not a number from {} to {}", setting, text, range.least, range.most));
  }
  return number;
}

// Milliseconds, up to a request's deadline, in microseconds.
Result<int64_t> MicrosOf(std::string_view setting, const std::string& text, int64_t fallback_ms) {
  TRY(millis, NumberOf(setting, text, {0, 10'000, fallback_ms}));
  return millis * 1000;
}

// A misspelt wish to lift it is no wish, and one to have it is none that is needed.
Result<bool> LoginLimitOf(const std::string& text) {
  if (text.empty() || text == "off") return text.empty();
  return Fail(
      ErrorKind::kInvalid,
      fmt::format("--login-limit, ASHLAR_LOGIN_LIMIT: '{}' is not known; it takes 'off' and nothing else", text));
}

Result<std::optional<redis::Server>> RedisOf(const std::string& url) {
  if (url.empty()) return std::nullopt;
  auto server = redis::ParseUrl(url);
  if (!server) return Fail(ErrorKind::kInvalid, "--redis, REDIS_URL: " + server.error().message);
  return std::move(*server);
}

// The error as one of a setting.
Result<void> Of(std::string_view setting, Result<void> sound) {
  if (sound) return sound;
  return Fail(sound.error().kind, fmt::format("{}: {}", setting, sound.error().message));
}

// The settings of mail, as far as they can be judged before it is known whether any is sent. No part of the URL is
// repeated: it may hold a password.
Result<void> ReadMail(const Flags& flags, ServeOptions& options) {
  if (flags.mail.contains('@') && !flags.mail.starts_with("file:")) {
    return Fail(ErrorKind::kInvalid,
                "--mail: everybody on this machine sees flags: give what holds a password by ASHLAR_MAIL");
  }
  options.mail = {ValueOf(&Flags::mail, flags), ValueOf(&Flags::mail_ca, flags)};
  const std::string from = ValueOf(&Flags::mail_from, flags);
  if (!from.empty()) {
    auto sender = identity::ReadSender(from);
    if (!sender) return Fail(ErrorKind::kInvalid, fmt::format("--mail-from: '{}' {}", from, sender.error().message));
    options.mail_from = std::move(*sender);
  } else if (!options.mail.url.empty()) {
    return Fail(ErrorKind::kInvalid, "--mail-from: whom mails are from is needed with --mail (ASHLAR_MAIL_FROM)");
  }
  return {};
}

// An address of the service and nothing behind its host and port.
bool IsOrigin(const std::string& url) {
  const size_t host = url.find("://");
  return IsFetchable(url) && host != std::string::npos && url.find_first_of("/?#", host + 3) == std::string::npos;
}

// As many descriptors as the system lets this process have; fewer connections than those, so that one too many can
// still be told so, files can be opened, and the admin listener has its own.
void FitDescriptors(http::ServerOptions& options) {
  constexpr size_t kOfALoop = 8;
  const size_t reserved = 96 + AdminListener::kConnections + kOfALoop * static_cast<size_t>(options.workers);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  size_t most = limit.rlim_cur > 2 * reserved ? limit.rlim_cur - reserved : limit.rlim_cur / 2;
  options.connections = std::min(options.connections, most);
}

}  // namespace

Result<ServeOptions> ReadServeOptions(const Flags& flags) {
  ServeOptions options;
  http::ServerOptions& http = options.http;
  if (std::string listen = ValueOf(&Flags::listen, flags); !listen.empty()) http.listen = listen;
  TRY_VOID(Of("--listen", http::CheckListen(http.listen)));
  const int64_t cores = std::clamp<int64_t>(std::thread::hardware_concurrency(), 1, kMostWorkers);
  TRY(workers, NumberOf("--workers", ValueOf(&Flags::workers, flags), {1, kMostWorkers, cores}));
  http.workers = static_cast<int>(workers);
  http.tls_cert = ValueOf(&Flags::tls_cert, flags);
  http.tls_key = ValueOf(&Flags::tls_key, flags);
  TRY_VOID(Of("--tls-cert, --tls-key", http::CheckTls(http.tls_cert, http.tls_key)));
  options.admin_listen = ValueOf(&Flags::admin_listen, flags);
  if (!options.admin_listen.empty()) TRY_VOID(Of("--admin-listen", http::CheckListen(options.admin_listen)));
  TRY(loop_lag_us, MicrosOf("--max-loop-lag-ms", ValueOf(&Flags::max_loop_lag_ms, flags), 500));
  TRY(write_wait_us, MicrosOf("--max-write-wait-ms", ValueOf(&Flags::max_write_wait_ms, flags), 2000));
  options.admission = {loop_lag_us, write_wait_us};
  constexpr int64_t kMib = 1 << 20;
  plan::OnceLimits& once = options.runtime.once;
  TRY(kept_mib, NumberOf("--max-kept-mib", ValueOf(&Flags::max_kept_mib, flags), {1, kMostKeptMib, once.all / kMib}));
  once.all = kept_mib * kMib;
  int64_t& cache_mib = options.runtime.store_cache_mib;
  TRY(asked_mib,
      NumberOf("--store-cache-mib", ValueOf(&Flags::store_cache_mib, flags), {1, kMostStoreCacheMib, cache_mib}));
  cache_mib = asked_mib;
  TRY(credentials, IsOn(&Flags::cors_credentials, flags));
  auto cors = surface::Cors::Make(ValueOf(&Flags::cors_origin, flags), credentials);
  if (!cors) return Fail(ErrorKind::kInvalid, "--cors-origin, --cors-credentials: " + cors.error().message);
  options.cors = std::move(*cors);
  auto proxies = surface::TrustedProxies::Make(ValueOf(&Flags::trusted_proxies, flags));
  if (!proxies) return Fail(ErrorKind::kInvalid, "--trusted-proxies: " + proxies.error().message);
  options.proxies = std::move(*proxies);
  TRY_VOID(ReadMail(flags, options));
  TRY(login_limit, LoginLimitOf(ValueOf(&Flags::login_limit, flags)));
  options.login_limit = login_limit;
  TRY(redis, RedisOf(ValueOf(&Flags::redis, flags)));
  options.redis = std::move(redis);
  options.authorities = ValueOf(&Flags::authorities, flags);
  if (!options.authorities.empty() && access(options.authorities.c_str(), R_OK) != 0) {
    return Fail(ErrorKind::kInvalid, fmt::format("--authorities: {}: {}", options.authorities, strerror(errno)));
  }
  options.public_url = ValueOf(&Flags::public_url, flags);
  if (!options.public_url.empty() && !IsOrigin(options.public_url)) {
    return Fail(ErrorKind::kInvalid,
                fmt::format("--public-url: '{}' must be as https://shop.example, without a path; http is for "
                            "127.0.0.1, [::1] and localhost alone",
                            options.public_url));
  }
  TRY(dev, IsOn(&Flags::dev, flags));
  options.dev = dev;
  FitDescriptors(http);
  return options;
}

}  // namespace ashlar::app
