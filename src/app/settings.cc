// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <cstdlib>

#include "base/near.h"

extern char** environ;

namespace ashlar::app {
namespace {

constexpr Setting kSettings[] = {
    {"--listen", "ASHLAR_LISTEN", "127.0.0.1:8080", "address and port to serve at; port 0 takes a free one",
     &Flags::listen},
    {"--store", "DATABASE_URL", "sqlite:./data/SERVICE.db",
     "where the rows are: sqlite:PATH, or postgres://USER@HOST/DATABASE", &Flags::store},
    {"--workers", "ASHLAR_WORKERS", "one per core", "loops that serve requests, a thread each", &Flags::workers},
    {"--tls-cert", "ASHLAR_TLS_CERT", "none: plain HTTP",
     "PEM file of the certificate and its chain; read again on SIGHUP", &Flags::tls_cert},
    {"--tls-key", "ASHLAR_TLS_KEY", "none: plain HTTP", "PEM file of the certificate's key, without a password",
     &Flags::tls_key},
    {"--admin-listen", "ASHLAR_ADMIN_LISTEN", "none",
     "address and port to serve /metrics and /health at, to whoever can reach it; port 0 takes a free one",
     &Flags::admin_listen},
    {"--max-loop-lag-ms", "ASHLAR_MAX_LOOP_LAG_MS", "500",
     "a loop that is further behind answers 503 OVERLOADED before it reads a body, but for /health, to a crowd from a "
     "fifth of it on; 0: never",
     &Flags::max_loop_lag_ms},
    {"--max-write-wait-ms", "ASHLAR_MAX_WRITE_WAIT_MS", "2000",
     "writes are answered 503 OVERLOADED while one has waited longer for the store's writer, a crowd of them from a "
     "twentieth of it on; 0: never",
     &Flags::max_write_wait_ms},
    {"--max-kept-mib", "ASHLAR_MAX_KEPT_MIB", "4096",
     "MiB that answers may take which are kept a day for Idempotency-Key, a caller's at most a quarter; beyond it such "
     "writes are answered 503 UNAVAILABLE",
     &Flags::max_kept_mib},
    {"--store-cache-mib", "ASHLAR_STORE_CACHE_MIB", "16",
     "MiB of the store's pages that each loop may keep in memory, until somebody writes", &Flags::store_cache_mib},
    {"--cors-origin", "ASHLAR_CORS_ORIGIN", "none",
     "origins whose pages may read the answers, 'https://app.example,https://other.example', or '*' for all",
     &Flags::cors_origin},
    {"--cors-credentials", "ASHLAR_CORS_CREDENTIALS", "off",
     "the pages of --cors-origin may send cookies along; not together with '*'", &Flags::cors_credentials, true},
    {"--trusted-proxies", "ASHLAR_TRUSTED_PROXIES", "none",
     "addresses and networks, '10.0.0.0/8,2001:db8::1', that are believed when X-Forwarded-For or Forwarded say for "
     "whom they ask",
     &Flags::trusted_proxies},
    {"--mail", "ASHLAR_MAIL", "none",
     "where mails go: smtp://USER:PASSWORD@HOST:PORT (with STARTTLS, unless the host is this machine or ?tls=optional "
     "follows), smtps://... or file:FOLDER, which gets them as files; a password may stand in the environment alone",
     &Flags::mail},
    {"--mail-from", "ASHLAR_MAIL_FROM", "none", "whom mails are from: 'Shop <post@shop.example>' or an address",
     &Flags::mail_from},
    {"--mail-ca", "ASHLAR_MAIL_CA", "those of the system",
     "PEM file of the authorities that may have signed the mail server's certificate", &Flags::mail_ca},
    {"--login-limit", "ASHLAR_LOGIN_LIMIT", "what /auth is limited to by default",
     "'off' lifts the limits of signing in that are not the contract's own; for tests", &Flags::login_limit},
    {"--redis", "REDIS_URL", "none: each process counts by itself",
     "Redis server through which processes share what their limits count: redis://:PASSWORD@HOST:PORT/DATABASE, "
     "rediss:// over TLS, unix:///PATH",
     &Flags::redis},
    {"--authorities", "SSL_CERT_FILE", "the system's",
     "PEM file of the authorities whose certificates are believed where the service asks others, as issuers for their "
     "keys",
     &Flags::authorities},
    {"--public-url", "ASHLAR_PUBLIC_URL", "none",
     "where browsers find the service, 'https://shop.example': providers of OpenID Connect send them back there",
     &Flags::public_url},
    {"--dev", "ASHLAR_DEV", "off",
     "for development: answers tell how long their stages took (Server-Timing), and mails without --mail go into "
     "STORE.mail",
     &Flags::dev, true},
};

constexpr StrayVariable kStrays[] = {
    {"ASHLAR_*", true, "it is mistyped, or of a later build"},
    {"DATABASE_REPLICA_URLS", true, "this build reads from no replicas"},
    {"OTEL_*", false, "this build sends no traces and no metrics"},
};

bool Fits(std::string_view name, std::string_view pattern) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : name == pattern;
}

}  // namespace

std::span<const Setting> Settings() { return kSettings; }

std::span<const StrayVariable> StrayVariables() { return kStrays; }

std::string ValueOf(std::string Flags::* setting, const Flags& flags) {
  if (!(flags.*setting).empty()) return flags.*setting;
  for (const Setting& one : kSettings) {
    if (one.value != setting) continue;
    const char* value = std::getenv(std::string(one.environment).c_str());
    if (value != nullptr) return value;
  }
  return "";
}

Result<bool> IsOn(std::string Flags::* setting, const Flags& flags) {
  constexpr std::string_view kOn[] = {"1", "true", "on", "yes"};
  constexpr std::string_view kOff[] = {"", "0", "false", "off", "no"};
  std::string value = ValueOf(setting, flags);
  if (std::find(std::begin(kOn), std::end(kOn), value) != std::end(kOn)) return true;
  if (std::find(std::begin(kOff), std::end(kOff), value) != std::end(kOff)) return false;
  auto row = std::find_if(std::begin(kSettings), std::end(kSettings),
                          [&](const Setting& one) { return one.value == setting; });
  return Fail(ErrorKind::kInvalid, fmt::format("{}: '{}' is neither on nor off", row->environment, value));
}

Result<StorePlace> PlaceOf(const std::string& url, const std::string& service) {
  if (url.empty()) return StorePlace{fmt::format("./data/{}.db", service), ""};
  for (std::string_view scheme : {"postgres://", "postgresql://"}) {
    if (url.starts_with(scheme)) return StorePlace{fmt::format("./data/{}.db", service), url};
  }
  size_t colon = url.find(':');
  // An address may hold a password: only its scheme is repeated.
  if (colon == std::string::npos) {
    return Fail(ErrorKind::kInvalid, "--store: no kind of store is named; give sqlite:PATH or postgres://...");
  }
  std::string path = url.substr(colon + 1);
  if (url.substr(0, colon) != "sqlite") {
    return Fail(ErrorKind::kInvalid,
                fmt::format("--store: '{}' is not supported by this build; give sqlite:PATH or postgres://...",
                            url.substr(0, colon)));
  }
  if (path.starts_with("//")) {  // relative to some, absolute to others
    return Fail(ErrorKind::kInvalid,
                "--store: sqlite:// is not understood; give sqlite:PATH, as in sqlite:data/x.db or "
                "sqlite:/var/lib/x.db");
  }
  if (path.contains('?')) {
    return Fail(ErrorKind::kInvalid, "--store: sqlite:PATH takes no parameters behind a '?'");
  }
  if (path.empty() || path == ":memory:") {
    return Fail(ErrorKind::kInvalid, fmt::format("--store: sqlite:{} names no file; give sqlite:PATH", path));
  }
  return StorePlace{path, ""};
}

Result<std::vector<std::string>> CheckEnvironment(const std::set<std::string>& asked) {
  std::vector<std::string> told, refused, names;
  for (const Setting& setting : kSettings) names.emplace_back(setting.environment);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    std::string_view name = text.substr(0, text.find('='));
    if (name.size() + 1 >= text.size()) continue;
    if (std::ranges::find(names, name) != names.end() || asked.contains(std::string(name))) continue;
    const auto* stray = std::ranges::find_if(kStrays, [&](const StrayVariable& one) { return Fits(name, one.name); });
    if (stray == std::end(kStrays)) continue;
    std::string near = Near(name, names);
    std::string line = fmt::format("{} in the environment is not a setting: {}{}", name, stray->doc,
                                   near.empty() ? "" : fmt::format("; did you mean {}?", near));
    (stray->refused ? refused : told).push_back(std::move(line));
  }
  if (!refused.empty()) return Fail(ErrorKind::kInvalid, fmt::format("{}", fmt::join(refused, "\n")));
  return told;
}

}  // namespace ashlar::app
