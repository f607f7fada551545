// A verb that is a program.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "connect/exec/exec_settings.h"
#include "connect/exec/program_description.h"
#include "connect/exec/program_run.h"
#include "connect/exec/run_output.h"
#include "connect/exec/run_record.h"
#include "model/run_listener.h"
#include "model/secret.h"
#include "model/verb.h"

namespace capstan::exec {

// What all verbs of this sort share. All are thread-safe and outlive them.
struct ProgramSurroundings {
  const SecretStore& secrets;
  RunListener& listener;
  const RunRecords& records;
  const Clock& clock;
  Random& random;
};

// How a run ends: with an exit code that succeeds (and the output that it needs), succeeded; with one that is refused,
// failed, and nothing was changed. After anything else, also its time limit and being cancelled, the probe tells;
// without one it counts as partial: nobody knows how far it came.
class ProgramVerb final : public Verb {
 public:
  ProgramVerb(ProgramDescription description, ExecSettings settings, const ProgramSurroundings& around)
      : description_(std::move(description)), settings_(std::move(settings)), around_(around) {}

  const VerbSpec& spec() const override { return description_.spec; }
  Status check(const Resource& target, const Json& parameters) const override;
  // {"run": the name of its record, "before": what `before` printed, as JSON where it is such}.
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  // By the program that looks; where there is none, or it cannot tell, by what is on disk of the run.
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;

 private:
  RunContext context() const { return {description_, settings_, around_.secrets}; }
  Result<ReadyRun> ready(const Invocation& invocation, const Resource& target, const Json& parameters,
                         const Json& before, std::string_view action) const;
  Performed run(const Invocation& invocation, bool undoing, const Action& action, const Resource& target,
                const Json& before, const std::stop_token& stop);
  Performed judge(const ProgramOutcome& outcome, const ProgramSpec& program, const RunOutput& output,
                  service::Scope& scope, bool undoing) const;
  bool shows_success(const ProgramOutcome& outcome, const std::string& printed) const;
  Json take(const std::string& printed, bool is_whole, service::Scope& scope) const;
  ProbeAnswer ask(const Probe& probe, const Action& action, const Resource& target, const Json& before) const;
  ProbeAnswer by_record(const Json& before) const;
  // Until what a crash has left running has ended, with the time that it is given for it.
  Duration patience() const;
  // The same for what another node began.
  void wait_for_elsewhere(const Json& before) const;

  ProgramDescription description_;
  ExecSettings settings_;
  const ProgramSurroundings& around_;
};

}  // namespace capstan::exec
