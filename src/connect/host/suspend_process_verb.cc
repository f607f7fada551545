#include "connect/host/suspend_process_verb.h"

#include <signal.h>

#include "connect/host/process_handle.h"
#include "model/performed.h"
#include "model/verb_check.h"

namespace capstan::host {
namespace {

constexpr Duration kLimit{2'000};
constexpr Duration kStep{10};

bool is_suspended(const ProcessStat& stat) { return stat.state == 'T' || stat.state == 't'; }

}  // namespace

SuspendProcessVerb::SuspendProcessVerb(const Clock& clock) : clock_(clock) {
  spec_ = {.name = "host.suspend_process",
           .title = "Suspend process",
           .help = "Holds the process where it is (SIGSTOP). It keeps its memory and connections; undo lets it go on.",
           .target_kinds = {"host_process"},
           .parameters = {},
           .danger = Danger::kDisruptive,
           .idempotent = true,
           .undoable = true};
}

Status SuspendProcessVerb::check(const Resource& target, const Json& parameters) const {
  if (Status fits = check_request(spec_, target, parameters); !fits) return fits;
  const ProcessHandle process = TRY(ProcessHandle::open(target.id));
  return may_touch(process);
}

Result<Json> SuspendProcessVerb::state_before(const Resource& target, const Json&) {
  const ProcessHandle process = TRY(ProcessHandle::open(target.id));
  return Json::object({{"suspended", is_suspended(process.stat())}});
}

Performed SuspendProcessVerb::perform(const Action&, const Resource& target, const Json&, const std::stop_token& stop) {
  const auto process = ProcessHandle::open(target.id);
  if (!process) return failed(quoted(process.error()));
  if (Status allowed = may_touch(*process); !allowed) return failed(quoted(allowed.error()));
  if (Status sent = process->signal(SIGSTOP); !sent) return failed(quoted(sent.error()));
  const Duration until = clock_.monotonic() + kLimit;
  do {
    const auto stat = process->stat_now();
    if (!stat) return failed(Words::phrase("done.ended_meanwhile"));
    if (is_suspended(*stat)) return succeeded(Words::phrase("done.suspended"));
    if (process->wait_for_end(kStep, clock_, stop)) return failed(Words::phrase("done.ended_meanwhile"));
  } while (clock_.monotonic() < until && !stop.stop_requested());
  return {.state = ActionState::kPartial, .says = Words::phrase("done.suspended_waits"), .result = Json::object()};
}

ProbeAnswer SuspendProcessVerb::probe(const Action&, const Resource& target, const Json&) {
  const auto process = ProcessHandle::open(target.id);
  if (!process) return ProbeAnswer::kCannotTell;
  return is_suspended(process->stat()) ? ProbeAnswer::kHappened : ProbeAnswer::kDidNotHappen;
}

Performed SuspendProcessVerb::undo(const Action&, const Resource& target, const Json& before, const std::stop_token&) {
  if (before["suspended"].bool_or(false)) return succeeded(Words::phrase("done.kept_suspended"));
  const auto process = ProcessHandle::open(target.id);
  if (!process) return failed(quoted(process.error()));
  if (Status sent = process->signal(SIGCONT); !sent) return failed(quoted(sent.error()));
  return succeeded(Words::phrase("done.goes_on"));
}

}  // namespace capstan::host
