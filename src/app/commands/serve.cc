// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <charconv>
#include <csignal>
#include <thread>

#include "app/commands/commands.h"
#include "app/operator/channel.h"
#include "app/settings.h"
#include "app/terminal.h"
#include "http/server.h"
#include "surface/front/front.h"
#include "telemetry/log.h"

namespace ashlar::app {
namespace {

Result<int> WorkersOf(const std::string& text) {
  if (text.empty()) return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  int workers = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), workers);
  if (error != std::errc() || end != text.data() + text.size() || workers < 1 || workers > 256) {
    return Fail(ErrorKind::kInvalid, fmt::format("--workers: '{}' is not a number from 1 to 256", text));
  }
  return workers;
}

// Serves until it is told to end. The parts are made in the order in which they need each other and end in the other.
Result<void> Run(std::shared_ptr<const model::Service> service, const std::string& path, http::ServerOptions options,
                 const std::vector<std::string>& warnings) {
  auto format = IsTerminal(STDERR_FILENO) ? telemetry::Format::kText : telemetry::Format::kJson;
  telemetry::LogWriter log(STDERR_FILENO, format, ColourFor(STDERR_FILENO), SystemClock());
  for (const std::string& warning : warnings) log.Observe(Note{Severity::kWarning, "setting.unused", warning});
  TRY(runtime, OpenRuntime(service, path, log));
  surface::rest::Router router(*service);
  surface::FrontOptions front;
  front.ready = [&runtime] { return runtime.store->Ready(); };
  front.pages = std::make_shared<const surface::Pages>(*service);
  auto make = [&](boost::asio::io_context& loop) -> std::unique_ptr<http::Handler> {
    return std::make_unique<surface::Front>(router, runtime.store->Open(loop), *runtime.planner, *runtime.keys, front,
                                            SystemClock(), log);
  };
  TRY(server, http::Server::Open(options, make, log));
  TRY(channel, OperatorChannel::Open(runtime, log));
  std::string address = (options.tls_cert.empty() ? "http://" : "https://") + server->address();
  server->Run([&] {
    log.Observe(Note{Severity::kInfo, "server.started", address});
    if (!IsTerminal(STDOUT_FILENO)) return;
    fmt::print("serving {} at {}/{} (sqlite:{})\n", service->name, address, service->version, path);
    std::fflush(stdout);
  });
  channel.reset();
  runtime.store->Close();
  log.Observe(Note{Severity::kInfo, "server.stopped", address});
  return {};
}

// As many descriptors as the system lets this process have; fewer connections than those, so that one too many can
// still be told so and files can be opened.
void FitDescriptors(http::ServerOptions& options) {
  constexpr size_t kReserved = 128;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  size_t most = limit.rlim_cur > 2 * kReserved ? limit.rlim_cur - kReserved : limit.rlim_cur / 2;
  options.connections = std::min(options.connections, most);
}

int Serve(const std::string& contract, const Flags& flags) {
  std::signal(SIGPIPE, SIG_IGN);  // who stops reading the log does not end the service
  http::ServerOptions options;
  if (std::string listen = ValueOf(&Flags::listen, flags); !listen.empty()) options.listen = listen;
  auto workers = WorkersOf(ValueOf(&Flags::workers, flags));
  if (!workers) return Complain(workers.error());
  options.workers = *workers;
  if (auto sound = http::CheckListen(options.listen); !sound) {
    return Complain({ErrorKind::kInvalid, "--listen: " + sound.error().message});
  }
  options.tls_cert = ValueOf(&Flags::tls_cert, flags);
  options.tls_key = ValueOf(&Flags::tls_key, flags);
  if (auto sound = http::CheckTls(options.tls_cert, options.tls_key); !sound) {
    return Complain({ErrorKind::kInvalid, "--tls-cert, --tls-key: " + sound.error().message});
  }
  FitDescriptors(options);
  std::set<std::string> asked;
  auto service = ReadContract(contract, false, &asked);
  if (!service) return Complain(service.error());
  auto strays = CheckEnvironment(asked);
  if (!strays) return Complain(strays.error());
  auto path = StorePath(ValueOf(&Flags::store, flags), (*service)->name);
  if (!path) return Complain(path.error());
  auto done = Run(std::move(*service), *path, options, *strays);
  return done ? kDone : Complain(done.error());
}

}  // namespace

void AddServe(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("serve", "serve the contract");
  auto contract = std::make_shared<std::string>("ashlar.yaml");
  auto flags = std::make_shared<Flags>();
  command->add_option("CONTRACT", *contract, "the contract: a file or a folder")->capture_default_str();
  for (const Setting& setting : Settings()) {
    command->add_option(std::string(setting.flag), (*flags).*setting.value,
                        fmt::format("{}; {}; default {}", setting.doc, setting.environment, setting.fallback));
  }
  command->callback([contract, flags, &status] { status = Serve(*contract, *flags); });
}

}  // namespace ashlar::app
