// One run of a program: from its description and what is known of the action to arguments, environment and input.
#pragma once

#include <string>
#include <vector>

#include "base/subprocess.h"
#include "connect/exec/exec_settings.h"
#include "connect/exec/program_description.h"
#include "model/secret.h"
#include "service/template.h"

namespace capstan::exec {

struct ReadyRun {
  ProgramSpec program;
  std::vector<std::string> secrets;  // Those that it is given: they are masked in what it prints.
};

struct RunContext {
  const ProgramDescription& verb;
  const ExecSettings& settings;
  const SecretStore& secrets;
};

// Places of arguments are filled from `scope` without its secrets, those of the environment and the input also with
// them. Each item stays one argument; an absent "{{x?}}" alone leaves its argument out. kInvalidArgument for a value
// that would become an option (it begins with '-' where its argument begins, and nothing before it says "--"), for a
// list, and for a zero byte; errors never contain values. Else the errors of find_allowed_program, find_allowed_user,
// check_directory and SecretStore.
Result<ReadyRun> make_run(const RunContext& context, const Invocation& invocation, const service::Scope& scope);

// "$ terraform apply -input=false plan": what people see of it, quoted where a shell would need it.
std::string command_line(const ProgramSpec& program);

}  // namespace capstan::exec
