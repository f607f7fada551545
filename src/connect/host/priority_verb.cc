#include "connect/host/priority_verb.h"

#include <fmt/format.h>
#include <linux/ioprio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "connect/host/process_handle.h"
#include "connect/host/text_scan.h"
#include "model/performed.h"
#include "model/verb_check.h"

namespace capstan::host {
namespace {

constexpr int64_t kLowest = 19;

int io_priority_of(int thread) { return static_cast<int>(::syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, thread)); }

// Linux gives every thread a priority of its own.
std::vector<int> threads_of(int pid) {
  std::vector<int> threads;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(fmt::format("/proc/{}/task", pid), error), end; !error && entry != end;
       entry.increment(error)) {
    if (const auto thread = parse_number<int>(entry->path().filename().native())) threads.push_back(*thread);
  }
  return threads;
}

// Sets both priorities of all threads. A thread that ended meanwhile needs none.
Status set_priorities(const ProcessHandle& process, int nice_value, int io_priority) {
  const int pid = process.pid();
  for (const int thread : threads_of(pid)) {
    // Only while it lives are these numbers its own.
    if (process.ended()) return fail(ErrorCode::kNotFound, fmt::format("process {} has ended", pid));
    if (::setpriority(PRIO_PROCESS, static_cast<id_t>(thread), nice_value) != 0 && errno != ESRCH) {
      return fail(errno_code(errno), fmt::format("cannot set the priority of process {}: {}", pid, errno_text(errno)));
    }
    if (::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, thread, io_priority) != 0 && errno != ESRCH) {
      return fail(errno_code(errno),
                  fmt::format("cannot set the I/O priority of process {}: {}", pid, errno_text(errno)));
    }
  }
  return {};
}

int wanted_nice(const Json& parameters) { return static_cast<int>(parameters["nice"].int_or(kLowest)); }

}  // namespace

LowerPriorityVerb::LowerPriorityVerb() {
  spec_ = {
      .name = "host.lower_priority",
      .title = "Lower priority",
      .help =
          "Gives the process the lowest priority for processor and disk: it goes on, but only when others leave room.",
      .target_kinds = {"host_process"},
      .parameters = {{"nice", ColumnType::kInteger, false,
                      "The priority to give, 1 to 19; 19, the lowest, where it is not said."}},
      .danger = Danger::kSafe,
      .idempotent = true,
      .undoable = true};
}

Status LowerPriorityVerb::check(const Resource& target, const Json& parameters) const {
  if (Status fits = check_request(spec_, target, parameters); !fits) return fits;
  if (wanted_nice(parameters) < 1 || wanted_nice(parameters) > kLowest) {
    return fail(ErrorCode::kInvalidArgument, "'nice' must be between 1 and 19");
  }
  const ProcessHandle process = TRY(ProcessHandle::open(target.id));
  return may_touch(process);
}

Result<Json> LowerPriorityVerb::state_before(const Resource& target, const Json&) {
  const ProcessHandle process = TRY(ProcessHandle::open(target.id));
  return Json::object({{"nice", process.stat().nice}, {"io_priority", io_priority_of(process.pid())}});
}

Performed LowerPriorityVerb::perform(const Action& action, const Resource& target, const Json&,
                                     const std::stop_token&) {
  const auto process = ProcessHandle::open(target.id);
  if (!process) return failed(quoted(process.error()));
  if (Status allowed = may_touch(*process); !allowed) return failed(quoted(allowed.error()));
  const int nice_value = std::max(wanted_nice(action.parameters), process->stat().nice);
  const Status set = set_priorities(*process, nice_value, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
  if (process->ended()) return failed(Words::phrase("done.ended_meanwhile"));
  if (!set) return failed(quoted(set.error()));
  return succeeded(
      Words::phrase("done.nice", {{"from", std::to_string(process->stat().nice)}, {"to", std::to_string(nice_value)}}));
}

ProbeAnswer LowerPriorityVerb::probe(const Action& action, const Resource& target, const Json&) {
  const auto process = ProcessHandle::open(target.id);
  if (!process) return ProbeAnswer::kCannotTell;
  return process->stat().nice >= wanted_nice(action.parameters) ? ProbeAnswer::kHappened : ProbeAnswer::kDidNotHappen;
}

Performed LowerPriorityVerb::undo(const Action&, const Resource& target, const Json& before, const std::stop_token&) {
  const auto process = ProcessHandle::open(target.id);
  if (!process) return failed(quoted(process.error()));
  if (!before["nice"].is_int()) return failed(Words::phrase("done.not_known_priority"));
  const auto nice_value = static_cast<int>(before["nice"].int_or(0));
  const auto io_priority = static_cast<int>(before["io_priority"].int_or(0));
  if (Status set = set_priorities(*process, nice_value, std::max(io_priority, 0)); !set)
    return failed(quoted(set.error()));
  return succeeded(Words::phrase("done.nice_again", {{"nice", std::to_string(nice_value)}}));
}

}  // namespace capstan::host
