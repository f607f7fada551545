// Targets as the catalog sees them: the kind `prometheus_target` that packs/prometheus/kinds.yaml declares.
#pragma once

#include <vector>

#include "connect/prometheus/scraped_target.h"
#include "model/resource.h"

namespace capstan::prometheus {

// One look at all targets, complete for its kind, in the scope "prometheus".
Observation observe_targets(const std::vector<TargetStatus>& targets, Time at);

// "prometheus_target/<job>/<instance>": what an alert's `job` and `instance` labels name.
ResourceId target_id(std::string_view job, std::string_view instance);

}  // namespace capstan::prometheus
