#include "connect/host/stop_process_verb.h"

#include <fmt/format.h>
#include <signal.h>

#include "connect/host/process_handle.h"
#include "model/performed.h"
#include "model/verb_check.h"

namespace capstan::host {
namespace {

constexpr Duration kGrace{5'000};
constexpr Duration kMostGrace{120'000};
// How long a killed process may take: one that waits for a disk ends only when the disk answers.
constexpr Duration kKillLimit{5'000};

}  // namespace

StopProcessVerb::StopProcessVerb(const Clock& clock) : clock_(clock) {
  spec_ = {.name = "host.stop_process",
           .title = "Stop process",
           .help = "Sends SIGTERM to the process; if it is still there after the grace time, SIGKILL.",
           .target_kinds = {"host_process"},
           .parameters = {{"grace", ColumnType::kText, false, "How long it may take to end by itself: \"5s\"."}},
           .danger = Danger::kDestructive,
           .idempotent = true,
           .undoable = false};
}

Status StopProcessVerb::check(const Resource& target, const Json& parameters) const {
  if (Status fits = check_request(spec_, target, parameters); !fits) return fits;
  if (auto grace = duration_parameter(parameters, "grace", kGrace, kMostGrace); !grace) return fail(grace.error());
  const ProcessHandle process = TRY(ProcessHandle::open(target.id));
  return may_touch(process);
}

Result<Json> StopProcessVerb::state_before(const Resource& target, const Json&) {
  const ProcessHandle process = TRY(ProcessHandle::open(target.id));
  return Json::object(
      {{"pid", process.pid()}, {"comm", process.comm()}, {"state", std::string(1, process.stat().state)}});
}

Performed StopProcessVerb::perform(const Action& action, const Resource& target, const Json&,
                                   const std::stop_token& stop) {
  const auto grace = duration_parameter(action.parameters, "grace", kGrace, kMostGrace);
  if (!grace) return failed(quoted(grace.error()));
  auto process = ProcessHandle::open(target.id);
  if (!process && process.error().code == ErrorCode::kNotFound) return succeeded(Words::phrase("done.ended_before"));
  if (!process) return failed(quoted(process.error()));
  if (Status allowed = may_touch(*process); !allowed) return failed(quoted(allowed.error()));
  const Duration started = clock_.monotonic();
  const auto took = [&] { return to_seconds(clock_.monotonic() - started); };
  if (Status sent = process->signal(SIGTERM); !sent) return failed(quoted(sent.error()));
  // A suspended process takes no SIGTERM before it goes on. One that has ended by now needs none.
  if (Status woken = process->signal(SIGCONT); !woken && !process->ended()) return failed(quoted(woken.error()));
  if (process->wait_for_end(*grace, clock_, stop))
    return succeeded(Words::phrase("done.terminated", {{"seconds", fmt::format("{:.1f}", took())}}));
  if (stop.stop_requested()) {
    return {
        .state = ActionState::kPartial, .says = Words::phrase("done.terminated_not_awaited"), .result = Json::object()};
  }
  if (Status sent = process->signal(SIGKILL); !sent && !process->ended()) return failed(quoted(sent.error()));
  if (process->wait_for_end(kKillLimit, clock_, stop)) {
    return succeeded(Words::phrase("done.killed", {{"seconds", fmt::format("{:.1f}", took())}}));
  }
  return {.state = ActionState::kPartial, .says = Words::phrase("done.killed_waits"), .result = Json::object()};
}

ProbeAnswer StopProcessVerb::probe(const Action&, const Resource& target, const Json&) {
  const auto process = ProcessHandle::open(target.id);
  if (process) return ProbeAnswer::kDidNotHappen;
  return process.error().code == ErrorCode::kNotFound ? ProbeAnswer::kHappened : ProbeAnswer::kCannotTell;
}

Performed StopProcessVerb::undo(const Action&, const Resource&, const Json&, const std::stop_token&) {
  return failed(Words::phrase("done.not_undoable_process"));
}

}  // namespace capstan::host
