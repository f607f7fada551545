#include "connect/exec/program_verb.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <thread>

#include "base/trim.h"
#include "connect/exec/allowed_program.h"
#include "model/performed.h"
#include "model/verb_check.h"
#include "service/verb_scope.h"

namespace capstan::exec {
namespace {

constexpr size_t kLargestBefore = 64 << 10;
constexpr size_t kShownHead = 8 << 10;  // Of each stream, in the outcome.
constexpr size_t kShownTail = 16 << 10;
constexpr Duration kLookAgain{100};
constexpr Duration kKillingTime{15'000};  // Between SIGKILL and the keeper's end, at most.
constexpr std::string_view kUndo = ".undo";

Performed refused(const Error& error) {
  Performed performed = failed(error.message);
  performed.certain = true;
  return performed;
}

std::string shown(const std::string& text) {
  HeadTail kept(kShownHead, kShownTail);
  kept.append(text);
  return kept.text();
}

std::string base_name(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

Json json_or_text(const std::string& text) {
  const std::string_view trimmed = trim(text);
  const bool may_be_json = trimmed.starts_with('{') || trimmed.starts_with('[');
  if (Result<Json> parsed = may_be_json ? Json::parse(trimmed) : Result<Json>(Json())) {
    if (may_be_json) return std::move(*parsed);
  }
  return std::string(trimmed);
}

std::string run_of(const Json& before) { return before["run"].string_or_empty(); }

}  // namespace

Status ProgramVerb::check(const Resource& target, const Json& parameters) const {
  TRY(check_request(description_.spec, target, parameters));
  TRY(service::verb_scope(target, parameters, Json(), ""));
  // Everything but the secrets, which are asked for when they are needed, and what was before, which is not known yet.
  TRY(find_allowed_program(settings_, description_.perform.run.front().text()));
  const std::string user = TRY(find_allowed_user(settings_, description_.user));
  return check_directory(description_.directory.empty() ? settings_.directory : description_.directory, user);
}

Duration ProgramVerb::patience() const { return description_.grace + kKillingTime; }

Result<ReadyRun> ProgramVerb::ready(const Invocation& invocation, const Resource& target, const Json& parameters,
                                    const Json& before, std::string_view action) const {
  const service::Scope scope = TRY(service::verb_scope(target, parameters, before["before"], action));
  ReadyRun ready = TRY(make_run(context(), invocation, scope));
  ready.program.environment.emplace_back("CAPSTAN_TARGET", target.id);
  ready.program.environment.emplace_back("CAPSTAN_ACTION", action);
  return ready;
}

Result<Json> ProgramVerb::state_before(const Resource& target, const Json& parameters) {
  Json before = Json::object();
  if (description_.before) {
    ReadyRun ready = TRY(this->ready(*description_.before, target, parameters, Json::object(), ""));
    RunOutput output(ready.secrets, nullptr, {}, {});
    ready.program.on_output = [&](OutputStream stream, std::string_view bytes) { output.take(stream, bytes); };
    const ProgramOutcome outcome = TRY(run_program(ready.program, around_.clock, {}));
    output.finish();
    if (!outcome.succeeded()) {
      return fail(ErrorCode::kUnavailable, fmt::format("{} {}: {}", base_name(ready.program.argv.front()),
                                                       outcome.describe(ready.program), output.last_line()));
    }
    if (output.out().size() > kLargestBefore) {
      return fail(ErrorCode::kResourceExhausted,
                  fmt::format("the state before has {} bytes, of at most {}", output.out().size(), kLargestBefore));
    }
    before.set("before", json_or_text(output.out().text()));
  }
  const std::string run = fmt::format("{:016x}{:016x}", around_.random.next_u64(), around_.random.next_u64());
  TRY(around_.records.prepare(run));
  before.set("run", run);
  return before;
}

Performed ProgramVerb::perform(const Action& action, const Resource& target, const Json& before,
                               const std::stop_token& stop) {
  return run(description_.perform, false, action, target, before, stop);
}

Performed ProgramVerb::undo(const Action& action, const Resource& target, const Json& before,
                            const std::stop_token& stop) {
  return run(*description_.undo, true, action, target, before, stop);
}

Performed ProgramVerb::run(const Invocation& invocation, bool undoing, const Action& action, const Resource& target,
                           const Json& before, const std::stop_token& stop) {
  if (stop.stop_requested()) return refused({ErrorCode::kCancelled, "cancelled before it began"});
  if (const Status checked = check(target, action.parameters); !checked) return refused(checked.error());
  Result<ReadyRun> ready = this->ready(invocation, target, action.parameters, before, action.id);
  if (!ready) return refused(ready.error());
  Result<RunRecord> record =
      around_.records.begin(run_of(before) + std::string(undoing ? kUndo : ""), !undoing, patience());
  if (!record) return refused(record.error());

  ProgramSpec& program = ready->program;
  RunOutput output(
      ready->secrets, description_.progress, [&](std::string_view text) { around_.listener.printed(action.id, text); },
      [&](RunProgress progress) { around_.listener.progressed(action.id, std::move(progress)); });
  program.record_fd = record->fd();
  program.on_output = [&](OutputStream stream, std::string_view bytes) { output.take(stream, bytes); };
  around_.listener.began(action.id, program.time_limit);
  around_.listener.printed(action.id, command_line(program) + "\n");
  const Result<ProgramOutcome> outcome = run_program(program, around_.clock, stop);
  output.finish();
  if (!outcome) {
    record->not_started();
    around_.listener.printed(action.id, outcome.error().message + "\n");
    around_.listener.ended(action.id);
    return refused(outcome.error());
  }
  around_.listener.ended(action.id);
  Result<service::Scope> scope = service::verb_scope(target, action.parameters, before["before"], action.id);
  return judge(*outcome, program, output, *scope, undoing);
}

bool ProgramVerb::shows_success(const ProgramOutcome& outcome, const std::string& printed) const {
  if (outcome.end != ProgramOutcome::End::kExited) return false;
  if (std::ranges::find(description_.succeeds, outcome.exit_code) == description_.succeeds.end()) return false;
  return !description_.succeeds_output || re2::RE2::PartialMatch(printed, *description_.succeeds_output);
}

Json ProgramVerb::take(const std::string& printed, bool is_whole, service::Scope& scope) const {
  Json as_json;
  for (const Taken& taken : description_.takes) {
    Json value;
    if (taken.pattern) {
      std::string group;
      if (re2::RE2::PartialMatch(printed, *taken.pattern, &group)) value = group;
    } else {
      if (as_json.is_null() && is_whole) as_json = json_or_text(printed);
      value = taken.place.read(as_json);
    }
    scope.values.set(taken.name, std::move(value));
  }
  Json result = Json::object();
  for (const std::string& name : description_.result) {
    if (const Json& value = scope.values[name]; !value.is_null()) result.set(name, value);
  }
  return result;
}

Performed ProgramVerb::judge(const ProgramOutcome& outcome, const ProgramSpec& program, const RunOutput& output,
                             service::Scope& scope, bool undoing) const {
  const std::string out = output.out().text();
  Performed performed;
  performed.result = undoing ? Json::object() : take(out, output.out().left_out() == 0, scope);
  performed.result.set("exit_code", outcome.exit_code);
  performed.result.set("signal", outcome.signal);
  performed.result.set("stdout", shown(out));
  performed.result.set("stderr", shown(output.err().text()));
  performed.result.set("printed_bytes", static_cast<int64_t>(output.out().size() + output.err().size()));
  const bool exited = outcome.end == ProgramOutcome::End::kExited;
  const bool fine = undoing ? outcome.succeeded() : shows_success(outcome, out);
  const bool is_refusal =
      exited && std::ranges::find(description_.refused, outcome.exit_code) != description_.refused.end();
  performed.says = Words::phrase("done.program", {{"program", base_name(program.argv.front())},
                                                  {"how", how_ended(outcome, program)},
                                                  {"seconds", fmt::format("{:.1f}", to_seconds(outcome.took))}});
  if (fine) {
    performed.state = ActionState::kSucceeded;
    if (description_.says && !undoing) performed.says = description_.says->tell(scope);
  } else {
    performed.state = is_refusal           ? ActionState::kFailed
                      : description_.probe ? ActionState::kUnknown
                                           : ActionState::kPartial;
    performed.certain = is_refusal;
    const std::string last = output.last_line();
    if (!last.empty()) performed.says = Words::joined({performed.says, last}, ": ");
  }
  if (outcome.left_some) performed.says = Words::joined({performed.says, Words::phrase("done.left_some")}, "; ");
  return performed;
}

ProbeAnswer ProgramVerb::ask(const Probe& probe, const Action& action, const Resource& target,
                             const Json& before) const {
  Result<ReadyRun> ready = this->ready(probe.invocation, target, action.parameters, before, action.id);
  if (!ready) return ProbeAnswer::kCannotTell;
  const Result<ProgramOutcome> outcome = run_program(ready->program, around_.clock, {});
  if (!outcome || outcome->end != ProgramOutcome::End::kExited) return ProbeAnswer::kCannotTell;
  const auto answer = probe.answers.find(outcome->exit_code);
  return answer == probe.answers.end() ? ProbeAnswer::kCannotTell : answer->second;
}

// A run that has no record here was begun by another node: its keeper ends what is left of it within its patience, once
// that node is gone. Whoever looks before might see less than there will be.
void ProgramVerb::wait_for_elsewhere(const Json& before) const {
  if (!description_.probe) return;  // There is nobody to look.
  const std::string name = run_of(before);
  const Result<RunEnd> here = around_.records.read(name, Duration(0));
  if (name.empty() || !here || here->state != RunState::kNone) return;
  const Duration until = around_.clock.monotonic() + patience();
  while (around_.clock.monotonic() < until) std::this_thread::sleep_for(kLookAgain);
}

ProbeAnswer ProgramVerb::probe(const Action& action, const Resource& target, const Json& before) {
  // What a crash has left running decides by its end what there is to see.
  wait_for_elsewhere(before);
  for (const std::string_view which : {std::string_view(), kUndo}) {
    if (!around_.records.read(run_of(before) + std::string(which), patience())) return ProbeAnswer::kCannotTell;
  }
  const ProbeAnswer seen =
      description_.probe ? ask(*description_.probe, action, target, before) : ProbeAnswer::kCannotTell;
  return seen == ProbeAnswer::kCannotTell ? by_record(before) : seen;
}

ProbeAnswer ProgramVerb::by_record(const Json& before) const {
  const Result<RunEnd> done = around_.records.read(run_of(before), patience());
  const Result<RunEnd> undone = around_.records.read(run_of(before) + std::string(kUndo), patience());
  if (!done || !undone) return ProbeAnswer::kCannotTell;
  if (undone->state != RunState::kNone && undone->state != RunState::kPrepared) {
    return undone->state == RunState::kExited && undone->exit_code == 0 ? ProbeAnswer::kDidNotHappen
                                                                        : ProbeAnswer::kCannotTell;
  }
  if (done->state == RunState::kPrepared) return ProbeAnswer::kDidNotHappen;
  if (done->state != RunState::kExited) return ProbeAnswer::kCannotTell;
  const auto is = [&](const std::vector<int>& codes) {
    return std::ranges::find(codes, done->exit_code) != codes.end();
  };
  if (is(description_.refused)) return ProbeAnswer::kDidNotHappen;
  return is(description_.succeeds) && !description_.succeeds_output ? ProbeAnswer::kHappened : ProbeAnswer::kCannotTell;
}

}  // namespace capstan::exec
