#include "connect/host/host_verbs.h"

#include "connect/host/priority_verb.h"
#include "connect/host/run_script_verb.h"
#include "connect/host/service_verb.h"
#include "connect/host/stop_process_verb.h"
#include "connect/host/suspend_process_verb.h"

namespace capstan::host {

Status add_host_verbs(VerbRegistry& registry, const CurrentHostConfig& config, const std::string& output_directory,
                      const Clock& clock) {
  std::vector<std::unique_ptr<Verb>> verbs;
  verbs.push_back(std::make_unique<LowerPriorityVerb>());
  verbs.push_back(std::make_unique<SuspendProcessVerb>(clock));
  verbs.push_back(std::make_unique<StopProcessVerb>(clock));
  for (const ServiceAction action : {ServiceAction::kStart, ServiceAction::kStop, ServiceAction::kRestart}) {
    verbs.push_back(std::make_unique<ServiceVerb>(action, config, output_directory, clock));
  }
  verbs.push_back(std::make_unique<RunScriptVerb>(config, clock));
  for (auto& verb : verbs) {
    if (Status added = registry.add(std::move(verb)); !added) return added;
  }
  return {};
}

}  // namespace capstan::host
