#include "connect/prometheus/target_resource.h"

#include <fmt/format.h>

#include <map>

namespace capstan::prometheus {
namespace {

// Parameters often hold tokens, and what the ledger holds stays.
std::string without_query(const std::string& url) { return url.substr(0, url.find('?')); }

}  // namespace

ResourceId target_id(std::string_view job, std::string_view instance) {
  return "prometheus_target/" + std::string(job) + "/" + std::string(instance);
}

Observation observe_targets(const std::vector<TargetStatus>& targets, Time at) {
  Observation look;
  look.scope = "prometheus";
  look.at = at;
  look.complete_kinds = {"prometheus_target"};
  std::map<ResourceId, int> seen;
  for (const TargetStatus& target : targets) {
    Resource resource;
    const std::string url = without_query(target.url);
    resource.id = target_id(target.job, target.instance);
    // Two paths of one exporter: the first keeps the short id, alerts find it by its labels. Those that differ in their
    // parameters are numbered in the order of these.
    if (++seen[resource.id] > 1) {
      resource.id += "?" + url;
      if (const int same = ++seen[resource.id]; same > 1) resource.id += fmt::format("#{}", same);
    }
    resource.kind = "prometheus_target";
    resource.name = target.instance;
    resource.labels = {target.labels.begin(), target.labels.end()};
    resource.fields = Json::object(
        {{"job", target.job},
         {"instance", target.instance},
         {"url", url},
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
