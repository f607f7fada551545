#include "connect/prometheus/target_resource.h"

#include <set>

namespace capstan::prometheus {

ResourceId target_id(std::string_view job, std::string_view instance) {
  return "prometheus_target/" + std::string(job) + "/" + std::string(instance);
}

Observation observe_targets(const std::vector<TargetStatus>& targets, Time at) {
  Observation look;
  look.scope = "prometheus";
  look.at = at;
  look.complete_kinds = {"prometheus_target"};
  std::set<ResourceId> seen;
  for (const TargetStatus& target : targets) {
    Resource resource;
    resource.id = target_id(target.job, target.instance);
    // Two paths of one exporter: the first keeps the short id, alerts find it by its labels.
    if (!seen.insert(resource.id).second) resource.id += "?" + target.url;
    resource.kind = "prometheus_target";
    resource.name = target.instance;
    resource.labels = target.labels;
    resource.fields = Json::object(
        {{"job", target.job},
         {"instance", target.instance},
         {"url", target.url},
         {"health", to_string(target.health)},
         {"error", target.error},
         {"interval_s", to_seconds(target.interval)},
         {"last_scrape", target.health == TargetHealth::kUnknown ? Json() : Json(format_time(target.last_scrape))},
         {"last_duration_s", to_seconds(target.last_duration)},
         {"samples", static_cast<uint64_t>(target.samples)}});
    look.resources.push_back(std::move(resource));
  }
  return look;
}

}  // namespace capstan::prometheus
