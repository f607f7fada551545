// All that can be done to the machine, for the registry.
#pragma once

#include <string>

#include "base/clock.h"
#include "connect/host/current_host_config.h"
#include "model/verb.h"

namespace capstan::host {

// `config` and `clock` must outlive the registry. `output_directory` takes the output of services that are started; ""
// drops it.
Status add_host_verbs(VerbRegistry& registry, const CurrentHostConfig& config, const std::string& output_directory,
                      const Clock& clock);

}  // namespace capstan::host
