// run: the main job.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "cli/command.h"
#include "cli/packs.h"
#include "cli/shared_run.h"
#include "connect/host/host_config.h"
#include "ledger/data_directory.h"
#include "loop/instance.h"
#include "serve/admission_server.h"
#include "serve/server.h"

namespace capstan::cli {
namespace {

struct RunOptions {
  std::string config_directory = "config";
  std::string packs_directory;  // "" for those in the program.
  std::vector<std::string> listen = {"127.0.0.1:9280"};
  std::string ledger_url;  // "" for a ledger of its own.
  std::string node;
  bool debug = false;
};

// Blocks the signals that end us before any thread starts, so that only `sigwait` sees them.
sigset_t block_ending_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return signals;
}

serve::ServerHooks hooks_of(loop::Instance& instance) {
  return {.prometheus =
              [&instance](std::string_view path, std::string_view, const QueryParameters& parameters) {
                telemetry::ApiParameters decoded;
                for (const auto& [name, value] : parameters) decoded.emplace(name, value);
                telemetry::ApiAnswer answer = instance.prometheus(path, decoded);
                return serve::PrometheusAnswer{answer.status, std::move(answer.body)};
              },
          .remote_write = [&instance](std::string_view body) { return instance.remote_write(body); },
          .slack = [&instance](
                       std::string_view door, std::string_view timestamp, std::string_view signature,
                       std::string_view body) { return instance.slack_delivery(door, timestamp, signature, body); }};
}

Result<std::filesystem::path> absolute_path(const std::string& path) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return fail(errno_code(error.value()), "cannot find the working directory: " + error.message());
  return absolute;
}

std::vector<std::pair<std::string, std::string>> environment_of_process() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    if (const size_t equals = text.find('='); equals != std::string_view::npos) {
      variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

// Nothing where the settings do not want it.
Result<std::unique_ptr<serve::AdmissionServer>> start_admission(const loop::AdmissionSettings& settings,
                                                                loop::Instance& instance,
                                                                const std::filesystem::path& data, Time now) {
  if (settings.listen.empty()) return nullptr;
  auto server = TRY(serve::AdmissionServer::start(settings.listen, TRY(serve::admission_tls(settings, data, now)),
                                                  instance.control()));
  log::info("run", fmt::format("Kubernetes may ask at https://{}/admission/<cluster>", server->address()));
  return server;
}

// The default directory may be missing: then there is nothing but this machine. One that was named may not, as a slip
// of the finger would leave everything unwatched.
Result<std::filesystem::path> config_directory(const std::string& named) {
  const std::filesystem::path path = TRY(absolute_path(named));
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return path;
  if (std::filesystem::exists(path, ignored))
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} is no directory of configuration files", path.string()));
  if (named == RunOptions().config_directory) return path;
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no configuration directory {}; make it, or name another with -c", path.string()));
}

// Gives the signal.
int wait_for_signal(const sigset_t& ending, const std::function<void()>& every_minute) {
  constexpr timespec kMinute{.tv_sec = 60, .tv_nsec = 0};
  while (true) {
    const int received = ::sigtimedwait(&ending, nullptr, &kMinute);
    if (received > 0) return received;
    if (errno == EAGAIN) every_minute();
  }
}

void renew_certificate(serve::AdmissionServer& server, const loop::AdmissionSettings& settings,
                       const std::filesystem::path& data, Time now) {
  const Result<HttpServerTls> tls = serve::admission_tls(settings, data, now);
  const Status renewed = tls ? server.renew(*tls) : fail(tls.error());
  if (!renewed) log::warning("run", "the certificate of the admission webhook: " + renewed.error().to_string());
}

Status run(const CommonOptions& common, const RunOptions& options) {
  const sigset_t ending = block_ending_signals();
  keep_files_private();
  if (options.debug) log::set_level(log::Level::kDebug);
  const std::filesystem::path config = TRY(config_directory(options.config_directory));
  const std::filesystem::path data = TRY(absolute_path(common.data_directory));
  const ledger::DataDirectory directory = TRY(ledger::DataDirectory::lock(data, (data / "capstan.sock").string()));
  const SystemClock clock;
  SystemRandom random;

  serve::ServerOptions server_options;
  server_options.listen = options.listen;
  server_options.data_directory = data;
  server_options.version = std::string(kVersion);
  std::unique_ptr<SharedRun> shared;
  if (!options.ledger_url.empty()) {
    shared = TRY(SharedRun::create({.url = options.ledger_url,
                                    .node = options.node.empty() ? host::kernel_host_name() : options.node,
                                    .ledger = directory.file("ledger.db"),
                                    .server = server_options},
                                   clock, random));
    if (!TRY(shared->stand_by(ending))) return {};
  }

  std::vector<std::filesystem::path> packs = {options.packs_directory};
  if (options.packs_directory.empty()) packs = {TRY(unpack_packs(directory.file("packs")))};
  const auto instance = TRY(loop::Instance::open(directory,
                                                 {.packs = packs,
                                                  .config_directory = config,
                                                  .version = std::string(kVersion),
                                                  .environment = environment_of_process(),
                                                  .lead = shared ? std::optional(shared->lead()) : std::nullopt},
                                                 clock, random));
  server_options.allowed_hosts = instance->allowed_hosts();
  server_options.secure_cookie = instance->secure_cookie();
  const auto server =
      TRY(serve::Server::start(server_options, instance->control(), hooks_of(*instance), clock, random));
  const loop::AdmissionSettings admission_settings = instance->admission();
  const auto admission = TRY(start_admission(admission_settings, *instance, data, clock.now()));
  const std::string page = "http://" + server->address();
  instance->on_chat([&server](const ChatRequest& request) { return server->answer_chat(request); });
  if (shared) shared->watch(*instance);
  instance->start(page);

  if (server->setup_token().empty()) {
    fmt::print("Capstan is at {} : log in with your user and password.\n", page);
  } else {
    fmt::print("Capstan is at {} : log in with the one-time token {} to make the first administrator.\n", page,
               server->setup_token());
  }
  std::fflush(stdout);

  const int received = wait_for_signal(ending, [&] {
    if (admission) renew_certificate(*admission, admission_settings, data, clock.now());
  });
  log::info("run", fmt::format("stopping for {}", ::strsignal(received)));
  if (shared) shared->note_ending();
  if (admission) admission->stop();
  server->stop();
  instance->stop();
  if (shared) shared->release();
  return {};
}

}  // namespace

void add_run(CLI::App& app, CommonOptions& common, Action& chosen) {
  static RunOptions options;
  CLI::App* command =
      app.add_subcommand("run", "Watch this machine and what the configuration names, and serve the page");
  command
      ->add_option("-c,--config", options.config_directory, "The directory of YAML files that say what to look after")
      ->capture_default_str();
  command->add_option("--data", common.data_directory, "Where everything is kept")->capture_default_str();
  command->add_option("--listen", options.listen, "HOST:PORT to serve on")->capture_default_str();
  command->add_option("--packs", options.packs_directory, "Packs to use in place of those in the program");
  command
      ->add_option(
          "--ledger-url", options.ledger_url,
          "postgresql://USER@HOST:PORT/DATABASE of the ledger that several nodes share; the password comes from "
          "PGPASSFILE")
      ->envname("CAPSTAN_LEDGER_URL");
  command
      ->add_option("--node", options.node, "The name of this node where several share a ledger; else the host's name")
      ->envname("CAPSTAN_NODE");
  command->add_flag("--debug", options.debug, "Say more in the log");
  command->callback([&] {
    chosen = [&common] {
      const Status status = run(common, options);
      return status ? 0 : failed(status.error());
    };
  });
}

}  // namespace capstan::cli
