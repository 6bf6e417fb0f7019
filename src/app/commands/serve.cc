// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <csignal>

#include "app/admin_listener.h"
#include "app/commands/commands.h"
#include "app/operator/channel.h"
#include "app/serve_options.h"
#include "app/terminal.h"
#include "engine/sweep.h"
#include "identity/courier.h"
#include "identity/event_sweep.h"
#include "identity/key_uses.h"
#include "surface/front/front.h"

namespace ashlar::app {
namespace {

telemetry::RequestMetrics::Names NamesOf(const surface::rest::Router& router, const surface::Pages& pages) {
  telemetry::RequestMetrics::Names names;
  names.routes = surface::Front::Routes(router, pages);
  for (const call::CodeRow& row : call::Codes()) names.error_codes.emplace_back(row.name);
  return names;
}

// Null where none is asked for.
Result<std::unique_ptr<AdminListener>> OpenAdmin(const std::string& listen, const Watched& watched) {
  if (listen.empty()) return nullptr;
  TRY(admin, AdminListener::Open(listen, watched));
  const std::string& address = admin->address();
  watched.log.Observe(Note{Severity::kInfo, "admin.started", "http://" + address});
  if (!address.starts_with("127.") && !address.starts_with("[::1]")) {
    watched.log.Observe(Note{Severity::kWarning, "admin.open",
                             "the admin listener asks for no credential: let nobody "
                             "but those who watch the service reach " +
                                 address});
  }
  return admin;
}

// Null where the service sends no mail.
Result<std::unique_ptr<identity::MailSender>> OpenMail(const model::Service& service, const std::string& store,
                                                       const ServeOptions& options, Observer& log) {
  identity::MailServer server = options.mail;
  const bool needed = service.identity && service.identity->NeedsMail();
  if (server.url.empty() && !needed) return nullptr;
  if (server.url.empty() && !options.dev) {
    return Fail(
        ErrorKind::kInvalid,
        "--mail: 'identity' of the contract asks for mails: say where they go (ASHLAR_MAIL), or take --dev, which "
        "puts them into a folder");
  }
  if (!service.identity) {
    log.Observe(Note{Severity::kWarning, "setting.unused", "--mail: the contract has no 'identity'"});
    return nullptr;
  }
  if (server.url.empty()) {
    server.url = fmt::format("file:{}.mail", store);
    log.Observe(Note{Severity::kWarning, "mail.folder", "mails are sent to nobody: they go into " + store + ".mail"});
  }
  auto sender = identity::OpenMailSender(server);
  if (!sender) return Fail(sender.error().kind, "--mail: the value " + sender.error().message);
  return sender;
}

// The contract's own, and those of signing in.
std::vector<model::Limit> LimitsOf(const model::Service& service, const ServeOptions& options, Observer& log) {
  std::vector<model::Limit> limits = service.limits;
  if (service.identity && options.login_limit) {
    limits.insert(limits.end(), model::SignInLimits().begin(), model::SignInLimits().end());
  } else if (service.identity) {
    log.Observe(Note{Severity::kWarning, "limits.login_off",
                     "ASHLAR_LOGIN_LIMIT: who tries passwords is held up by nothing but the lock of each account; this "
                     "is for tests"});
  }
  if (options.redis && limits.empty()) {
    log.Observe(Note{Severity::kWarning, "setting.unused", "REDIS_URL: there are no limits to be shared"});
  }
  return limits;
}

// Null where nobody signs in with others.
Result<std::unique_ptr<identity::OpenIdProviders>> OpenProviders(const model::Service& service,
                                                                 const ServeOptions& options, Observer& log,
                                                                 Observer& observer) {
  const bool needed = service.identity && !service.identity->providers.empty();
  if (needed && options.public_url.empty()) {
    return Fail(ErrorKind::kInvalid,
                "--public-url: 'providers' of the contract send browsers back: say where they find the service "
                "(ASHLAR_PUBLIC_URL)");
  }
  if (!needed && !options.public_url.empty()) {
    log.Observe(Note{Severity::kWarning, "setting.unused", "--public-url: the contract has no 'providers'"});
  }
  if (!needed) return nullptr;
  const identity::Surroundings surroundings{options.public_url, options.authorities};
  return std::make_unique<identity::OpenIdProviders>(*service.identity, surroundings, SystemClock(), observer);
}

// What the thread that sends the mails of the service works with.
identity::Courier::Parts Mailing(Runtime& runtime, const ServeOptions& options,
                                 std::unique_ptr<identity::MailSender> sender, Observer& observer) {
  identity::Sender from =
      options.mail_from.address.empty() ? identity::Sender{"", "nobody@localhost"} : options.mail_from;
  return {*runtime.planner, *runtime.store, runtime.keys->refresh(), std::move(sender),
          std::move(from),  *runtime.mails, SystemClock(),           observer};
}

// What is done beside the requests, by threads of its own.
struct Chores {
  Chores(Runtime& runtime, const surface::FrontOptions& front, Observer& observer)
      : sweeper(*runtime.planner, *runtime.store, SystemClock(), observer),
        events(*runtime.planner, *runtime.store, SystemClock(), observer) {
    if (front.key_uses == nullptr) return;
    key_uses.emplace(*front.key_uses, *runtime.planner, *runtime.store, SystemClock(), observer);
  }
  engine::Sweeper sweeper;
  identity::EventSweeper events;
  std::optional<identity::KeyUseWriter> key_uses;
  std::optional<identity::Courier> courier;
};

// Serves until it is told to end. The parts are made in the order in which they need each other and end in the other.
Result<void> Run(std::shared_ptr<const model::Service> served, const StorePlace& place, const ServeOptions& options,
                 const std::vector<std::string>& warnings) {
  auto format = IsTerminal(STDERR_FILENO) ? telemetry::Format::kText : telemetry::Format::kJson;
  telemetry::LogWriter log(STDERR_FILENO, format, ColourFor(STDERR_FILENO), SystemClock());
  for (const std::string& warning : warnings) log.Observe(Note{Severity::kWarning, "setting.unused", warning});
  const model::Service& service = *served;
  surface::rest::Router router(service);
  surface::FrontOptions front;
  front.pages = std::make_shared<const surface::Pages>(service);
  front.cors = options.cors;
  front.proxies = options.proxies;
  front.admission = options.admission;
  front.development = options.dev;
  front.tls = !options.http.tls_cert.empty();
  if (service.identity) front.passwords = std::make_shared<identity::HashPool>();
  if (service.identity && service.identity->api_keys) front.key_uses = std::make_shared<identity::KeyUses>();
  telemetry::RequestMetrics metrics(NamesOf(router, *front.pages), log);
  TRY(sender, OpenMail(service, place.path, options, log));
  TRY(runtime, OpenRuntime(served, place, metrics, options.runtime));
  front.password_rules = runtime.password_rules.get();
  if (sender != nullptr) runtime.mails = front.mails = std::make_shared<identity::MailQueue>();
  std::optional<identity::Issuers> issuers;
  if (service.identity) issuers.emplace(service.identity->issuers, options.authorities, SystemClock(), metrics);
  front.issuers = issuers ? &*issuers : nullptr;
  TRY(providers, OpenProviders(service, options, log, metrics));
  front.providers = providers.get();
  front.writes_waiting = [&runtime] {
    store::Load load = runtime.store->CurrentLoad(SystemClock());
    return surface::WritesWaiting{load.writes_waiting, load.oldest_write_us, load.group_us};
  };
  const std::vector<model::Limit> limits = LimitsOf(service, options, log);
  if (!limits.empty()) {
    front.limiter = std::make_shared<surface::Limiter>(limits, options.proxies, SystemClock(), runtime.keys->limits());
  }
  redis::Watch redis(log);
  const bool shares = options.redis && !limits.empty();
  front.ready = [&runtime] { return runtime.store->Ready(); };
  auto make = [&](boost::asio::io_context& loop) -> std::unique_ptr<http::Handler> {
    std::unique_ptr<surface::SharedBuckets> shared;
    if (shares) {
      shared = std::make_unique<surface::SharedBuckets>(loop, *options.redis, service.name, redis, SystemClock());
    }
    return std::make_unique<surface::Front>(router, runtime.store->Open(loop), *runtime.planner, *runtime.keys, front,
                                            SystemClock(), metrics.ForLoop(), std::move(shared));
  };
  TRY(server, http::Server::Open(options.http, make, metrics));
  TRY(channel, OperatorChannel::Open(runtime, metrics));
  TRY(admin, OpenAdmin(options.admin_listen, {metrics, log, *server, *runtime.store, *front.shed, front.limiter.get(),
                                              front.passwords.get(), shares ? &redis : nullptr, SystemClock()}));
  std::optional<Chores> chores(std::in_place, runtime, front, metrics);
  if (sender != nullptr) chores->courier.emplace(Mailing(runtime, options, std::move(sender), metrics));
  std::string address = (options.http.tls_cert.empty() ? "http://" : "https://") + server->address();
  server->Run([&] {
    log.Observe(Note{Severity::kInfo, "server.started", address});
    if (!IsTerminal(STDOUT_FILENO)) return;
    fmt::print("serving {} at {}/{} ({})\n", service.name, address, service.version, place.Shown());
    std::fflush(stdout);
  });
  channel.reset();
  admin.reset();
  chores.reset();
  if (front.passwords != nullptr) front.passwords->Close();  // while the loops are there
  if (issuers) issuers->Close();
  if (providers != nullptr) providers->Close();
  runtime.store->Close();
  log.Observe(Note{Severity::kInfo, "server.stopped", address});
  return {};
}

int Serve(const std::string& contract, const Flags& flags) {
  std::signal(SIGPIPE, SIG_IGN);  // who stops reading the log does not end the service
  auto options = ReadServeOptions(flags);
  if (!options) return Complain(options.error());
  std::set<std::string> asked;
  auto service = ReadContract(contract, false, &asked);
  if (!service) return Complain(service.error());
  auto strays = CheckEnvironment(asked);
  if (!strays) return Complain(strays.error());
  auto place = PlaceOf(ValueOf(&Flags::store, flags), (*service)->name);
  if (!place) return Complain(place.error());
  auto done = Run(*service, *place, *options, *strays);
  return done ? kDone : Complain(done.error());
}

}  // namespace

void AddServe(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("serve", "serve the contract");
  auto contract = std::make_shared<std::string>("ashlar.yaml");
  auto flags = std::make_shared<Flags>();
  AddContract(*command, *contract);
  for (const Setting& setting : Settings()) {
    std::string doc = fmt::format("{}; {}; default {}", setting.doc, setting.environment, setting.fallback);
    std::string& value = (*flags).*setting.value;
    if (setting.is_switch) {
      command->add_flag_callback(std::string(setting.flag), [&value] { value = "on"; }, doc);
    } else {
      command->add_option(std::string(setting.flag), value, doc);
    }
  }
  command->callback([contract, flags, &status] { status = Serve(*contract, *flags); });
}

}  // namespace ashlar::app
