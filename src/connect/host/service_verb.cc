#include "connect/host/service_verb.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>

#include "base/subprocess.h"
#include "connect/host/process_handle.h"
#include "model/performed.h"
#include "model/verb_check.h"

namespace capstan::host {
namespace {

constexpr Duration kStep{100};
// A service that runs for this long after its start is taken to stay.
constexpr Duration kSettle{500};
constexpr Duration kSystemdLimit{90'000};

void rest(Duration duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, duration, [] { return false; });
}

std::string last_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1).substr(0, 300));
}

}  // namespace

ServiceVerb::ServiceVerb(ServiceAction action, const CurrentHostConfig& config, std::string output_directory,
                         const Clock& clock)
    : action_(action), config_(config), output_directory_(std::move(output_directory)), clock_(clock) {
  constexpr std::array<std::string_view, 3> kNames = {"host.start_service", "host.stop_service",
                                                      "host.restart_service"};
  constexpr std::array<std::string_view, 3> kTitles = {"Start service", "Stop service", "Restart service"};
  constexpr std::array<std::string_view, 3> kHelps = {"Starts the service and waits until it runs.",
                                                      "Stops the service and waits until it is gone.",
                                                      "Stops the service, starts it again and waits until it runs."};
  const auto index = static_cast<size_t>(action);
  spec_ = {.name = std::string(kNames[index]),
           .title = std::string(kTitles[index]),
           .help = std::string(kHelps[index]),
           .target_kinds = {"host_service"},
           .parameters = {},
           .danger = Danger::kDisruptive,
           .idempotent = action != ServiceAction::kRestart,
           .undoable = action != ServiceAction::kRestart};
}

// "host_service/web1:nginx" is nginx.
std::string ServiceVerb::name_of(const Resource& target) const {
  const size_t colon = target.id.rfind(':');
  return colon == std::string::npos ? "" : target.id.substr(colon + 1);
}

std::optional<DeclaredService> ServiceVerb::declared(const std::string& name) const {
  const std::shared_ptr<const HostConfig> config = config_.get();
  const auto found = std::ranges::find(config->services, name, &DeclaredService::name);
  return found == config->services.end() ? std::nullopt : std::optional(*found);
}

Status ServiceVerb::check(const Resource& target, const Json& parameters) const {
  if (Status fits = check_request(spec_, target, parameters); !fits) return fits;
  const std::string name = name_of(target);
  const bool plain = !name.empty() && name.front() != '-' &&
                     name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._:\\-") ==
                         std::string::npos;
  if (!plain) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' names no service", target.id));
  const std::optional<DeclaredService> service = declared(name);
  if (!service && !systemd_runs()) return fail(ErrorCode::kNotFound, fmt::format("there is no service '{}'", name));
  if (service && service->start.empty() && action_ != ServiceAction::kStop) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the configuration does not say how to start service '{}'", name));
  }
  return {};
}

Result<ServiceVerb::Now> ServiceVerb::look(const std::string& name, const std::stop_token& stop) const {
  Now now;
  if (const std::optional<DeclaredService> service = declared(name)) {
    ProcessTable table = TRY(ProcessTable::open());
    if (Status looked = table.look(clock_.now(), clock_.monotonic()); !looked) return fail(looked.error());
    std::vector<int> all;
    for (const auto& [pid, process] : table.processes()) all.push_back(pid);
    for (const int pid : all) table.identify(pid);
    for (const int pid : find_service_processes(*service, table, [&](int port) { return find_listeners(table, port); }))
      now.processes.push_back(table.processes().at(pid).key());
    now.running = !now.processes.empty();
    if (now.running) now.main = now.processes.front();
    now.state = now.running ? "running" : "stopped";
    return now;
  }
  const std::vector<Service> services = TRY(list_systemd_services(clock_, stop));
  const auto found =
      std::find_if(services.begin(), services.end(), [&](const Service& service) { return service.name == name; });
  if (found == services.end()) return fail(ErrorCode::kNotFound, fmt::format("there is no service '{}'", name));
  now.running = found->state == ServiceState::kRunning;
  now.state = to_string(found->state);
  if (const auto stat = found->main_pid > 0 ? read_process_stat(found->main_pid) : std::nullopt) now.main = stat->key;
  return now;
}

Result<Json> ServiceVerb::state_before(const Resource& target, const Json&) {
  const Now now = TRY(look(name_of(target), {}));
  return Json::object({{"state", now.state}, {"main_pid", now.main.pid}, {"main_start", now.main.start_ticks}});
}

bool ServiceVerb::wait_until(const std::string& name, bool running, Duration limit, const std::stop_token& stop) const {
  const Duration until = clock_.monotonic() + limit;
  while (!stop.stop_requested()) {
    const auto now = look(name, stop);
    if (now && now->running == running) return true;
    if (clock_.monotonic() >= until) return false;
    rest(kStep, stop);
  }
  return false;
}

Performed ServiceVerb::systemctl(std::string_view what, const std::string& name, const std::stop_token& stop) const {
  const ProgramSpec spec{.argv = {"systemctl", std::string(what), "--", name + ".service"},
                         .time_limit = kSystemdLimit};
  const auto outcome = run_program(spec, clock_, stop);
  if (!outcome) return failed(quoted(outcome.error()));
  if (!outcome->succeeded())
    return failed(
        Words::phrase("done.not_systemctl", {{"how", how_ended(*outcome, spec)}, {"says", last_line(outcome->err)}}));
  return succeeded(Words::phrase("done.systemctl", {{"what", what}}));
}

Performed ServiceVerb::start_declared(const DeclaredService& service, const std::stop_token& stop) const {
  if (const auto now = look(service.name, stop); now && now->running)
    return succeeded(Words::phrase("done.already_running"));
  const ProgramSpec spec{.argv = shell_command(service.start), .user = service.user};
  const std::string output = output_directory_.empty() ? "" : output_directory_ + "/" + service.name;
  const auto pid =
      start_detached(spec, output.empty() ? "" : output + ".stdout.log", output.empty() ? "" : output + ".stderr.log");
  if (!pid) return failed(quoted(pid.error()));
  if (!wait_until(service.name, true, service.time_limit, stop)) {
    return failed(Words::phrase("done.not_running_within", {{"limit", format_duration(service.time_limit)}}));
  }
  rest(kSettle, stop);
  const auto now = look(service.name, stop);
  if (!now || !now->running) return failed(Words::phrase("done.not_lasting"));
  return succeeded(Words::phrase("done.runs_as", {{"pid", std::to_string(now->main.pid)}}),
                   Json::object({{"main_pid", now->main.pid}}));
}

Performed ServiceVerb::stop_declared(const DeclaredService& service, const std::stop_token& stop) const {
  const auto now = look(service.name, stop);
  if (!now) return failed(quoted(now.error()));
  if (!now->running) return succeeded(Words::phrase("done.already_stopped"));
  if (!service.stop.empty()) {
    const ProgramSpec spec{.argv = shell_command(service.stop), .user = service.user, .time_limit = service.time_limit};
    const auto outcome = run_program(spec, clock_, stop);
    if (!outcome) return failed(quoted(outcome.error()));
    if (!outcome->succeeded())
      return failed(Words::phrase("done.not_stop_command",
                                  {{"how", how_ended(*outcome, spec)}, {"says", last_line(outcome->err)}}));
  } else if (Status signalled = signal_all(now->processes, SIGTERM); !signalled) {
    return failed(quoted(signalled.error()));
  }
  if (wait_until(service.name, false, service.time_limit, stop)) return succeeded(Words::phrase("done.stopped"));
  return {.state = ActionState::kPartial,
          .says = Words::phrase("done.told_to_stop", {{"limit", format_duration(service.time_limit)}}),
          .result = Json::object()};
}

Performed ServiceVerb::start(const std::string& name, const std::stop_token& stop) const {
  const std::optional<DeclaredService> service = declared(name);
  return service ? start_declared(*service, stop) : systemctl("start", name, stop);
}

Performed ServiceVerb::stop(const std::string& name, const std::stop_token& stop) const {
  const std::optional<DeclaredService> service = declared(name);
  return service ? stop_declared(*service, stop) : systemctl("stop", name, stop);
}

Performed ServiceVerb::perform(const Action& action, const Resource& target, const Json&,
                               const std::stop_token& stop_token) {
  if (Status checked = check(target, action.parameters); !checked) return failed(quoted(checked.error()));
  const std::string name = name_of(target);
  if (action_ == ServiceAction::kStart) return start(name, stop_token);
  if (action_ == ServiceAction::kStop) return stop(name, stop_token);
  if (!declared(name)) return systemctl("restart", name, stop_token);
  Performed stopped = stop(name, stop_token);
  if (stopped.state != ActionState::kSucceeded) return stopped;
  Performed started = start(name, stop_token);
  if (started.state == ActionState::kFailed) started.state = ActionState::kPartial;  // It is down now.
  return started;
}

ProbeAnswer ServiceVerb::probe(const Action&, const Resource& target, const Json& before) {
  const std::string name = name_of(target);
  if (action_ == ServiceAction::kRestart) return probe_restart(name, before);
  const auto now = look(name, {});
  if (!now) return ProbeAnswer::kCannotTell;
  return now->running == (action_ == ServiceAction::kStart) ? ProbeAnswer::kHappened : ProbeAnswer::kDidNotHappen;
}

ProbeAnswer ServiceVerb::probe_restart(const std::string& name, const Json& before) const {
  // What was asked of systemd goes on without who asked: only when it has no more to do is there an answer.
  const bool by_systemd = !declared(name);
  if (by_systemd && !wait_until_idle(name)) return ProbeAnswer::kCannotTell;
  const auto now = look(name, {});
  if (!now) return ProbeAnswer::kCannotTell;
  const bool same_main = now->main.pid == before["main_pid"].int_or(0) &&
                         static_cast<int64_t>(now->main.start_ticks) == before["main_start"].int_or(0);
  if (now->running) return same_main ? ProbeAnswer::kDidNotHappen : ProbeAnswer::kHappened;
  return by_systemd ? ProbeAnswer::kCannotTell : ProbeAnswer::kDidNotHappen;
}

bool ServiceVerb::wait_until_idle(const std::string& name) const {
  const ProgramSpec spec{.argv = {"systemctl", "show", "--property=Job", "--value", "--", name + ".service"},
                         .time_limit = kSystemdLimit};
  const Duration until = clock_.monotonic() + kSystemdLimit;
  for (;;) {
    const auto outcome = run_program(spec, clock_, {});
    if (!outcome || !outcome->succeeded()) return false;
    // "0" or nothing where it has no job.
    if (outcome->out.find_first_of("123456789") == std::string::npos) return true;
    if (clock_.monotonic() >= until) return false;
    rest(kSettle, {});
  }
}

Performed ServiceVerb::undo(const Action&, const Resource& target, const Json& before,
                            const std::stop_token& stop_token) {
  const bool ran = before["state"].string_or_empty() == "running";
  const std::string name = name_of(target);
  if (action_ == ServiceAction::kRestart) return failed(Words::phrase("done.not_undoable_restart"));
  if (ran == (action_ == ServiceAction::kStart)) return succeeded(Words::phrase("done.as_before"));
  return ran ? start(name, stop_token) : stop(name, stop_token);
}

}  // namespace capstan::host
