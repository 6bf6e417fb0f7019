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

// Serves until it is told to end. The parts are made in the order in which they need each other and end in the other.
Result<void> Run(std::shared_ptr<const model::Service> served, const std::string& path, const ServeOptions& options,
                 const std::vector<std::string>& warnings) {
  auto format = IsTerminal(STDERR_FILENO) ? telemetry::Format::kText : telemetry::Format::kJson;
  telemetry::LogWriter log(STDERR_FILENO, format, ColourFor(STDERR_FILENO), SystemClock());
  for (const std::string& warning : warnings) log.Observe(Note{Severity::kWarning, "setting.unused", warning});
  const model::Service& service = *served;
  surface::rest::Router router(service);
  surface::FrontOptions front;
  front.pages = std::make_shared<const surface::Pages>(service);
  front.cors = options.cors;
  front.admission = options.admission;
  front.development = options.dev;
  if (service.identity) front.passwords = std::make_shared<identity::HashPool>();
  if (!service.limits.empty()) {
    front.limiter = std::make_shared<surface::Limiter>(service.limits, options.proxies, SystemClock());
  }
  telemetry::RequestMetrics metrics(NamesOf(router, *front.pages), log);
  TRY(runtime, OpenRuntime(served, path, metrics, options.runtime));
  std::optional<identity::Issuers> issuers;
  if (service.identity) issuers.emplace(service.identity->issuers, options.authorities, SystemClock(), metrics);
  front.issuers = issuers ? &*issuers : nullptr;
  front.writes_waiting = [&runtime] {
    store::Load load = runtime.store->CurrentLoad(SystemClock());
    return surface::WritesWaiting{load.writes_waiting, load.oldest_write_us};
  };
  front.ready = [&runtime] { return runtime.store->Ready(); };
  auto make = [&](boost::asio::io_context& loop) -> std::unique_ptr<http::Handler> {
    return std::make_unique<surface::Front>(router, runtime.store->Open(loop), *runtime.planner, *runtime.keys, front,
                                            SystemClock(), metrics.ForLoop());
  };
  TRY(server, http::Server::Open(options.http, make, metrics));
  TRY(channel, OperatorChannel::Open(runtime, metrics));
  TRY(admin, OpenAdmin(options.admin_listen,
                       {metrics, log, *server, *runtime.store, *front.shed, front.limiter.get(), SystemClock()}));
  std::optional<engine::Sweeper> sweeper(std::in_place, *runtime.planner, *runtime.store, SystemClock(), metrics);
  std::string address = (options.http.tls_cert.empty() ? "http://" : "https://") + server->address();
  server->Run([&] {
    log.Observe(Note{Severity::kInfo, "server.started", address});
    if (!IsTerminal(STDOUT_FILENO)) return;
    fmt::print("serving {} at {}/{} (sqlite:{})\n", service.name, address, service.version, path);
    std::fflush(stdout);
  });
  channel.reset();
  admin.reset();
  sweeper.reset();
  if (front.passwords != nullptr) front.passwords->Close();  // while the loops are there
  if (issuers) issuers->Close();
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
  auto path = StorePath(ValueOf(&Flags::store, flags), (*service)->name);
  if (!path) return Complain(path.error());
  auto done = Run(*service, *path, *options, *strays);
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
