#include "connect/host/run_script_verb.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/clean_text.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "model/performed.h"
#include "model/verb_check.h"

namespace capstan::host {
namespace {

constexpr Duration kTimeLimit{60'000};
constexpr Duration kMostTime{3'600'000};
constexpr size_t kOutputLimit = 16 << 10;  // Of each stream.
constexpr size_t kMostArguments = 100;

// Whoever may write a script, or put another in its place, decides what Capstan runs.
Status check_trusted(const std::string& path, const struct stat& status) {
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return fail(
        ErrorCode::kPermissionDenied,
        fmt::format("{} belongs to user {}: expected root, or the user that runs Capstan", path, status.st_uid));
  }
  if ((status.st_mode & 0022) != 0) {
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("{} may be written by others: expected 'chmod go-w {}'", path, path));
  }
  return {};
}

// Who runs scripts where nobody is named.
std::string user_of(const HostConfig& config) {
  return config.script_user.empty() && ::geteuid() == 0 ? "nobody" : config.script_user;
}

}  // namespace

RunScriptVerb::RunScriptVerb(const CurrentHostConfig& config, const Clock& clock) : config_(config), clock_(clock) {
  spec_ = {.name = "host.run_script",
           .title = "Run script",
           .help = "Runs a script of the scripts directory, as its own user, with a time limit and captured output.",
           .target_kinds = {"host", "host_process", "host_service", "host_filesystem"},
           .parameters = {{"script", ColumnType::kText, true, "Its file name within the scripts directory."},
                          {"arguments", ColumnType::kJson, false, "A list of texts."},
                          {"time_limit", ColumnType::kText, false, "How long it may take: \"60s\"."}},
           .danger = Danger::kDestructive,
           .idempotent = false,
           .undoable = false,
           .stoppable = true};
}

Result<std::string> RunScriptVerb::find_script(const Json& parameters) const {
  const std::string directory = config_.get()->scripts_directory;
  if (directory.empty()) return fail(ErrorCode::kFailedPrecondition, "no scripts directory is configured");
  const std::string& name = parameters["script"].string_or_empty();
  if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is no name of a script: expected a file name without '/'", name));
  }
  std::string path = directory + "/" + name;
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0)
    return fail(ErrorCode::kNotFound, fmt::format("there is no script '{}' in {}", name, directory));
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::kPermissionDenied, fmt::format("{} is no regular file", path));
  if ((status.st_mode & 0111) == 0)
    return fail(ErrorCode::kFailedPrecondition, fmt::format("{} is not executable", path));
  TRY(check_trusted(path, status));
  struct stat parent{};
  if (::stat(directory.c_str(), &parent) != 0)
    return fail(errno_code(errno), fmt::format("cannot look at {}: {}", directory, errno_text(errno)));
  TRY(check_trusted(directory, parent));
  return path;
}

Status RunScriptVerb::check(const Resource& target, const Json& parameters) const {
  if (Status fits = check_request(spec_, target, parameters); !fits) return fits;
  if (auto limit = duration_parameter(parameters, "time_limit", kTimeLimit, kMostTime); !limit)
    return fail(limit.error());
  const Json& arguments = parameters["arguments"];
  if (!arguments.is_null() && !arguments.is_array())
    return fail(ErrorCode::kInvalidArgument, "'arguments' must be a list of texts");
  if (arguments.items().size() > kMostArguments) return fail(ErrorCode::kInvalidArgument, "more than 100 arguments");
  for (const Json& argument : arguments.items()) {
    if (!argument.is_string() || argument.string_or_empty().find('\0') != std::string::npos) {
      return fail(ErrorCode::kInvalidArgument, "'arguments' must be a list of texts");
    }
  }
  if (auto script = find_script(parameters); !script) return fail(script.error());
  return {};
}

Result<Json> RunScriptVerb::state_before(const Resource&, const Json&) { return Json::object(); }

Performed RunScriptVerb::perform(const Action& action, const Resource& target, const Json&,
                                 const std::stop_token& stop) {
  if (Status checked = check(target, action.parameters); !checked) return failed(quoted(checked.error()));
  const auto script = find_script(action.parameters);
  if (!script) return failed(quoted(script.error()));
  ProgramSpec spec{.argv = {*script},
                   .directory = "/",
                   .user = user_of(*config_.get()),
                   .time_limit = *duration_parameter(action.parameters, "time_limit", kTimeLimit, kMostTime),
                   .output_limit = kOutputLimit};
  for (const Json& argument : action.parameters["arguments"].items()) spec.argv.push_back(argument.string_or_empty());
  spec.environment.emplace_back("CAPSTAN_TARGET", target.id);
  spec.environment.emplace_back("CAPSTAN_ACTION", action.id);
  const auto outcome = run_program(spec, clock_, stop);
  if (!outcome) return failed(quoted(outcome.error()));
  Performed performed;
  // A script that was cut off may have done any part of its work.
  const bool cut_off =
      outcome->end == ProgramOutcome::End::kTimedOut || outcome->end == ProgramOutcome::End::kCancelled;
  performed.state = outcome->succeeded() ? ActionState::kSucceeded
                    : cut_off            ? ActionState::kPartial
                                         : ActionState::kFailed;
  performed.says = Words::phrase("done.program", {{"program", action.parameters["script"].string_or_empty()},
                                                  {"how", how_ended(*outcome, spec)},
                                                  {"seconds", fmt::format("{:.1f}", to_seconds(outcome->took))}});
  performed.result = Json::object({{"exit_code", outcome->exit_code},
                                   {"signal", outcome->signal},
                                   {"stdout", clean_line(outcome->out, kOutputLimit)},
                                   {"stderr", clean_line(outcome->err, kOutputLimit)},
                                   {"dropped_bytes", outcome->dropped_bytes}});
  return performed;
}

// What a script did, only the script knows.
ProbeAnswer RunScriptVerb::probe(const Action&, const Resource&, const Json&) { return ProbeAnswer::kCannotTell; }

Performed RunScriptVerb::undo(const Action&, const Resource&, const Json&, const std::stop_token&) {
  return failed(Words::phrase("done.not_undoable_script"));
}

}  // namespace capstan::host
